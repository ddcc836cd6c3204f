"""What the platform is for."""
