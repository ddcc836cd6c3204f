"""Counts who crosses a line, and which way.

            left of the line: outside
    start o───────────────────────────────▶ o end
            right of the line: inside                  (the picture's y points down)

Who walks from `start` to `end` has the outside on the left hand and the inside on the right. Crossing from left
to right is `in` (+1), from right to left is `out` (-1). Swap the ends to swap the two.

A track belongs to a side once its anchor has been at least the margin away from the line for some sightings in
a row. It crosses when it comes to belong to the other side; where and when is read off its last step across the
line, and counts only between the line's ends. So who jitters on the line, or turns back on it, is not counted;
nor is who is first seen on it, as nobody knows from where it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sightline.analytics.geometry import Point, offsets_px, share_along
from sightline.analytics.rows import Anchor, Batch, to_ns
from sightline.analytics.runs import Passage, Run, Sighting, between, runs_of

if TYPE_CHECKING:
    from sightline.core.tracks import Quality

IN, OUT = 1, -1


@dataclass(frozen=True, slots=True)
class Line:
    """A counting line.

    Attributes:
        name: What it is called in results.
        start: `(x, y)` in source-image pixels.
        end: Likewise; another point.
        anchor: Which point of the box has to cross.
        margin_px: How far from the line a side begins.
        margin_heights: The same in heights of the object's own box; the larger of the two counts.
        confirm: Sightings in a row beyond the margin that make a track belong to a side, >= 1.
        max_gap_s: A track unseen for longer starts afresh; if it turns up on the other side it is not
            counted but reported as unresolved.
        class_ids: Count these classes only; None for all.
    """

    name: str
    start: Point
    end: Point
    anchor: Anchor = Anchor.BOTTOM_CENTER
    margin_px: float = 2.0
    margin_heights: float = 0.05
    confirm: int = 2
    max_gap_s: float = 5.0
    class_ids: frozenset[int] | None = None


class Crossing(NamedTuple):
    """One track crossing a line.

    Attributes:
        frame: The first frame at or after the crossing.
        t_s: When it crossed, between the two sightings around the line.
        track_id: Who.
        class_id: What.
        direction: `IN` or `OUT`.
        x_px: Where.
        y_px: Where.
        along: 0 at the line's start, 1 at its end.
        quality: `interpolated` where the track or the scene was unseen while it crossed.
    """

    frame: int
    t_s: float
    track_id: int
    class_id: int
    direction: int
    x_px: float
    y_px: float
    along: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class LineCounts:
    """What a line counted.

    Attributes:
        crossings: In order of frame, then track.
        unresolved: Tracks that changed sides while unseen for longer than `max_gap_s`; not counted.
    """

    crossings: tuple[Crossing, ...]
    unresolved: int

    def count(self, direction: int, *, quality: Quality | None = None) -> int:
        """How many crossed that way, of one quality if given."""
        return sum(
            event.direction == direction and quality in (None, event.quality) for event in self.crossings
        )

    def by_class(self) -> Mapping[int, tuple[int, int]]:
        """Class id -> how many went in and out."""
        tally = Counter((event.class_id, event.direction) for event in self.crossings)
        return {kind: (tally[kind, IN], tally[kind, OUT]) for kind in sorted({kind for kind, _ in tally})}


@dataclass(slots=True)
class _Walker:
    """What the counter remembers of a track.

    `sign` is the side of its last sighting off the line itself, `side` the one it belongs to, `lost_side`
    the one it belonged to before a long gap; `step` is its last step from one sign to the other.
    """

    last: Sighting
    sign: int = 0
    side: int = 0
    lost_side: int = 0
    label: int = 0
    streak: int = 0
    step: Passage | None = None


class LineCounter:
    """Counts crossings of one line; memory grows with tracks and crossings, not with time."""

    def __init__(self, line: Line) -> None:
        if line.start == line.end:
            raise ValueError(f"line {line.name!r} starts where it ends")
        self._line = line
        self._max_gap_ns = int(to_ns(line.max_gap_s))
        self._walkers: dict[int, _Walker] = {}
        self._crossings: list[Crossing] = []
        self._unresolved = 0

    def update(self, batch: Batch) -> None:
        """Take the next batch."""
        line, rows = self._line, batch.tracks
        if line.class_ids is not None:
            rows = rows[np.isin(rows.class_ids, sorted(line.class_ids))]
        points_px = rows.anchors_px(line.anchor)
        distances_px = offsets_px(points_px, line.start, line.end)
        signs = np.sign(distances_px).astype(np.int64)
        margins_px = np.maximum(line.margin_px, line.margin_heights * rows.heights_px)
        clear = np.abs(distances_px) >= margins_px
        for run in runs_of(rows, points_px, signs * (1 + clear), max_gap_ns=self._max_gap_ns):
            self._walk(run)

    def _walk(self, run: Run) -> None:
        walker = self._walkers.get(run.track_id)
        if walker is None:
            walker = self._walkers[run.track_id] = _Walker(run.first)
        elif run.first.t_ns - walker.last.t_ns > self._max_gap_ns:
            lost = walker.side or walker.lost_side
            walker = self._walkers[run.track_id] = _Walker(run.first, lost_side=lost)
        sign, clear = int(np.sign(run.label)), abs(run.label) > 1
        if sign and walker.sign and sign != walker.sign:
            walker.step = self._step(walker.last, run.first)
        walker.sign = sign or walker.sign
        walker.streak = run.sightings + (walker.streak if run.label == walker.label else 0)
        walker.label, walker.last = run.label, run.last
        if clear and walker.streak >= self._line.confirm and sign != walker.side:
            self._settle(run.track_id, walker, sign)

    def _step(self, before: Sighting, after: Sighting) -> Passage:
        ends = np.array([[before.x_px, before.y_px], [after.x_px, after.y_px]])
        here, there = np.abs(offsets_px(ends, self._line.start, self._line.end))
        return between(before, after, float(here / (here + there)))

    def _settle(self, track_id: int, walker: _Walker, side: int) -> None:
        came_from, walker.side = walker.side, side
        if came_from == 0:
            self._unresolved += walker.lost_side == -side
            walker.lost_side = 0
            return
        step = walker.step
        if step is None:  # cannot be: the sign has changed since the track settled on the other side
            return
        along = share_along((step.x_px, step.y_px), self._line.start, self._line.end)
        if 0 <= along <= 1:
            self._crossings.append(
                Crossing(
                    step.frame,
                    step.t_s,
                    track_id,
                    step.class_id,
                    side,
                    step.x_px,
                    step.y_px,
                    along,
                    step.quality,
                )
            )

    def result(self) -> LineCounts:
        """Give all crossings so far."""
        return LineCounts(tuple(sorted(self._crossings)), self._unresolved)
