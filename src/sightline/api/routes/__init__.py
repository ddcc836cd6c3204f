"""Routes, one resource per file: parse, call a use-case, answer."""
