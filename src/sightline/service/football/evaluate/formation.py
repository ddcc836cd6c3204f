"""Scores formations: on drawn teams, on a recorded match, on mean places of events with the provider's label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.football.formation import (
    FormationFit,
    back_line_of,
    find_formations,
    fit_formations,
    templates,
)
from sightline.core.errors import UnsupportedFormatError
from sightline.service.football.recorded import read_recorded
from sightline.service.text_files import read_json

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_SIZE_M = (35.0, 25.0)  # depth of a drawn team, half of its width
_NOISE_M = 3.0
_LOOKS = 150
_MOST = 3
# Events that tell of defending; all others that have a place tell of having the ball.
_WITHOUT_BALL = frozenset(
    {
        "Pressure",
        "Ball Recovery",
        "Interception",
        "Duel",
        "Block",
        "Clearance",
        "Foul Committed",
        "Dribbled Past",
    }
)
_PHASES = {"all": (True, False), "in_possession": (False,), "out_of_possession": (True,)}
_KEEPER = 1
_CHANGES = frozenset({"Tactical Shift", "Substitution"})
_YARDS = (120.0, 80.0)
_FIELD_M = (105.0, 68.0)


def evaluate_formation(
    tracking: Path | None = None, statsbomb: Sequence[Path] = (), *, draws: int = 40, seed: int = 7
) -> dict[str, Any]:
    """Score formations.

    Args:
        tracking: A recorded match, as `read_recorded` takes it, whose metadata name the formations.
        statsbomb: Files of StatsBomb events; a team's places are the means until its first change.
        draws: Drawn teams for each template.
        seed: Of the draws and the bootstrap.

    Returns:
        Plain data with 95 % intervals where there is enough to draw from.

    Raises:
        SightlineError: A file cannot be read.
    """
    return {
        "drawn": _drawn(draws, seed),
        "tracking": None if tracking is None else _tracking(tracking),
        "statsbomb": [row for path in statsbomb for row in _statsbomb(path)],
    }


def _drawn(draws: int, seed: int) -> dict[str, Any]:
    """Draw teams: every player displaced for good, and every player displaced anew in each look."""
    rng = np.random.default_rng(seed)
    still, moving = [], []
    for template in templates(10):
        places = template.points * _SIZE_M
        for _ in range(draws):
            still.append(_hit(template.name, places + rng.normal(0, _NOISE_M, places.shape)))
            looks = rng.normal(0, _NOISE_M, (_LOOKS, *places.shape)).mean(axis=0)
            moving.append(_hit(template.name, places + looks))
    return {
        "noise_m": _NOISE_M,
        "formations": len(templates(10)),
        "displaced_for_good": _share(np.array(still), seed),
        "displaced_in_each_look": _share(np.array(moving), seed),
    }


def _hit(name: str, points_m: Float64) -> tuple[bool, bool]:
    fits = fit_formations(points_m, most=_MOST)
    return fits[0].name == name, any(name in fit.names for fit in fits)


def _share(hits: Any, seed: int) -> dict[str, Any]:
    result: dict[str, Any] = {"teams": len(hits)}
    for place, name in enumerate(("first", "top_3")):
        column = hits[:, place].astype(np.float64)
        low, high = bootstrap_interval(column, lambda drawn: float(drawn.mean()), seed=seed)
        result[name] = {
            "share": round(float(column.mean()), 4),
            "low": round(low, 4),
            "high": round(high, 4),
        }
    return result


def _tracking(folder: Path) -> dict[str, Any]:
    recorded = read_recorded(folder)
    labels = {team: "-".join(digits) for team, digits in recorded.formations.items()}
    rows = [
        {
            "team": found.team.value,
            "phase": found.phase,
            "true": labels.get(found.team.value),
            "found": [["=".join(fit.names), round(fit.cost_m, 2)] for fit in found.fits],
            "rank": _rank(found.fits, labels.get(found.team.value)),
            "margin": round(found.fits[0].margin, 3) if found.fits else None,
            "back_line": found.back_line,
            "stability": round(found.stability, 3),
            "coverage": round(found.coverage, 3),
            "seen_s": round(found.seen_s, 1),
        }
        for found in find_formations(recorded.match, recorded.match.owner)
    ]
    return {"folder": str(folder), "frames": len(recorded.match), "rows": rows}


def _rank(fits: Sequence[FormationFit], label: str | None) -> int | None:
    """Give where the label stands, by any of a formation's names; from 1."""
    return next((rank for rank, fit in enumerate(fits, start=1) if label in fit.names), None)


def _statsbomb(path: Path) -> list[dict[str, Any]]:
    events = read_json(path, "give a StatsBomb events file")
    try:
        return [{"file": path.name, **row} for eleven in events[:2] for row in _phases(events, eleven)]
    except (KeyError, TypeError, IndexError) as error:
        raise UnsupportedFormatError(
            f"{path} holds no StatsBomb events: {error!r}", hint="it begins with two events `Starting XI`"
        ) from error


def phase_places(events: list[dict[str, Any]], eleven: dict[str, Any]) -> dict[str, Float64]:
    """Give where the ten outfield players of a StatsBomb line-up were on average, until their team first changed.

    Args:
        events: Of the match.
        eleven: The team's event `Starting XI`.

    Returns:
        Phase -> `(10, 2)` metres from the centre spot, attacking to +x, in the order of the line-up; NaN for who had no
        event. `all` counts events, `both` each phase the same.
    """
    team = eleven["team"]["id"]
    ids = [one["player"]["id"] for one in eleven["tactics"]["lineup"] if one["position"]["id"] != _KEEPER]
    rows = [
        (event["player"]["id"], event["location"][:2], event["type"]["name"] in _WITHOUT_BALL)
        for event in _before_change(events, team)
        if event["team"]["id"] == team and event.get("player", {}).get("id") in ids and "location" in event
    ]
    places = {
        phase: np.array(
            [_mean([at for who, at, without in rows if who == one and without in kinds]) for one in ids]
        )
        for phase, kinds in _PHASES.items()
    }
    return {**places, "both": (places["in_possession"] + places["out_of_possession"]) / 2}


def _phases(events: list[dict[str, Any]], eleven: dict[str, Any]) -> list[dict[str, Any]]:
    label = "-".join(str(eleven["tactics"]["formation"]))
    rows = []
    for phase, places in phase_places(events, eleven).items():
        fits = fit_formations(places, most=_MOST)
        rows.append(
            {
                "team": eleven["team"]["name"],
                "phase": phase,
                "true": label,
                "found": [["=".join(fit.names), round(fit.cost_m, 2)] for fit in fits],
                "rank": _rank(fits, label),
                "back_line": back_line_of(fits),
            }
        )
    return rows


def _before_change(events: list[dict[str, Any]], team: int) -> list[dict[str, Any]]:
    for place, event in enumerate(events):
        if event["team"]["id"] == team and event["type"]["name"] in _CHANGES:
            return events[:place]
    return events


def _mean(places: list[list[float]]) -> Float64:
    """Give the mean of StatsBomb places, in metres; NaN of none."""
    mean = np.mean(places, axis=0) if places else np.array([np.nan, np.nan])
    return np.asarray((mean / _YARDS * (1.0, -1.0) + (-0.5, 0.5)) * _FIELD_M)
