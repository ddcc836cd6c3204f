"""Who stays in a zone, from when to when.

A stay is a chain of sightings inside the zone with never more than the grace time from one to the next: who
steps out for less, or is lost for less, has not left. Entering and leaving are events only where they were
observed: the track was seen on both sides of the border within the grace time. A stay of which an end was not
observed (the track began or ended inside, or the clip did) is kept with `complete` false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sightline.analytics.geometry import area_px2, border_share, inside
from sightline.analytics.rows import Anchor, Batch, Mask, to_ns
from sightline.analytics.runs import Passage, Run, Sighting, between, runs_of
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from sightline.core.arrays import Float64


@dataclass(frozen=True, slots=True)
class Zone:
    """A region of the picture.

    Attributes:
        name: What it is called in results.
        polygon: `(m, 2)` float64 corners in source-image pixels, m >= 3.
        anchor: Which point of the box has to be inside.
        grace_s: How long a stay outlives its last sighting inside.
        min_stay_s: Shorter stays are left out.
        class_ids: Watch these classes only; None for all.
    """

    name: str
    polygon: Float64
    anchor: Anchor = Anchor.BOTTOM_CENTER
    grace_s: float = 1.0
    min_stay_s: float = 0.0
    class_ids: frozenset[int] | None = None

    def inside(self, batch: Batch) -> Mask:
        """Tell which track rows of a batch are in the zone."""
        rows = batch.tracks
        found = inside(rows.anchors_px(self.anchor), self.polygon)
        return found if self.class_ids is None else found & np.isin(rows.class_ids, sorted(self.class_ids))


class Stay(NamedTuple):
    """One track's time in a zone.

    Attributes:
        start: Where and when it began: the border where `entered`, else the first sighting inside.
        track_id: Who.
        class_id: What.
        end: Likewise its end.
        entered: It was seen coming in.
        left: It was seen going out.
    """

    start: Passage
    track_id: int
    class_id: int
    end: Passage
    entered: bool
    left: bool

    @property
    def dwell_s(self) -> float:
        """How long it was there; at least so long where not `complete`."""
        return self.end.t_s - self.start.t_s

    @property
    def complete(self) -> bool:
        """Whether both ends were observed."""
        return self.entered and self.left


@dataclass(slots=True)
class _Open:
    start: Passage
    entered: bool
    last: Sighting
    exit: Passage | None = None


class ZoneStays:
    """Finds stays in one zone; memory grows with tracks and stays, not with time."""

    def __init__(self, zone: Zone) -> None:
        if len(zone.polygon) < 3 or area_px2(zone.polygon) == 0:
            raise ValueError(f"zone {zone.name!r} encloses nothing")
        self._zone = zone
        self._grace_ns = int(to_ns(zone.grace_s))
        self._before: dict[int, tuple[Sighting, bool]] = {}
        self._open: dict[int, _Open] = {}
        self._stays: list[Stay] = []

    def update(self, batch: Batch, within: Mask | None = None) -> None:
        """Take the next batch; `within` is `zone.inside(batch)` where it is known already."""
        rows = batch.tracks
        within = self._zone.inside(batch) if within is None else within
        if self._zone.class_ids is not None:
            wanted = np.isin(rows.class_ids, sorted(self._zone.class_ids))
            rows, within = rows[wanted], within[wanted]
        points_px = rows.anchors_px(self._zone.anchor)
        for run in runs_of(rows, points_px, within, max_gap_ns=self._grace_ns):
            before = self._before.get(run.track_id)
            if run.label:
                self._be_inside(run, before)
            else:
                self._be_outside(run, before)
            self._before[run.track_id] = run.last, bool(run.label)

    def _be_inside(self, run: Run, before: tuple[Sighting, bool] | None) -> None:
        stay = self._open.get(run.track_id)
        if stay is not None and run.first.t_ns - stay.last.t_ns <= self._grace_ns:
            stay.last, stay.exit = run.last, None
            return
        if stay is not None:
            self._close(run.track_id, stay)
        came_in = before is not None and not before[1] and self._near(before[0], run.first)
        start = _at(run.first)
        if before is not None and came_in:
            start = self._at_border(before[0], run.first)
        self._open[run.track_id] = _Open(start, came_in, run.last)

    def _be_outside(self, run: Run, before: tuple[Sighting, bool] | None) -> None:
        stay = self._open.get(run.track_id)
        if stay is None:
            return
        if before is not None and before[1] and self._near(before[0], run.first):
            stay.exit = self._at_border(before[0], run.first)
        if run.last.t_ns - stay.last.t_ns > self._grace_ns:
            self._close(run.track_id, stay)
            del self._open[run.track_id]

    def _near(self, before: Sighting, after: Sighting) -> bool:
        return after.t_ns - before.t_ns <= self._grace_ns

    def _at_border(self, before: Sighting, after: Sighting) -> Passage:
        """Where the way between a sighting outside and one inside, in whichever order, passes the border."""
        ends = (before.x_px, before.y_px), (after.x_px, after.y_px)
        if inside(np.array([ends[1]]), self._zone.polygon)[0]:
            return between(before, after, border_share(self._zone.polygon, *ends))
        return between(before, after, 1 - border_share(self._zone.polygon, ends[1], ends[0]))

    def _close(self, track_id: int, stay: _Open) -> None:
        self._stays.append(self._stay(track_id, stay))

    def _stay(self, track_id: int, stay: _Open) -> Stay:
        end, left = (stay.exit, True) if stay.exit is not None else (_at(stay.last), False)
        return Stay(stay.start, track_id, stay.start.class_id, end, stay.entered, left)

    def result(self) -> tuple[Stay, ...]:
        """Give all stays so far in order of their start, those still going on as not complete."""
        going_on = [self._stay(track_id, stay) for track_id, stay in self._open.items()]
        stays = sorted([*self._stays, *going_on])
        return tuple(stay for stay in stays if stay.dwell_s >= self._zone.min_stay_s)


def _at(sighting: Sighting) -> Passage:
    quality = Quality.SEEN if sighting.seen else Quality.INTERPOLATED
    return Passage(sighting.frame, sighting.t_s, sighting.x_px, sighting.y_px, sighting.class_id, quality)
