"""Juggling from stored tracks: decoding them, and measuring how well that goes."""
