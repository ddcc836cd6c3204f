"""A drive over a damaged road, with exact truth; see `scene.py`."""
