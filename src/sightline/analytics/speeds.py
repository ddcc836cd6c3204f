"""Who is faster than a limit, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sightline.analytics.rows import NS_PER_S

if TYPE_CHECKING:
    from sightline.analytics.motion import Steps


@dataclass(frozen=True, slots=True)
class SpeedLimit:
    """A limit in metres or in pixels a second.

    Attributes:
        name: What it is called in results.
        limit: The speed above which it is broken.
        in_metres: Whether `limit` is in metres a second; else in pixels a second.
        for_s: How long a track must stay above it.
        class_ids: Watch these classes only; None for all.
    """

    name: str
    limit: float
    in_metres: bool
    for_s: float = 1.0
    class_ids: frozenset[int] | None = None


class Excess(NamedTuple):
    """A stretch of one track above the limit; `speed` is its mean over it, in the limit's unit."""

    frame: int
    t_s: float
    track_id: int
    x_px: float
    y_px: float
    speed: float
    lasted_s: float


@dataclass(slots=True)
class _Stretch:
    frame: int
    t_s: float
    x_px: float
    y_px: float
    start_ns: int
    end_ns: int
    moved: float


class SpeedWatch:
    """Finds stretches above a limit in steps, each track's in order of time."""

    def __init__(self, limit: SpeedLimit) -> None:
        self._limit = limit
        self._going: dict[int, _Stretch] = {}
        self._found: list[Excess] = []

    def update(self, steps: Steps) -> None:
        """Take some steps; of tracks of the watched classes only."""
        speeds = steps.speeds_mps if self._limit.in_metres else steps.speeds_px_s
        lengths_s = steps.lengths_s
        for row in np.flatnonzero(np.nan_to_num(speeds) > self._limit.limit).tolist():
            track_id, start_ns = int(steps.track_ids[row]), int(steps.start_ns[row])
            stretch = self._going.get(track_id)
            if stretch is None or stretch.end_ns != start_ns:
                self._end(track_id)
                x_px, y_px = steps.start_px[row].tolist()
                stretch = self._going[track_id] = _Stretch(
                    int(steps.frames[row]), float(steps.times_s[row]), x_px, y_px, start_ns, start_ns, 0.0
                )
            stretch.end_ns = int(steps.end_ns[row])
            stretch.moved += float(speeds[row] * lengths_s[row])

    def _end(self, track_id: int) -> None:
        stretch = self._going.pop(track_id, None)
        if stretch is not None:
            self._found.extend(self._excess(track_id, stretch))

    def _excess(self, track_id: int, stretch: _Stretch) -> tuple[Excess, ...]:
        lasted_s = (stretch.end_ns - stretch.start_ns) / NS_PER_S
        if lasted_s < self._limit.for_s - 1e-6:
            return ()
        speed = stretch.moved / lasted_s
        return (Excess(stretch.frame, stretch.t_s, track_id, stretch.x_px, stretch.y_px, speed, lasted_s),)

    def result(self) -> tuple[Excess, ...]:
        """Give all stretches so far, in order of frame, then track."""
        going = [
            excess for track_id, stretch in self._going.items() for excess in self._excess(track_id, stretch)
        ]
        return tuple(sorted([*self._found, *going]))
