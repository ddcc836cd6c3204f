"""Routes, one subject a file: parse, call the desk, answer."""
