"""Fills the templates of figures and page."""

from __future__ import annotations

from sightline.reporting.templates import filler

fill = filler("sightline.apps.people")
