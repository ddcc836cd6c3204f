"""What the football commands do: calibrate cameras, load and export matches, score against the truth (`evaluate`)."""
