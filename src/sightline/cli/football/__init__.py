"""`sightline football`: report, calibrate, score."""
