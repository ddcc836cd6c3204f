"""Finds each team's formations: by window of time, with the ball and without it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.analytics.football.ends import other
from sightline.analytics.football.formation.fit import (
    FormationFit,
    back_line_of,
    count_back_line,
    fit_formations,
)
from sightline.analytics.football.lines import attacking, outfield, shape_of
from sightline.analytics.football.match import Match, Team

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

PHASES = ("all", "in_possession", "out_of_possession")


@dataclass(frozen=True, slots=True)
class FormationSettings:
    """How formations are looked for.

    Attributes:
        window_s: Length of a window; one that is left shorter than half of it joins the one before.
        sample_s: Time between the frames that are looked at.
        least_s: Shortest time of a phase within a window that is told.
        least_share: Least share of a phase's frames in which the team was seen whole.
        most: Formations told of each.
        rounds: How often roles and their holders are found anew.
    """

    window_s: float = 300.0
    sample_s: float = 2.0
    least_s: float = 20.0
    least_share: float = 0.3
    most: int = 3
    rounds: int = 4


@dataclass(frozen=True, slots=True)
class TeamFormation:
    """A team's shape in one phase of one window.

    Attributes:
        team: Whose.
        period: Number of the period.
        phase: One of `PHASES`.
        start: First row of the window.
        stop: The row after its last.
        fits: The formations that fit best, best first.
        roles_m: `(k, 2)` where the roles stand on average, from the centre spot, towards the opponent's goal.
        holders: `(k,)` the match's column of who holds each role most of the time.
        stability: Share of the looks in which a role is held by its usual holder, 0..1.
        back_line: Players in the back line; 0 where that does not show.
        line_height_m: Mean distance of the back line from the own goal line.
        length_m: Mean extent of the outfield players along the pitch.
        width_m: Mean extent across.
        coverage: Share of the phase's looks in which the team was seen whole, 0..1.
        seen_s: How long that is.
    """

    team: Team
    period: int
    phase: str
    start: int
    stop: int
    fits: tuple[FormationFit, ...]
    roles_m: Float64
    holders: Int64
    stability: float
    back_line: int
    line_height_m: float
    length_m: float
    width_m: float
    coverage: float
    seen_s: float


def find_formations(
    match: Match, possession: NDArray[np.str_] | None = None, settings: FormationSettings | None = None
) -> tuple[TeamFormation, ...]:
    """Find formations in each window, phase and team.

    Who plays which role may change from look to look: roles are the places that the team as a whole keeps, found
    by assigning players to them anew in each look. A team is whole with as many outfield players as are
    mostly seen in the window, seven at least; a red card makes it ten a side less one.

    Args:
        match: Positions; periods whose direction is not known are left out.
        possession: `(n,)` `home`, `away` or empty; None for no phases.
        settings: Windows and limits.

    Returns:
        In order of time, team and phase; nothing for what was seen too little.

    Source:
        Roles: Bialkowski et al., "Large-scale analysis of soccer matches using spatiotemporal tracking data",
        ICDM 2014. Templates: see `fit_formations`.
    """
    settings = settings or FormationSettings()
    return tuple(
        found
        for window in _windows(match, settings)
        for team in Team
        for found in _of_team(match, possession, team, window, settings)
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """A window, and the rows of it that are looked at."""

    period: int
    start: int
    stop: int
    rows: Int64


def _windows(match: Match, settings: FormationSettings) -> Iterator[_Window]:
    for period in match.periods:
        if not period.home_attacks or period.stop <= period.start:
            continue
        times_s = match.t_s[period.start : period.stop]
        slots = np.floor((times_s - times_s[0]) / settings.sample_s + 1e-9)
        first = np.concatenate([[True], np.diff(slots) > 0])
        rows = np.arange(period.start, period.stop)[first]
        length_s = float(times_s[-1] - times_s[0])
        count = max(1, round(length_s / settings.window_s))
        edges = times_s[0] + settings.window_s * np.arange(count + 1)
        edges[-1] = np.inf
        starts = (period.start + np.searchsorted(times_s, edges)).tolist()
        for begin, end in itertools.pairwise(starts):
            looked = rows[(rows >= begin) & (rows < end)]
            if len(looked):
                yield _Window(period.number, begin, end, looked)


def _of_team(
    match: Match,
    possession: NDArray[np.str_] | None,
    team: Team,
    window: _Window,
    settings: FormationSettings,
) -> Iterator[TeamFormation]:
    rows = window.rows
    columns = outfield(match, team)
    points_m = attacking(match, team, rows, columns)
    counts = np.isfinite(points_m[:, :, 0]).sum(axis=1)
    size = int(np.median(counts)) if len(counts) else 0
    size = min(size, 10)
    held = np.full(len(rows), "", dtype="<U4") if possession is None else possession[rows]
    choices: Sequence[tuple[str, Any]] = (
        ("all", np.ones(len(rows), np.bool_)),
        ("in_possession", held == team.value),
        ("out_of_possession", held == other(team).value),
    )
    if size < 7:
        return
    for phase, chosen in choices:
        whole = chosen & (counts == size)
        seen_s, share = float(whole.sum()) * settings.sample_s, float(whole.sum()) / max(1, int(chosen.sum()))
        if seen_s < settings.least_s or share < settings.least_share:
            continue
        yield _formation(
            match,
            (team, window.period, phase, window.start, window.stop),
            points_m[whole],
            columns,
            (share, seen_s),
            settings,
        )


def _formation(
    match: Match,
    whose: tuple[Team, int, str, int, int],
    points_m: Float64,
    columns: Int64,
    seen: tuple[float, float],
    settings: FormationSettings,
) -> TeamFormation:
    present = np.isfinite(points_m[:, :, 0])
    size = int(present[0].sum())
    who = np.nonzero(present)[1].reshape(-1, size)
    looks_m = np.take_along_axis(points_m, who[:, :, None], axis=1)
    middle_m = looks_m.mean(axis=1, keepdims=True)
    roles, held = _roles(looks_m - middle_m, who, settings.rounds)
    holders, stability = _holders(held, len(columns))
    roles_m = roles + middle_m.mean(axis=0)
    fits = fit_formations(roles, most=settings.most)
    back = back_line_of(fits) or count_back_line(roles_m[:, 0])
    shape = shape_of(looks_m, match.pitch, back_line=back or 4, hull=False)
    return TeamFormation(
        *whose,
        fits,
        roles_m,
        columns[holders],
        stability,
        back,
        float(np.nanmean(shape.height_m)),
        float(np.nanmean(shape.length_m)),
        float(np.nanmean(shape.width_m)),
        *seen,
    )


def _roles(looks_m: Float64, who: Int64, rounds: int) -> tuple[Float64, Int64]:
    """Give `(k, 2)` the roles' mean places and `(n, k)` who holds each in every look."""
    roles = _first_roles(looks_m, who)
    held = who
    for _ in range(rounds):
        apart = ((looks_m[:, None, :, :] - roles[None, :, None, :]) ** 2).sum(axis=3)
        chosen = np.stack([linear_sum_assignment(cost)[1] for cost in apart])
        held = np.take_along_axis(who, chosen, axis=1)
        better = np.take_along_axis(looks_m, chosen[:, :, None], axis=1).mean(axis=0)
        if np.abs(better - roles).max() < 1e-6:
            break
        roles = better
    return roles, held


def _first_roles(looks_m: Float64, who: Int64) -> Float64:
    """Start from players' own means where the same ones are always there, else from a look like the others."""
    if (who == who[0]).all():
        return np.asarray(looks_m.mean(axis=0))
    ordered = np.take_along_axis(looks_m, np.argsort(looks_m[:, :, 0], axis=1)[:, :, None], axis=1)
    apart = ((ordered - np.median(ordered, axis=0)) ** 2).sum(axis=(1, 2))
    return np.asarray(looks_m[int(apart.argmin())])


def _holders(held: Int64, people: int) -> tuple[Int64, float]:
    counts = np.stack([np.bincount(column, minlength=people) for column in held.T])
    _, holders = linear_sum_assignment(-counts)
    stability = float(counts[np.arange(len(counts)), holders].sum() / max(1, held.size))
    return holders.astype(np.int64), stability
