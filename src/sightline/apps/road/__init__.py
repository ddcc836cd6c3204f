"""The road application."""
