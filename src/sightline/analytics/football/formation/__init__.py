"""Formations: templates, how well they fit, and which a team plays when; `find_formations` is the way in."""

from sightline.analytics.football.formation.fit import (
    FormationFit,
    back_line_of,
    count_back_line,
    fit_formation,
    fit_formations,
)
from sightline.analytics.football.formation.templates import Template, spellings, template_of, templates
from sightline.analytics.football.formation.windows import (
    PHASES,
    FormationSettings,
    TeamFormation,
    find_formations,
)

__all__ = [
    "PHASES",
    "FormationFit",
    "FormationSettings",
    "TeamFormation",
    "Template",
    "back_line_of",
    "count_back_line",
    "find_formations",
    "fit_formation",
    "fit_formations",
    "spellings",
    "template_of",
    "templates",
]
