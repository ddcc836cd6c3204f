"""Kits: their colours, and which two the teams wear."""
