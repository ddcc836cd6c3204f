"""Tracking data of any provider: read, checked, turned into a match."""
