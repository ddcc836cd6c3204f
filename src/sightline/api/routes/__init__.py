"""Routes, one resource a file: parse, call a use-case, answer."""
