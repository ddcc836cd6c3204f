"""Reads what somebody wants of a pipeline onto what a run really has."""
