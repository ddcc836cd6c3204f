"""Cameras over time: found together, or steadied after the fact."""
