"""Frames to detections, poses and tracks."""
