"""Where motion goes: a field of mean velocities, and the ways of single tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.rows import NS_PER_S

if TYPE_CHECKING:
    from sightline.analytics.census import Roll
    from sightline.analytics.heatmap import Grid
    from sightline.analytics.motion import Steps
    from sightline.core.arrays import Float64, Int64

_PARTS_A_PX = 1 << 16  # moves are whole numbers of these inside, so that sums are exact


@dataclass(frozen=True, slots=True)
class Flow:
    """Mean motion by place.

    Attributes:
        grid: Where its cells lie.
        velocities_px_s: `(rows, columns, 2)` float64, mean `(x, y)` velocity; NaN where nobody moved through.
        seconds: `(rows, columns)` float64, the time each mean is over.
    """

    grid: Grid
    velocities_px_s: Float64
    seconds: Float64


class FlowField:
    """Adds up motion by the place where each step has its middle, weighted by time."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        cells = grid.shape[0] * grid.shape[1]
        self._moved = np.zeros((cells, 2), np.int64)
        self._time_ns = np.zeros(cells, np.int64)

    def update(self, steps: Steps) -> None:
        """Take some steps, in any order."""
        cells, within = self._grid.cells((steps.start_px + steps.end_px) / 2)
        moved = np.rint((steps.end_px - steps.start_px) * _PARTS_A_PX).astype(np.int64)
        np.add.at(self._moved, cells[within], moved[within])
        np.add.at(self._time_ns, cells[within], (steps.end_ns - steps.start_ns)[within])

    def result(self) -> Flow:
        """Give the mean velocity in each cell so far."""
        seconds = self._time_ns / NS_PER_S
        moved_px = self._moved / _PARTS_A_PX
        velocities = np.full_like(moved_px, np.nan)
        some = seconds > 0
        velocities[some] = moved_px[some] / seconds[some, None]
        return Flow(self._grid, velocities.reshape(*self._grid.shape, 2), seconds.reshape(self._grid.shape))


@dataclass(frozen=True, slots=True)
class Way:
    """One unbroken piece of a track.

    Attributes:
        track_id: Whose.
        points_px: `(n, 2)` float64, n >= 2, in order of time.
    """

    track_id: int
    points_px: Float64


class Ways:
    """Keeps the ways of the tracks that lived longest, at most so many steps of them in all."""

    def __init__(self, roll: Roll, *, slot_s: float = 0.5, most_steps: int = 6000) -> None:
        steps = np.ceil(roll.life_s / slot_s).astype(np.int64) + 1
        longest = np.lexsort((roll.track_ids, -roll.life_s))
        longest = longest[steps[longest] <= most_steps]
        chosen = longest[np.cumsum(steps[longest]) <= most_steps]
        self.tracks = len(chosen)
        self._chosen: Int64 = np.sort(roll.track_ids[chosen])
        self._kept: list[tuple[Int64, Int64, Int64, Float64]] = []

    def update(self, steps: Steps) -> None:
        """Take some steps."""
        mine = np.isin(steps.track_ids, self._chosen)
        points_px = np.concatenate([steps.start_px, steps.end_px], axis=1)
        self._kept.append((steps.track_ids[mine], steps.start_ns[mine], steps.end_ns[mine], points_px[mine]))

    def result(self) -> tuple[Way, ...]:
        """Give unbroken pieces in order of track, then time."""
        if not self._kept:
            return ()
        ids, start_ns, end_ns, points_px = (np.concatenate(part) for part in zip(*self._kept, strict=True))
        order = np.lexsort((start_ns, ids))
        ids, start_ns, end_ns, points_px = ids[order], start_ns[order], end_ns[order], points_px[order]
        if len(ids) == 0:
            return ()
        breaks = (np.diff(ids) != 0) | (end_ns[:-1] != start_ns[1:])
        starts = np.append(0, np.flatnonzero(breaks) + 1)
        stops = np.append(starts[1:], len(ids))
        return tuple(
            Way(int(ids[start]), np.vstack([points_px[start, :2], points_px[start:stop, 2:]]))
            for start, stop in zip(starts, stops, strict=True)
        )
