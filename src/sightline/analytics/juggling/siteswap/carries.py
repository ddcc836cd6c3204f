"""What balls do between flights: how far a hand carries them, hand-to-hand passes without a flight, rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.juggling.flights import Gravity
    from sightline.analytics.juggling.paths import BallPath, Flight
    from sightline.core.arrays import Float64

_LEAST_POINTS = 3


def across(flights: Sequence[Flight], gravity: Gravity) -> Float64:
    """Give where each flight began and ended across gravity, `(n, 2)` px."""
    throws = np.array([flight.throw_px for flight in flights]).reshape(-1, 2)
    catches = np.array([flight.catch_px for flight in flights]).reshape(-1, 2)
    return np.stack([gravity.upright(throws)[:, 0], gravity.upright(catches)[:, 0]], axis=1)


def reach(flights: Sequence[Flight], paths: Sequence[BallPath], gravity: Gravity) -> Float64:
    """Give how far to either side each ball was carried between its catch and its next throw.

    Returns:
        `(n, 3)` least and greatest place across gravity, NaN where too little was seen, and 1 where it was seen
        without a gap that could hide a pass, else 0.
    """
    found = np.full((len(flights), 3), np.nan)
    upright = [gravity.upright(path.points_px) for path in paths]
    following: dict[int, float] = {}
    for number in range(len(flights) - 1, -1, -1):
        flight = flights[number]
        until_s = following.get(flight.ball_id)
        following[flight.ball_id] = flight.throw_t_s
        if until_s is None:
            continue
        path = _holder(flight, paths)
        if path is None:
            continue
        inside = (paths[path].t_s >= flight.catch_t_s) & (paths[path].t_s <= until_s)
        places = upright[path][inside, 0]
        if len(places) >= _LEAST_POINTS:
            moments = np.concatenate([[flight.catch_t_s], paths[path].t_s[inside], [until_s]])
            whole = np.diff(moments).max() < max(0.08, 2.2 * float(np.median(np.diff(paths[path].t_s))))
            found[number] = np.min(places), np.max(places), whole
    return found


def _holder(flight: Flight, paths: Sequence[BallPath]) -> int | None:
    """Give the path that goes on where a flight ended."""
    best: tuple[float, int] | None = None
    for index, path in enumerate(paths):
        row = int(np.searchsorted(path.t_s, flight.catch_t_s))
        if row >= len(path) or path.t_s[row] - flight.catch_t_s > 0.15:
            continue
        off = float(np.hypot(*(path.points_px[row] - np.array(flight.catch_px))))
        if best is None or off < best[0]:
            best = (off, index)
    return best[1] if best else None


def swings(path: BallPath, least_px: float) -> list[tuple[float, float]]:
    """Give the turning points of a ball carried to and fro, `(t_s, x_px)`, with at least `least_px` between them."""
    x = path.points_px[:, 0]
    turns: list[tuple[float, float]] = []
    extreme, direction = 0, 0
    for row in range(1, len(x)):
        if direction >= 0 and x[row] > x[extreme]:
            extreme, direction = (row, 1) if direction else (row, direction)
        elif direction <= 0 and x[row] < x[extreme]:
            extreme, direction = (row, -1) if direction else (row, direction)
        if direction == 0 and abs(x[row] - x[0]) >= least_px:
            direction, extreme = (1, row) if x[row] > x[0] else (-1, row)
        elif direction and abs(x[row] - x[extreme]) >= least_px:
            turns.append((float(path.t_s[extreme]), float(x[extreme])))
            direction, extreme = -direction, row
    return turns
