"""Fills the templates of page and figures."""

from __future__ import annotations

from sightline.reporting.templates import filler

COLOURS = {"high": "#e03131", "medium": "#f08c00", "low": "#2f9e44", None: "#1c7ed6"}
"""Colour of a hazard by its severity; None where that is not known."""

fill = filler("sightline.apps.road")
