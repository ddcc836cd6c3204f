"""Scores each part of the road application against the truth, one file per part."""
