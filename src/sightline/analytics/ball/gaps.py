"""Fills short gaps of a ball's track by what balls do: roll, fly, and turn where a player touches them.

Between the last sighting before a gap and the first after it the ball either went its way untouched, or was touched
once or twice. Each touch must lie on the way that the ball was on before (or came from after), and near a player.
All such stories are scored, and the fill is the average of the likely ones, weighted by how likely they are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.runs import stretches
from sightline.core.errors import AnalysisError, SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

GRAVITY_MPS2 = 9.81
_UNLIKELY = 1e-3
_USUAL_MPS = 15.0


@dataclass(frozen=True, slots=True)
class GapSettings:
    """Constants of the fill, in the units of the positions (metres) and seconds.

    Attributes:
        drag_hz: Share of its speed that a ball loses a second; air and grass together.
        window_s: Stretch of sightings beside the gap from which the ball's velocity is taken.
        touch_cost: Log odds against each touch.
        reach: Standard distance of the ball from the player who touches it.
        drift: Standard error of a predicted position at once.
        drift_rate: Its growth a second.
        stories: How many of the likeliest stories are averaged.
        plain_s: Gaps up to this long are filled with straight lines.
        unit_mps: Units a second that are one metre a second: 1 for metres. Speeds are judged by it.
    """

    drag_hz: float = 0.4
    window_s: float = 0.12
    touch_cost: float = 3.0
    reach: float = 0.7
    drift: float = 0.1
    drift_rate: float = 0.7
    stories: int = 40
    plain_s: float = 0.16
    unit_mps: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise SettingsError(f"{field.name} must be above 0", hint="see GapSettings for the defaults")


@dataclass(frozen=True, slots=True)
class Filled:
    """A track with its short gaps filled.

    Attributes:
        positions: `(n, d)` float64, as given, gaps filled.
        filled: `(n,)` bool, which rows were.
    """

    positions: Float64
    filled: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Gap:
    """One gap: what is known at its two ends, in seconds from its first end.

    Attributes:
        t_s: `(m,)` of the ends and the missing rows between.
        begin: `(2,)` last position before.
        end: `(2,)` first position after.
        leaving: `(2,)` velocity before.
        arriving: `(2,)` velocity after.
        players: `(m, p, 2)` positions of the players; p may be 0.
    """

    t_s: Float64
    begin: Float64
    end: Float64
    leaving: Float64
    arriving: Float64
    players: Float64


def fill_gaps(
    t_s: Float64,
    positions: Float64,
    *,
    max_gap_s: float = 1.0,
    players_m: Float64 | None = None,
    settings: GapSettings | None = None,
) -> Filled:
    """Fill the gaps of a ball's track that are short enough; the first and last stretch without a ball stay empty.

    Args:
        t_s: `(n,)` seconds, rising.
        positions: `(n, 2)` or `(n, 3)`; NaN rows are missing. The third is height above the ground.
        max_gap_s: Longest time between two sightings that is filled.
        players_m: `(n, p, 2)` positions of players in the same units; NaN where not seen. Without them touches
            may be anywhere, and cost more.
        settings: Constants.

    Returns:
        The track; positions that were given are not changed.

    Raises:
        AnalysisError: The arrays' lengths differ.
    """
    settings = settings or GapSettings()
    if len(t_s) != len(positions) or (players_m is not None and len(players_m) != len(t_s)):
        raise AnalysisError(
            f"{len(t_s)} times, {len(positions)} positions and "
            f"{'no' if players_m is None else len(players_m)} rows of players do not fit together"
        )
    filled = np.asarray(positions, np.float64).copy()
    missing = np.isnan(filled).any(axis=1)
    made = np.zeros(len(filled), np.bool_)
    edges = stretches(missing)
    inner = edges[(edges[:, 0] > 0) & (edges[:, 1] < len(filled))]
    lasts_s = t_s[inner[:, 1]] - t_s[inner[:, 0] - 1]
    short = lasts_s <= min(settings.plain_s, max_gap_s) + 1e-9
    _fill_plainly(t_s, filled, made, inner[short])
    for start, stop in inner[~short & (lasts_s <= max_gap_s + 1e-9)].tolist():
        rows = np.arange(start - 1, stop + 1)
        gap = _gap(t_s, positions, players_m, rows, settings)
        filled[start:stop, :2] = _ways(gap, settings)[1:-1]
        if filled.shape[1] == 3:
            filled[start:stop, 2] = _heights(t_s, positions, rows, settings)[1:-1]
        made[start:stop] = True
    return Filled(filled, made)


def _fill_plainly(t_s: Float64, filled: Float64, made: NDArray[np.bool_], spans: NDArray[np.int64]) -> None:
    """Fill gaps of a few frames with straight lines, all at once and in place."""
    if not len(spans):
        return
    known = np.flatnonzero(~np.isnan(filled).any(axis=1))
    steps = np.zeros(len(filled) + 1, np.int64)
    steps[spans[:, 0]] += 1
    steps[spans[:, 1]] -= 1
    rows = np.flatnonzero(np.cumsum(steps[:-1]) > 0)
    for axis in range(filled.shape[1]):
        filled[rows, axis] = np.interp(t_s[rows], t_s[known], filled[known, axis])
    made[rows] = True


def _gap(
    t_s: Float64, positions: Float64, players: Float64 | None, rows: NDArray[np.int64], settings: GapSettings
) -> _Gap:
    first, last = int(rows[0]), int(rows[-1])
    return _Gap(
        t_s[rows] - t_s[first],
        positions[first, :2],
        positions[last, :2],
        velocity_beside(t_s, positions, first, -1, settings.window_s)[:2],
        velocity_beside(t_s, positions, last, 1, settings.window_s)[:2],
        np.zeros((len(rows), 0, 2)) if players is None else players[rows],
    )


def velocity_beside(t_s: Float64, positions: Float64, row: int, towards: int, window_s: float) -> Float64:
    """Give the velocity at a row from the sightings on one side of it; zero where there are none.

    Args:
        t_s: `(n,)` seconds.
        positions: `(n, d)`; NaN rows are missing.
        row: A row with a position.
        towards: -1 for the sightings before it, +1 for those after.
        window_s: How far to look; at least the next sighting within four times that is used.

    Returns:
        `(d,)` units a second.
    """
    rows = [row]
    at = row + towards
    while 0 <= at < len(t_s) and abs(t_s[at] - t_s[row]) <= 4 * window_s:
        if not np.isnan(positions[at]).any():
            if len(rows) > 1 and abs(t_s[at] - t_s[row]) > window_s + 1e-9:
                break
            rows.append(at)
        at += towards
    if len(rows) < 2:
        return np.zeros(positions.shape[1])
    times = t_s[rows] - t_s[rows].mean()
    slope: Float64 = times @ positions[rows] / (times @ times)
    return slope


@dataclass(frozen=True, slots=True)
class _Reach:
    """Where the ball would be, row by row, untouched since the gap began (ahead), and until it ends (back).

    Attributes:
        ahead: `(m, 2)` positions.
        back: `(m, 2)` positions.
        near_ahead: `(m,)` cost of a touch there.
        near_back: `(m,)` the same.
        spread_ahead: `(m,)` standard error.
        spread_back: `(m,)` the same.
    """

    ahead: Float64
    back: Float64
    near_ahead: Float64
    near_back: Float64
    spread_ahead: Float64
    spread_back: Float64


def _reach(gap: _Gap, settings: GapSettings) -> _Reach:
    left_s = gap.t_s[-1] - gap.t_s
    ahead = _coast(gap.begin, gap.leaving, gap.t_s, settings.drag_hz)
    back = _coast(gap.end, -gap.arriving, left_s, -settings.drag_hz)
    return _Reach(
        ahead,
        back,
        _player_costs(ahead, gap, settings),
        _player_costs(back, gap, settings),
        settings.drift + settings.drift_rate * gap.t_s,
        settings.drift + settings.drift_rate * left_s,
    )


def _ways(gap: _Gap, settings: GapSettings) -> Float64:
    """Average the likely stories' paths, `(m, 2)`."""
    reach = _reach(gap, settings)
    costs = np.concatenate(
        (
            [_untouched_cost(gap, reach, settings)],
            _once_costs(reach, settings),
            _twice_costs(gap, reach, settings).ravel(),
        )
    )
    best = np.argsort(costs, kind="stable")[: settings.stories]
    weights = np.exp(-(costs[best] - costs[best[0]]))
    likely = weights > _UNLIKELY * weights.sum()
    best, weights = best[likely], weights[likely] / weights[likely].sum()
    path = np.zeros((len(gap.t_s), 2))
    for story, weight in zip(best.tolist(), weights.tolist(), strict=True):
        path += weight * _path(gap, reach, story)
    return path


