"""What the teams are called and look like on figures, page and video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.kits.colors import hex_of, lab_of, name_of
from sightline.analytics.football.match import Team

if TYPE_CHECKING:
    from sightline.apps.football.measure import Found
    from sightline.apps.football.settings import FootballSettings
    from sightline.core.arrays import Float64

_DEFAULTS = {Team.HOME: "#4f8df7", Team.AWAY: "#f2664f"}
REFEREE = "#f5d90a"
_APART = 28.0
_TURF = "#173126"


@dataclass(frozen=True, slots=True)
class Look:
    """A team on the page.

    Attributes:
        name: What it is called.
        color: `#rrggbb` to draw it in, never like the other team's or like the grass.
        kit: `#rrggbb` of its shirt as seen or given; None where that is not known.
    """

    name: str
    color: str
    kit: str | None


def looks(found: Found, settings: FootballSettings) -> dict[Team, Look]:
    """Give both teams' names and colours."""
    kits = _kits(found, settings)
    colors = dict(_DEFAULTS)
    if len(kits) == len(Team):
        home, away = kits[Team.HOME], kits[Team.AWAY]
        far = float(np.linalg.norm(home - away)) >= _APART
        if far and all(float(np.linalg.norm(kit - lab_of(_TURF))) >= _APART for kit in (home, away)):
            colors = {team: hex_of(kit) for team, kit in kits.items()}
    names = _names(found, settings, kits)
    return {
        team: Look(names[team], colors[team], hex_of(kits[team]) if team in kits else None) for team in Team
    }


def _kits(found: Found, settings: FootballSettings) -> dict[Team, Float64]:
    kits = dict(found.watched.persons.teams.colors) if found.watched is not None else {}
    for team, said in ((Team.HOME, settings.home_kit), (Team.AWAY, settings.away_kit)):
        if said is not None:
            kits[team] = lab_of(said)
    return kits


def _names(found: Found, settings: FootballSettings, kits: dict[Team, Float64]) -> dict[Team, str]:
    said = {Team.HOME: settings.home_name, Team.AWAY: settings.away_name}
    facts: dict[str, Any] = (settings.match or {}).get("names") or {}
    names = {}
    for team, name in said.items():
        given = name or facts.get(team.value)
        shirt = f"Team in {name_of(kits[team])}" if team in kits and found.watched is not None else None
        names[team] = given or shirt or team.value.capitalize()
    return names if names[Team.HOME] != names[Team.AWAY] else {team: team.value.capitalize() for team in Team}
