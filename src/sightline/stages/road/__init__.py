"""Road: how well the road is seen, what is drawn on the drive."""