def _coast(start: Float64, velocity: Float64, t_s: Float64, drag_hz: float) -> Float64:
    """Give where a ball comes to that nobody touches; negative drag for going back in time."""
    return start + velocity * (-np.expm1(-drag_hz * t_s) / drag_hz)[:, None]


def _player_costs(way: Float64, gap: _Gap, settings: GapSettings) -> Float64:
    """Give `(m,)` the cost of a touch on each point of a way: how far the nearest player is."""
    if not gap.players.shape[1]:
        return np.full(len(way), 2.0)
    away = np.hypot(*np.moveaxis(gap.players - way[:, None], -1, 0))
    nearest = np.nanmin(np.where(np.isnan(away), 1e3, away), axis=1)
    cost: Float64 = np.minimum((nearest / settings.reach) ** 2 / 2, 12.0)
    return cost


def _untouched_cost(gap: _Gap, reach: _Reach, settings: GapSettings) -> float:
    total_s, spread = float(gap.t_s[-1]), float(reach.spread_ahead[-1])
    missed = float(((reach.ahead[-1] - gap.end) ** 2).sum()) / spread**2 / 2
    slowed = gap.leaving * np.exp(-settings.drag_hz * total_s)
    turned = float(((slowed - gap.arriving) ** 2).sum()) / (settings.unit_mps * (1.0 + total_s)) ** 2 / 2
    return missed + turned + 2 * float(np.log(spread))


