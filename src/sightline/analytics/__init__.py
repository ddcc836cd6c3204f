"""Tracks to meaning: pure functions and accumulators, no image, no file."""
