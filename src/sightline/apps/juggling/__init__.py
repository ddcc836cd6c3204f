"""Juggling: from a video of somebody juggling to throws, catches, drops and the pattern."""
