"""How a whole team moves: what all of its players who are in view do together.

A team goes up and down the pitch as one, also that part of it which the camera does not show. Each player's place is
taken as the team's place plus his own distance from it; both are fitted to all sightings in turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.analytics.football.identity.tracklets import Sightings
    from sightline.core.arrays import Float64, Int64

_ROUNDS = 12
_STEP_S = 0.2
_SMOOTH = np.array([1.0, 2.0, 3.0, 2.0, 1.0])
_LEAST_WEIGHT = 1e-9


@dataclass(frozen=True, slots=True)
class Drift:
    """Where each kind's players were as a whole.

    Attributes:
        places_m: `(c, f, 2)` by kind and frame, from anywhere: only differences mean something.
        speeds_mps: `(c, f, 2)`.
    """

    places_m: Float64
    speeds_mps: Float64

    def between(self, kinds: Int64, before: Int64, after: Int64) -> Float64:
        """Give how far a kind moved from one frame to another, `(n, 2)`."""
        moved: Float64 = self.places_m[kinds, after] - self.places_m[kinds, before]
        return moved

    def speeds(self, kinds: Int64, rows: Int64) -> Float64:
        """Give how fast a kind moved in some frames, `(n, 2)`."""
        speeds: Float64 = self.speeds_mps[kinds, rows]
        return speeds


def find_drift(sightings: Sightings, who: Int64, kind_of: Int64, *, moving: int, kinds: int) -> Drift:
    """Find how teams move.

    Args:
        sightings: Everybody's; those whose place is not known do not count.
        who: `(n,)` whom each is of, numbered from 0.
        kind_of: `(k,)` what each of them is.
        moving: The first so many kinds are teams; others do not move as one.
        kinds: How many there are.
    """
    times_s, rows, points_m = sightings.times_s, sightings.rows, sightings.points_m
    count = len(times_s)
    places, speeds = np.zeros((kinds, count, 2)), np.zeros((kinds, count, 2))
    if count < 2:
        return Drift(places, speeds)
    step = max(1, round(_STEP_S / float(np.median(np.diff(times_s)))))
    grid = np.arange(0, count, step)
    known = np.isfinite(points_m).all(axis=1) & (rows % step == 0)
    for kind in range(moving):
        mine = known & (kind_of[who] == kind)
        if not mine.any():
            continue
        team = _fitted(rows[mine] // step, who[mine], points_m[mine], len(grid))
        for axis in range(2):
            places[kind, :, axis] = np.interp(np.arange(count), grid, team[:, axis])
            speeds[kind, :, axis] = np.gradient(places[kind, :, axis], times_s)
    return Drift(places, speeds)


def _fitted(at: Int64, who: Int64, points_m: Float64, count: int) -> Float64:
    """Give the team's place at each step, `(count, 2)`: fitted in turns with everybody's distance from it."""
    _, person = np.unique(who, return_inverse=True)
    people = int(person.max()) + 1
    team = np.zeros((count, 2))
    seen = np.bincount(at, minlength=count).astype(np.float64)
    often = np.bincount(person, minlength=people).astype(np.float64)
    for _ in range(_ROUNDS):
        own = np.stack(
            [np.bincount(person, points_m[:, axis] - team[at, axis], people) / often for axis in range(2)],
            axis=1,
        )
        left = points_m - own[person]
        weights = np.convolve(seen, _SMOOTH, "same")
        for axis in range(2):
            sums = np.convolve(np.bincount(at, left[:, axis], count), _SMOOTH, "same")
            found = weights > _LEAST_WEIGHT
            steps = np.flatnonzero(found)
            team[:, axis] = np.interp(np.arange(count), steps, sums[found] / weights[found])
    return team
