"""What the weights learn from: sources, splits, labels; numpy and OpenCV only."""
