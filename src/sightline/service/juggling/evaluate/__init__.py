"""Scores each part of the juggling analysis against the truth, one file per part."""
