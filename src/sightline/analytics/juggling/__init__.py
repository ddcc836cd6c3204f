"""From balls in flight to throws, catches and the pattern's name."""
