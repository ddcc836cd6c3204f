"""Fills the templates of page and figures."""

from __future__ import annotations

from sightline.reporting.templates import filler

fill = filler("sightline.apps.juggling")
