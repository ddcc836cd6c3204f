"""Carries queued runs out."""
