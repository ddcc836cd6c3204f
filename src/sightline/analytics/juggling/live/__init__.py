"""Juggling while it goes on: flights followed frame by frame, a running count, and the pattern."""
