"""Pictures that are drawn to learn from; numpy and OpenCV only."""