def _once_costs(reach: _Reach, settings: GapSettings) -> Float64:
    """Give `(m,)` the cost of one touch at each time: both ways must meet there, near a player."""
    spread = np.hypot(reach.spread_ahead, reach.spread_back)
    missed = ((reach.ahead - reach.back) ** 2).sum(axis=1) / spread**2 / 2
    near = (reach.near_ahead + reach.near_back) / 2
    cost: Float64 = missed + 2 * np.log(spread) + near + settings.touch_cost
    return cost


def _twice_costs(gap: _Gap, reach: _Reach, settings: GapSettings) -> Float64:
    """Give `(m, m)` the cost of touches at two times: near players, and the way between not too fast."""
    between_s = gap.t_s[None, :] - gap.t_s[:, None]
    later = between_s > 0
    ways = np.hypot(*np.moveaxis(reach.back[None, :] - reach.ahead[:, None], -1, 0))
    speed = ways / np.where(later, between_s, 1.0)
    cost = reach.near_ahead[:, None] + reach.near_back[None, :] + 2 * settings.touch_cost
    cost = cost + np.log(reach.spread_ahead)[:, None] + np.log(reach.spread_back)[None, :]
    cost = cost + (speed / (_USUAL_MPS * settings.unit_mps)) ** 2 / 2
    return np.where(later, cost, np.inf)


def _path(gap: _Gap, reach: _Reach, story: int) -> Float64:
    """Draw one story: 0 untouched, then one touch at each row, then two touches at each pair of rows."""
    count = len(gap.t_s)
    if story == 0:
        return _hermite(gap)
    if story <= count:
        touch = story - 1
        # where the two ways should meet, each counts by its variance
        ahead, back = reach.spread_ahead[touch] ** 2, reach.spread_back[touch] ** 2
        place = (back * reach.ahead[touch] + ahead * reach.back[touch]) / (ahead + back)
        return _joined(gap, reach, (touch, touch), (place, place))
    first, second = divmod(story - 1 - count, count)
    return _joined(gap, reach, (first, second), (reach.ahead[first], reach.back[second]))


