"""Juggling with exact truth: simulated throws, drawn and filmed."""
