"""Football: the pitch and its camera, shirts, what is drawn on the match and from above."""
