"""Routes, one subject per file: parse, call a use-case, answer."""
