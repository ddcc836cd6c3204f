"""How hard a team presses: how soon its players can be at the opponents, and how many passes it allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.ends import other
from sightline.analytics.football.lines import attacks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.events.event import FootballEvent
    from sightline.analytics.football.match import Match, Team
    from sightline.analytics.football.physical import Motion
    from sightline.core.arrays import Float64, Int64

_PRESSED_SHARE = 0.6  # of the pitch, from the passing team's own goal line


@dataclass(frozen=True, slots=True)
class PressingSettings:
    """The constants of pressing intensity.

    Attributes:
        reaction_s: Time in which a defender keeps his velocity.
        top_mps: Speed at which he then runs.
        within_s: Time within which he counts as pressing.
        spread_s: Uncertainty of that time.

    Source:
        Bekkers, "Pressing Intensity: An Intuitive Measure for Pressing in Soccer", arXiv 2501.04712 (2025); time to
        intercept after Spearman et al., "Physics-Based Modeling of Pass Probabilities in Soccer", MIT Sloan 2017, and
        Shaw's constants (Friends of Tracking).
    """

    reaction_s: float = 0.7
    top_mps: float = 5.0
    within_s: float = 1.5
    spread_s: float = 0.45


def pressing_intensity(
    match: Match,
    velocities_mps: Float64,
    team: Team,
    rows: Int64,
    settings: PressingSettings | None = None,
) -> Float64:
    """Give how hard each opponent is pressed by a team: 0 not at all, 1 for sure.

    `1 - prod_d (1 - p_d)` over the defenders, where `p_d` is the chance that one is there within `within_s`: logistic in
    his time to get there. Who presses is not asked: the number means something where the opponent has the ball.

    Args:
        match: Positions.
        velocities_mps: `(k, p, 2)` at those rows; NaN counts as standing.
        team: Who presses.
        rows: `(k,)` at which rows.
        settings: Constants.

    Returns:
        `(k, q)`, the opponents as in `match.columns`; NaN where one was not seen.
    """
    settings = settings or PressingSettings()
    defenders, attackers = match.columns(team), match.columns(other(team))
    velocity = np.nan_to_num(velocities_mps[:, defenders])
    start = match.positions_m[np.ix_(rows, defenders)] + velocity * settings.reaction_s
    goal = match.positions_m[np.ix_(rows, attackers)]
    way = np.hypot(*np.moveaxis(goal[:, None, :, :] - start[:, :, None, :], 3, 0))
    time_s = settings.reaction_s + way / settings.top_mps
    late = np.pi / np.sqrt(3.0) / settings.spread_s * (time_s - settings.within_s)
    chance = np.nan_to_num(1.0 / (1.0 + np.exp(np.clip(late, -50, 50))))
    pressed = 1.0 - np.prod(1.0 - chance, axis=1)
    return np.where(np.isfinite(goal[:, :, 0]), pressed, np.nan)


def pressing_on_passes(match: Match, motion: Motion, events: Iterable[FootballEvent], team: Team) -> Float64:
    """Give how hard a team pressed each opponent as he passed, `(k,)` 0..1, of passes whose passer was seen."""
    column_of = {player.player_id: column for column, player in enumerate(match.players)}
    opponents = match.columns(other(team)).tolist()
    passers = [
        (int(np.searchsorted(match.frames, event.frame)), column_of[event.player_id])
        for event in events
        if event.kind == "pass" and event.team == other(team).value and event.player_id in column_of
    ]
    rows = np.array([row for row, _ in passers], np.int64)
    places = np.array([opponents.index(column) for _, column in passers], np.int64)
    moving = velocities(match, motion.speeds_mps, row_s=motion.row_s, rows=rows)
    pressed = pressing_intensity(match, moving, team, rows)[np.arange(len(rows)), places]
    return np.asarray(pressed[np.isfinite(pressed)])


def passes_per_defence(match: Match, events: Iterable[FootballEvent], team: Team) -> tuple[float, int, int]:
    """Give PPDA: opponents' passes for each defensive action of a team, in the opponents' own 60 % of the pitch.

    Defensive actions are its interceptions and the duels it won: tackles and fouls are not told apart from positions,
    so that the number is higher than a provider's.

    Returns:
        The ratio (NaN without an action), passes, actions.

    Source:
        Colin Trainor, "Defensive Metrics: Measuring the Intensity of a High Press", StatsBomb 2014.
    """
    ways = attacks(match, team)
    limit_m = (_PRESSED_SHARE - 0.5) * match.pitch.length_m
    passes = actions = 0
    for event in events:
        if event.x_m is None:
            continue
        row = min(int(np.searchsorted(match.frames, event.frame)), len(match) - 1)
        high = ways[row] != 0 and -event.x_m * ways[row] <= limit_m
        if not high:
            continue
        passes += event.kind == "pass" and event.team == other(team).value
        won = event.kind == "duel" and event.outcome == "won"
        actions += event.team == team.value and (event.kind == "interception" or won)
    return (passes / actions if actions else float("nan")), passes, actions


def velocities(
    match: Match, speeds_mps: Float64, *, row_s: NDArray[np.float64], rows: Int64 | None = None
) -> Float64:
    """Give velocities: the way from the last row to the next, the smoothed speed; NaN where not measured.

    Args:
        match: Positions.
        speeds_mps: `(n, p)` as `measure_motion` gives them.
        row_s: `(n,)` the time a row stands for.
        rows: `(k,)` at which rows; all of them, where left out.

    Returns:
        `(k, p, 2)`.
    """
    rows = np.arange(len(match)) if rows is None else rows
    last = max(len(match) - 1, 0)
    moved = match.positions_m[np.minimum(rows + 1, last)] - match.positions_m[np.maximum(rows - 1, 0)]
    length = np.hypot(*np.moveaxis(moved, 2, 0))
    unit = np.divide(moved, length[:, :, None], out=np.zeros_like(moved), where=length[:, :, None] > 0)
    known = (row_s[rows] > 0)[:, None, None]
    return np.asarray(np.where(known, unit * speeds_mps[rows][:, :, None], np.nan))
