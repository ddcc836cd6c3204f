"""How right the road application is."""
