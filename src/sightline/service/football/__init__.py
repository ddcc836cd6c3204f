"""What the football commands do: calibrate cameras, score against truth, load and export matches."""
