"""How Sightline's own weights were made; PyTorch lives here and nowhere else."""
