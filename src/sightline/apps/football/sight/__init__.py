"""How a video was seen: stored tables as columns, cameras smoothed over time."""
