"""The pitch in pixels: grass, painted lines, and how the camera moved; no weights."""