def _joined(gap: _Gap, reach: _Reach, touches: tuple[int, int], places: tuple[Float64, Float64]) -> Float64:
    """Bend both ways so that they pass through the touches; between these go with their player, or straight."""
    (first, second), (turn, turn_back) = touches, places
    path = np.empty_like(reach.ahead)
    t_s, total_s = gap.t_s, gap.t_s[-1]
    rise = t_s[: first + 1] / max(float(t_s[first]), 1e-9)
    path[: first + 1] = reach.ahead[: first + 1] + rise[:, None] * (turn - reach.ahead[first])
    fall = (total_s - t_s[second:]) / max(float(total_s - t_s[second]), 1e-9)
    path[second:] = reach.back[second:] + fall[:, None] * (turn_back - reach.back[second])
    if second > first + 1:
        share = ((t_s[first : second + 1] - t_s[first]) / (t_s[second] - t_s[first]))[:, None]
        path[first : second + 1] = (1 - share) * turn + share * turn_back
        carrier = _carrier(gap, touches, places)
        if carrier is not None:
            path[first : second + 1] += carrier - ((1 - share) * carrier[0] + share * carrier[-1])
    return path


def _carrier(gap: _Gap, touches: tuple[int, int], places: tuple[Float64, Float64]) -> Float64 | None:
    """Give the way of the player nearest to both touches, `(k, 2)`; None where they are two players."""
    if not gap.players.shape[1]:
        return None
    nearest = []
    for row, place in zip(touches, places, strict=True):
        away = np.hypot(*(gap.players[row] - place).T)
        nearest.append(int(np.where(np.isnan(away), np.inf, away).argmin()))
    way = gap.players[touches[0] : touches[1] + 1, nearest[0]]
    return way if nearest[0] == nearest[1] and not np.isnan(way).any() else None


def _hermite(gap: _Gap) -> Float64:
    """Draw the cubic through both ends with their velocities, overshoot held back.

    Source:
        Fritsch & Carlson, Monotone piecewise cubic interpolation, SIAM J. Numer. Anal. 17 (1980): slopes of more
        than three times the chord's are cut to that.
    """
    total_s = float(gap.t_s[-1])
    chord = (gap.end - gap.begin) / total_s
    limit = 3 * np.abs(chord)
    leaving = np.where(gap.leaving * chord > 0, np.clip(gap.leaving, -limit, limit), 0.0)
    arriving = np.where(gap.arriving * chord > 0, np.clip(gap.arriving, -limit, limit), 0.0)
    s = (gap.t_s / total_s)[:, None]
    return (
        (2 * s**3 - 3 * s**2 + 1) * gap.begin
        + (s**3 - 2 * s**2 + s) * total_s * leaving
        + (-2 * s**3 + 3 * s**2) * gap.end
        + (s**3 - s**2) * total_s * arriving
    )


def _heights(t_s: Float64, positions: Float64, rows: NDArray[np.int64], settings: GapSettings) -> Float64:
    """Give heights over a gap: the one parabola through both ends where the speeds there fit it, else a straight line."""
    first, last = int(rows[0]), int(rows[-1])
    times = t_s[rows] - t_s[first]
    total_s = float(times[-1])
    begin, end = float(positions[first, 2]), float(positions[last, 2])
    share = times / total_s
    straight = (1 - share) * begin + share * end
    rising = float(velocity_beside(t_s, positions, first, -1, settings.window_s)[2])
    wanted = (end - begin) / total_s + GRAVITY_MPS2 * total_s / 2
    if max(begin, end) < 0.3 or abs(rising - wanted) > 2.0:
        bent = straight
    else:
        bent = straight + GRAVITY_MPS2 / 2 * times * (total_s - times)
    heights: Float64 = np.maximum(bent, 0.0)
    return heights
