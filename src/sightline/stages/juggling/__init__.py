"""Juggling: what is drawn on the video."""
