"""Cameras of browsers over WebRTC: pictures in, results on a data channel, annotated video back."""
