"""Glue: one Stage a file."""
