"""A person clicks points of the pitch in a picture of a video; a camera comes of them."""
