"""Fills the templates of figures and page."""

from __future__ import annotations

from sightline.pages.templates import filler

fill = filler("sightline.apps.people")
