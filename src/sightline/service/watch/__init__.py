"""Watches folders and buckets: each new video becomes one run, once."""
