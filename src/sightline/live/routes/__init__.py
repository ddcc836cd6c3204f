"""Routes, one subject a file: parse, call a use-case, answer."""
