"""Scores each part of the football analysis against the truth, one file per part."""
