"""Patterns as states and columns, and the alignment of runs of throws with them."""
