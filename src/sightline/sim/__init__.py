"""Renders videos with exact ground truth."""
