"""Keeps a service that is left running in order."""
