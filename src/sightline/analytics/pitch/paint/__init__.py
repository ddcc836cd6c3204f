"""A camera from points on painted lines that nobody has named."""
