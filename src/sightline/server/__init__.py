"""Joins the doors and the embedded workers into one application."""
