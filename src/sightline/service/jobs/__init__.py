"""Runs as jobs: queued, carried out by workers, followed from afar."""
