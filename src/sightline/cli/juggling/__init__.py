"""`sightline juggling`: decode, ask about siteswaps, score."""
