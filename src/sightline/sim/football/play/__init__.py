"""A match that plays itself: the ball's flight, the teams' shapes, who decides what, and what happened."""
