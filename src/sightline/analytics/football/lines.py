"""A team's shape frame by frame: how high its lines stand, how long, wide and compact it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.ends import find_keeper
from sightline.analytics.football.match import Match, PitchSize, Role, Team

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class TeamShape:
    """One team's shape, row by row; NaN where fewer than two outfield players were seen (three for the hull).

    Attributes:
        height_m: `(n,)` mean distance of the back line's players from the own goal line.
        length_m: `(n,)` from the rearmost to the foremost outfield player, along the pitch.
        width_m: `(n,)` from the leftmost to the rightmost one.
        hull_m2: `(n,)` area of their convex hull.
        stretch_m: `(n,)` their mean distance from their own mean place: small is compact.
        middle_m: `(n, 2)` that mean place, x towards the opponent's goal.
    """

    height_m: Float64
    length_m: Float64
    width_m: Float64
    hull_m2: Float64
    stretch_m: Float64
    middle_m: Float64


def find_shape(match: Match, team: Team, rows: Int64 | None = None, *, back_line: int = 4) -> TeamShape:
    """Measure a team's shape at some rows.

    Args:
        match: Positions.
        team: Whose.
        rows: `(k,)` which rows; None for all.
        back_line: How many count as the back line: the rearmost outfield players.

    Source:
        Length, width, stretch index and surface area as in Frencken et al., "Oscillations of centroid position and
        surface area of soccer teams in small-sided games", Eur. J. Sport Sci. 11(4), 2011; Bourbousson et al. 2010.
    """
    rows = np.arange(len(match)) if rows is None else rows
    return shape_of(attacking(match, team, rows, outfield(match, team)), match.pitch, back_line=back_line)


def shape_of(points_m: Float64, pitch: PitchSize, *, back_line: int = 4, hull: bool = True) -> TeamShape:
    """Measure shapes.

    Args:
        points_m: `(n, k, 2)` outfield players, x towards the opponent's goal; NaN where not seen.
        pitch: The field.
        back_line: How many count as the back line.
        hull: Whether to measure the hull, which takes most of the time; NaN else.
    """
    count = len(points_m)
    seen = np.isfinite(points_m[:, :, 0])
    filled = np.where(seen[:, :, None], points_m, np.inf)
    low = filled.min(axis=1, initial=np.inf)
    high = np.where(seen[:, :, None], points_m, -np.inf).max(axis=1, initial=-np.inf)
    number = seen.sum(axis=1)
    enough = number >= 2
    extent = np.where(enough[:, None], high - low, np.nan) if count else np.zeros((0, 2))
    total = np.where(seen[:, :, None], points_m, 0.0).sum(axis=1)
    middle = total / np.where(enough, number, np.nan)[:, None]
    away = np.hypot(*np.moveaxis(points_m - middle[:, None, :], 2, 0))
    stretch = np.where(seen, away, 0.0).sum(axis=1) / np.where(enough, number, np.nan)
    rear = np.sort(filled[:, :, 0], axis=1)[:, :back_line]
    there = np.isfinite(rear)
    depth = np.where(there, rear, 0.0).sum(axis=1) / np.where(
        enough, np.maximum(there.sum(axis=1), 1), np.nan
    )
    return TeamShape(
        depth + pitch.length_m / 2,
        extent[:, 0],
        extent[:, 1],
        hull_areas(points_m) if hull else np.full(count, np.nan),
        stretch,
        middle,
    )


def hull_areas(points_m: Float64) -> Float64:
    """Give the area of each row's convex hull, exactly, all rows at once.

    An ordered pair of points is an edge of the hull where all others lie to its left; half the sum of the
    cross products of the edges' ends is the area. Points that share a place count once.

    Args:
        points_m: `(n, k, 2)`; NaN where there is none.

    Returns:
        `(n,)` square metres; NaN where there are fewer than three points.
    """
    parts = [_hulls(points_m[start : start + _BLOCK]) for start in range(0, len(points_m), _BLOCK)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _hulls(points_m: Float64) -> Float64:
    x, y = np.moveaxis(points_m, 2, 0)
    seen = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(seen, x, 0.0), np.where(seen, y, 0.0)
    seen &= ~_again(x, y, seen)
    area = np.zeros(len(x))
    for first in range(x.shape[1]):
        for second in range(x.shape[1]):
            if first == second:
                continue
            dx, dy = x[:, second] - x[:, first], y[:, second] - y[:, first]
            ox, oy = x - x[:, [first]], y - y[:, [first]]
            side = dx[:, None] * oy - dy[:, None] * ox
            along = dx[:, None] * ox + dy[:, None] * oy
            beyond = (side == 0) & ((along < 0) | (along > (dx**2 + dy**2)[:, None]))
            outside = seen & ((side < 0) | beyond)
            outside[:, [first, second]] = False
            edge = seen[:, first] & seen[:, second] & ~outside.any(axis=1)
            area += np.where(edge, x[:, first] * y[:, second] - x[:, second] * y[:, first], 0.0)
    return np.where(seen.sum(axis=1) >= 3, area / 2, np.nan)


def _again(x: Float64, y: Float64, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which points stand where an earlier one stands."""
    again = np.zeros_like(seen)
    for second in range(1, x.shape[1]):
        same = (x[:, :second] == x[:, [second]]) & (y[:, :second] == y[:, [second]]) & seen[:, :second]
        again[:, second] = same.any(axis=1)
    return again


def attacks(match: Match, team: Team) -> NDArray[np.int64]:
    """Give `(n,)` the way a team attacks: +1 or -1 along x, 0 where that is not known."""
    ways = np.zeros(len(match), np.int64)
    for period in match.periods:
        ways[period.start : period.stop] = period.home_attacks if team is Team.HOME else -period.home_attacks
    return ways


def attacking(match: Match, team: Team, rows: Int64, columns: Int64) -> Float64:
    """Give `(k, c, 2)` positions turned so that the team attacks towards +x; NaN where its direction is not known."""
    ways = attacks(match, team)[rows].astype(np.float64)
    ways[ways == 0] = np.nan
    return np.asarray(match.positions_m[np.ix_(rows, columns)] * ways[:, None, None])


def outfield(match: Match, team: Team) -> Int64:
    """Give the columns `(k,)` of a team's outfield players; where no goalkeeper is named, its deepest player is left out."""
    columns = match.columns(team)
    keepers = set(match.columns(team, role=Role.GOALKEEPER).tolist())
    if not keepers and len(columns):
        found = find_keeper(match.positions_m[:, columns], attacks(match, team))
        keepers = set() if found is None else {int(columns[found])}
    return np.array([column for column in columns.tolist() if column not in keepers], np.int64)
