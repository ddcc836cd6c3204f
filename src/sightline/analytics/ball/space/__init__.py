"""The ball in three dimensions: where gravity and the players say it was, though one camera saw it."""
