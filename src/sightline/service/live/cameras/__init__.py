"""Cameras: each a live run through the same pipeline as a file, with the newest picture first."""
