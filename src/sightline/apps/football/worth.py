"""What shots, passes and runs were worth: expected goals, expected threat, pressing, distances, sprints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football import expected_goals, threat
from sightline.analytics.football.events.event import EventKind, FootballEvent
from sightline.analytics.football.match import Team
from sightline.analytics.football.pressing import passes_per_defence, pressing_on_passes
from sightline.reporting.facts import metric, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.football.physical import Physical
    from sightline.apps.football.measure import Found
    from sightline.core.arrays import Float64

_PENALTY_S = 4.0


def worth_numbers(found: Found, team: Team, seen: float) -> dict[str, Any]:
    """Give a team's expected goals, threat and pressing as metrics.

    Args:
        found: The match.
        team: Whose.
        seen: Share of the time in which events could be seen.
    """
    told = not found.sight.reasons
    mine = [event for event in found.events.events if event.team == team.value]
    shots = [event for event in mine if event.kind == EventKind.SHOT]
    passes = [event for event in mine if event.kind == EventKind.PASS and event.outcome == "complete"]
    goals = chances(found, shots)
    gained = threat_of(found, passes)
    pressed = pressing_on_passes(found.match, found.motion, found.events.events, team)
    ratio, allowed, actions = passes_per_defence(found.match, found.events.events, team)
    return {
        "expected_goals": metric(
            number(float(np.nansum(goals)), 3) if told else None,
            "goals",
            seen,
            "From where each shot was taken, nothing else.",
            model=expected_goals.SOURCE,
            shots=len(shots),
        ),
        "threat": metric(
            number(float(np.nansum(np.maximum(gained, 0))), 3) if told else None,
            "goals",
            seen,
            "Threat that passes which arrived added; those that lost threat are not taken off.",
            model=threat.SOURCE,
            passes=len(passes),
        ),
        "ppda": metric(
            number(ratio, 2) if told else None,
            "passes",
            seen,
            "Passes the other team was let play in its own 60 % of the pitch for each interception or duel won there.",
            passes=allowed,
            actions=actions,
        ),
        "pressing": metric(
            number(float(pressed.mean()), 3) if told and len(pressed) else None,
            "share",
            seen,
            "Chance that somebody is at an opponent within 1.5 s of his passing, the mean of all passes.",
            passes=len(pressed),
        ),
    }


def chances(found: Found, shots: Sequence[FootballEvent]) -> Float64:
    """Give each shot's chance to score, `(n,)` 0..1; NaN where its place or direction is not known."""
    penalties = found.events.of(EventKind.PENALTY)
    values = [np.nan] * len(shots)
    for place, shot in enumerate(shots):
        attacks = attack_of(found, shot)
        if attacks == 0 or shot.x_m is None or shot.y_m is None:
            continue
        spot = any(0 <= shot.t_s - one.t_s <= _PENALTY_S and one.team == shot.team for one in penalties)
        kind = expected_goals.ShotKind.PENALTY if spot else expected_goals.ShotKind.FOOT
        point = np.array([[shot.x_m, shot.y_m]])
        found_value = expected_goals.expected_goals(point, kind, attacks=attacks, pitch=found.match.pitch)
        values[place] = float(found_value[0])
    return np.array(values, np.float64)


def threat_of(found: Found, passes: Sequence[FootballEvent]) -> Float64:
    """Give the threat that each pass added, `(n,)`; NaN where its places or direction are not known."""
    grid = threat.public_grid()
    values = np.full(len(passes), np.nan)
    for attacks in (-1, 1):
        rows = [
            place
            for place, one in enumerate(passes)
            if attack_of(found, one) == attacks and one.x_m is not None and one.end_x_m is not None
        ]
        starts = np.array([(passes[row].x_m, passes[row].y_m) for row in rows], np.float64).reshape(-1, 2)
        ends = np.array([(passes[row].end_x_m, passes[row].end_y_m) for row in rows], np.float64).reshape(
            -1, 2
        )
        at = [grid.at(points, attacks=attacks, pitch=found.match.pitch) for points in (starts, ends)]
        values[rows] = at[1] - at[0]
    return values


def attack_of(found: Found, event: FootballEvent) -> int:
    """Give which way an event's team attacks: +1, -1, 0 where that is not known."""
    row = int(np.searchsorted(found.match.frames, event.frame))
    home = next((one.home_attacks for one in found.match.periods if one.start <= row < one.stop), 0)
    return home if event.team == Team.HOME.value else -home


def work_numbers(found: Found, team: Team) -> dict[str, Any]:
    """Give what a team ran as metrics; only what was seen is counted."""
    mine = [one for one in found.physical if one.period == 0 and found.match.players[one.column].team is team]
    seen = [one for one in mine if one.seen_s > 0]
    share = found.sight.players[team] if seen else 0.0
    note = "Added up over the time in which each player was seen; nothing is made up for the rest."

    def total(value: float, unit: str) -> dict[str, Any]:
        return metric(number(value, 1) if seen else None, unit, share, note, players=len(seen))

    tops = [one.top_speed_mps for one in seen if math.isfinite(one.top_speed_mps)]
    return {
        "distance": total(sum(one.distance_m for one in seen), "m"),
        "sprints": total(sum(one.sprints for one in seen), "sprints"),
        "sprint_distance": total(sum(one.sprint_m for one in seen), "m"),
        "top_speed": metric(
            number(max(tops), 2) if tops else None, "m/s", share, "The fastest player's, held for a moment."
        ),
    }


def player_work(found: Found) -> dict[int, dict[str, Any]]:
    """Give, by column of the match, what a player ran in the whole match."""
    return {one.column: _work(one) for one in found.physical if one.period == 0} | {
        column: {} for column in range(len(found.match.players)) if not found.physical
    }


def _work(one: Physical) -> dict[str, Any]:
    known = one.seen_s > 0
    return {
        "distance_m": number(one.distance_m, 1) if known else None,
        "zone_m": [number(value, 1) for value in one.zone_m],
        "sprints": one.sprints if known else None,
        "sprint_m": number(one.sprint_m, 1) if known else None,
        "accelerations": one.accelerations if known else None,
        "decelerations": one.decelerations if known else None,
        "top_speed_mps": number(one.top_speed_mps, 2) if known else None,
        "physical_coverage": number(one.coverage, 4),
    }
