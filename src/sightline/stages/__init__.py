"""Glue: one Stage per file; what only one application needs stands in a folder of its name."""
