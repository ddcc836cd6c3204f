"""Parts of a video as videos of their own."""
