"""Runs stages; knows no vision."""
