"""Where the camera stands: the pitch's markings, cameras, and cameras from what is seen of the markings."""
