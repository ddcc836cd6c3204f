"""How fast and how far tracks move, robust to jitter and honest about gaps.

The smoother: a track's sightings are averaged over slots of `slot_s` (half a second) on the clip's own clock,
positions and times alike; a step joins the means of two slots one after another. Steady straight motion comes
out exactly, at any frame rate, stride or variable frame rate. What it gets wrong, by how much:

- Jitter of `s` pixels a sighting leaves about `s * sqrt(pi / n)` pixels a step on who stands still, `n` being
  sightings a slot (12 at 25 fps: half of `s` every half second, where raw steps would add 1.8 `s` a frame).
- A turn shorter than a slot is cut: distance on a circle walked once in `T` seconds is short by the factor
  `sin(a)**2 / a**2` with `a = pi * slot_s / T` (2.6 % at 5.6 s).
- A step ends where the track was unseen for longer than `max_gap_s`, or leapt farther than anything of its
  size moves; nothing is added up across that.

A track's distance is its mean speed over all steps times the time it was followed without such a break, so that
the half slots at either end count as moving like the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.rows import NS_PER_S, Anchor, Batch, Mask, TrackRows, to_ns

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int64
    from sightline.core.space import Homography

_PARTS_A_UNIT = 1 << 16  # positions are whole numbers of these inside, so that sums are exact
_STEPS_HELD = 3
_ANYWHERE_M = (-1e5, -1e5, 1e5, 1e5)


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """How motion is measured.

    Attributes:
        anchor: Which point of the box moves.
        slot_s: Time over which positions are averaged.
        max_gap_s: Longest time unseen that a step may span.
        leap_heights: A jump farther than so many box heights at once is another object's ...
        leap_heights_s: ... plus so many for each second between the two sightings.
    """

    anchor: Anchor = Anchor.BOTTOM_CENTER
    slot_s: float = 0.5
    max_gap_s: float = 1.0
    leap_heights: float = 0.5
    leap_heights_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Steps:
    """Moves from one slot's mean to the next, each track's in order of time.

    Attributes:
        track_ids: `(n,)` int64.
        frames: `(n,)` int64, the first frame of the slot where the step begins.
        times_s: `(n,)` float64, that frame's time.
        start_ns: `(n,)` int64, mean time of the step's beginning.
        end_ns: `(n,)` int64, of its end; the next step of an unbroken track starts there.
        start_px: `(n, 2)` float64.
        end_px: `(n, 2)` float64.
        moved_m: `(n, 2)` float64, the move on the ground in metres; NaN where that is not known.
    """

    track_ids: Int64
    frames: Int64
    times_s: Float64
    start_ns: Int64
    end_ns: Int64
    start_px: Float64
    end_px: Float64
    moved_m: Float64

    def __len__(self) -> int:
        return len(self.track_ids)

    def __getitem__(self, rows: Any) -> Steps:
        """Give the chosen steps: a mask, a slice or an index array."""
        return Steps(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @property
    def lengths_s(self) -> Float64:
        """`(n,)` how long each took."""
        return np.asarray((self.end_ns - self.start_ns) / NS_PER_S)

    @property
    def speeds_px_s(self) -> Float64:
        """`(n,)` pixels a second."""
        return np.asarray(np.hypot(*(self.end_px - self.start_px).T) / self.lengths_s)

    @property
    def speeds_mps(self) -> Float64:
        """`(n,)` metres a second; NaN where not known."""
        return np.asarray(np.hypot(*self.moved_m.T) / self.lengths_s)


@dataclass(frozen=True, slots=True)
class Travel:
    """What each track moved, one row per track in rising order of id; NaN where no step tells.

    Attributes:
        track_ids: `(n,)` int64.
        followed_s: `(n,)` time followed without a break.
        breaks: `(n,)` int64, how often it was unseen for too long, or leapt.
        distance_px: `(n,)` over the followed time.
        mean_speed_px_s: `(n,)`.
        top_speed_px_s: `(n,)` held over three steps in a row, so that one leap from a thing to another, which
            is in two of them at most, counts for nothing; NaN for who was not followed so long.
        distance_m: `(n,)`.
        mean_speed_mps: `(n,)`.
        top_speed_mps: `(n,)`.
    """

    track_ids: Int64
    followed_s: Float64
    breaks: Int64
    distance_px: Float64
    mean_speed_px_s: Float64
    top_speed_px_s: Float64
    distance_m: Float64
    mean_speed_mps: Float64
    top_speed_mps: Float64


@dataclass(frozen=True, slots=True)
class _Slots:
    """Sums over a track's sightings in one slot, in order of track and time.

    `sums` has columns x, y (px), x, y (m) in whole parts, and how many sightings have a place in metres;
    `linked` tells whether the slot goes on from the row before it.
    """

    track_ids: Int64
    slots: Int64
    linked: Mask
    counts: Int64
    time_ns: Int64
    sums: Int64
    frames: Int64
    first_ns: Int64
    last_ns: Int64

    def __getitem__(self, rows: Any) -> _Slots:
        return _Slots(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def after(self, before: _Slots) -> _Slots:
        names = self.__dataclass_fields__
        both = _Slots(*(np.concatenate([getattr(before, name), getattr(self, name)]) for name in names))
        return both[np.argsort(both.track_ids, kind="stable")]

    @classmethod
    def empty(cls) -> _Slots:
        none = np.zeros(0, np.int64)
        return cls(
            none, none, np.zeros(0, np.bool_), none, none, np.zeros((0, 5), np.int64), none, none, none
        )


class Motion:
    """Turns tracks into steps and adds up what each track moved; memory grows with tracks, not with time."""

    def __init__(
        self,
        settings: MotionSettings | None = None,
        *,
        homography: Homography | None = None,
        extent_m: tuple[float, float, float, float] = _ANYWHERE_M,
    ) -> None:
        """Begin with nothing.

        Args:
            settings: How motion is measured.
            homography: Image to ground; without one nothing is known in metres.
            extent_m: `x1 y1 x2 y2` of the ground on which it can be trusted. Beyond it, towards the horizon,
                a pixel of jitter is metres on the ground, so speeds there are left unknown in metres.
        """
        self._settings = settings or MotionSettings()
        self._homography, self._extent_m = homography, extent_m
        self._slot_ns = int(to_ns(self._settings.slot_s))
        self._gap_ns = int(to_ns(self._settings.max_gap_s))
        self._last = TrackRows.empty()
        self._open = _Slots.empty()
        self._totals: dict[int, _Total] = {}

    def update(self, batch: Batch) -> Steps:
        """Take the next batch; gives the steps that are now certain."""
        rows = TrackRows.joined([self._last, batch.tracks])
        order = np.argsort(rows.track_ids, kind="stable")
        is_new = (np.arange(len(rows)) >= len(self._last))[order]
        rows = rows[order]
        slots = self._gather(rows, is_new)
        ends = _last_of_each(rows.track_ids)
        alive = batch.until_ns - to_ns(rows.times_s[ends]) <= self._gap_ns
        self._last = rows[ends[alive]]
        return self._advance(slots, rows.track_ids[ends[alive]])

    def _gather(self, rows: TrackRows, is_new: Mask) -> _Slots:
        """Sum up new sightings by slot; the others are there only to be gone on from."""
        if not is_new.any():
            return _Slots.empty()
        points_px = rows.anchors_px(self._settings.anchor)
        times_ns = to_ns(rows.times_s)
        linked = self._linked(rows, points_px, times_ns)
        self._note_followed(rows.track_ids, times_ns, linked, is_new)
        points_px, times_ns, linked, rows = points_px[is_new], times_ns[is_new], linked[is_new], rows[is_new]
        slots = times_ns // self._slot_ns
        begins = ~linked
        begins[0] = True
        begins[1:] |= (np.diff(slots) != 0) | (np.diff(rows.track_ids) != 0)
        starts = np.flatnonzero(begins)
        ends = np.append(starts[1:], len(rows)) - 1
        return _Slots(
            rows.track_ids[starts],
            slots[starts],
            linked[starts],
            ends - starts + 1,
            np.add.reduceat(times_ns - slots * self._slot_ns, starts),
            np.add.reduceat(self._in_parts(points_px), starts, axis=0),
            rows.frames[starts],
            times_ns[starts],
            times_ns[ends],
        )

    def _linked(self, rows: TrackRows, points_px: Float64, times_ns: Int64) -> Mask:
        """Which sightings go on from the one before."""
        linked = np.zeros(len(rows), np.bool_)
        same = np.diff(rows.track_ids) == 0
        gaps_ns = np.diff(times_ns)
        moved_px = np.hypot(*np.diff(points_px, axis=0).T)
        reach = self._settings.leap_heights + self._settings.leap_heights_s * gaps_ns / NS_PER_S
        heights_px = np.maximum(rows.heights_px[1:], rows.heights_px[:-1])
        linked[1:] = same & (gaps_ns <= self._gap_ns) & (moved_px <= reach * heights_px)
        return linked

    def _note_followed(self, track_ids: Int64, times_ns: Int64, linked: Mask, is_new: Mask) -> None:
        gaps_ns = np.diff(times_ns, prepend=times_ns[:1])
        followed_ns = np.where(linked & is_new, gaps_ns, 0)
        broken = ~linked & is_new
        starts = np.append(0, np.flatnonzero(np.diff(track_ids)) + 1)
        sums = np.add.reduceat(np.stack([followed_ns, broken.astype(np.int64)], axis=1), starts, axis=0)
        for track_id, (time_ns, breaks) in zip(track_ids[starts].tolist(), sums.tolist(), strict=True):
            total = self._totals.setdefault(track_id, _Total())
            total.followed_ns += time_ns
            total.breaks += breaks

    def _in_parts(self, points_px: Float64) -> Int64:
        """Positions as whole parts, `(n, 5)` as in `_Slots.sums`."""
        points_m = np.full_like(points_px, np.nan)
        if self._homography is not None:
            points_m = self._homography.project(points_px)
        low, high = np.array(self._extent_m[:2]), np.array(self._extent_m[2:])
        known = np.asarray(((points_m >= low) & (points_m <= high)).all(axis=1))
        points_m[~known] = 0
        points = np.concatenate([points_px, points_m], axis=1)
        parts = np.rint(points * _PARTS_A_UNIT).astype(np.int64)
        return np.concatenate([parts, known[:, None].astype(np.int64)], axis=1)

    def _advance(self, slots: _Slots, alive: Int64) -> Steps:
        """Merge new slots with those left open; what cannot change any more becomes steps."""
        slots = _merged(slots.after(self._open))
        ids = slots.track_ids
        is_last = np.ones(len(ids), np.bool_)
        is_last[:-1] = np.diff(ids) != 0
        may_grow = is_last & np.isin(ids, alive)
        following = np.append(may_grow[1:], False)
        self._open = slots[may_grow | (following & ~is_last)]
        goes_on = np.zeros(len(ids), np.bool_)
        goes_on[1:] = (np.diff(ids) == 0) & slots.linked[1:]
        ends = np.flatnonzero(goes_on & ~may_grow)
        return self._steps(slots, ends)

    def _steps(self, slots: _Slots, ends: Int64) -> Steps:
        mean_ns = slots.slots * self._slot_ns + slots.time_ns // slots.counts
        means = slots.sums[:, :4] / slots.counts[:, None] / _PARTS_A_UNIT
        means[slots.sums[:, 4] < slots.counts, 2:] = np.nan
        begins = ends - 1
        steps = Steps(
            slots.track_ids[ends],
            slots.frames[begins],
            slots.first_ns[begins] / NS_PER_S,
            mean_ns[begins],
            mean_ns[ends],
            means[begins, :2],
            means[ends, :2],
            means[ends, 2:] - means[begins, 2:],
        )
        self._add(steps)
        return steps

    def _add(self, steps: Steps) -> None:
        """Add steps to each track's totals, lengths in whole parts."""
        moved_px = np.hypot(*(steps.end_px - steps.start_px).T)
        moved_m = np.hypot(*steps.moved_m.T)
        rows = zip(
            steps.track_ids.tolist(),
            steps.start_ns.tolist(),
            steps.end_ns.tolist(),
            np.rint(moved_px * _PARTS_A_UNIT).astype(np.int64).tolist(),
            np.rint(np.nan_to_num(moved_m) * _PARTS_A_UNIT).astype(np.int64).tolist(),
            np.isfinite(moved_m).tolist(),
            strict=True,
        )
        for track_id, start_ns, end_ns, parts_px, parts_m, on_ground in rows:
            total = self._totals[track_id]
            total.px.add(start_ns, end_ns, parts_px, self._slot_ns)
            if on_ground:
                total.metres.add(start_ns, end_ns, parts_m, self._slot_ns)

    def finish(self) -> Steps:
        """Give the steps that waited for more sightings; call once, at the end."""
        self._last = TrackRows.empty()
        return self._advance(_Slots.empty(), np.zeros(0, np.int64))

    def result(self) -> Travel:
        """Give what each track moved."""
        ids = sorted(self._totals)
        totals = [self._totals[track_id] for track_id in ids]
        followed_s = np.array([total.followed_ns for total in totals], np.float64) / NS_PER_S
        mean_px_s = np.array([total.px.mean for total in totals], np.float64)
        mean_mps = np.array([total.metres.mean for total in totals], np.float64)
        return Travel(
            np.array(ids, np.int64),
            followed_s,
            np.array([total.breaks for total in totals], np.int64),
            mean_px_s * followed_s,
            mean_px_s,
            np.array([total.px.top for total in totals], np.float64),
            mean_mps * followed_s,
            mean_mps,
            np.array([total.metres.top for total in totals], np.float64),
        )


@dataclass(slots=True)
class _Way:
    """Whole parts moved in some time, and the speed held longest; speeds are in units a second, or NaN."""

    parts: int = 0
    time_ns: int = 0
    top: float = float("nan")
    latest: tuple[float, ...] = ()
    end_ns: int = -1

    def add(self, start_ns: int, end_ns: int, parts: int, slot_ns: int) -> None:
        step_ns = end_ns - start_ns
        self.parts += parts
        self.time_ns += step_ns
        if 2 * step_ns < slot_ns:  # the speed of a shorter step is mostly jitter
            return
        before = self.latest if start_ns == self.end_ns else ()
        self.latest = (*before, parts / _PARTS_A_UNIT / (step_ns / NS_PER_S))[-_STEPS_HELD:]
        self.end_ns = end_ns
        if len(self.latest) == _STEPS_HELD:
            held = min(self.latest)
            self.top = held if math.isnan(self.top) else max(self.top, held)

    @property
    def mean(self) -> float:
        return self.parts / _PARTS_A_UNIT / (self.time_ns / NS_PER_S) if self.time_ns else float("nan")


@dataclass(slots=True)
class _Total:
    followed_ns: int = 0
    breaks: int = -1  # a track's first sighting goes on from none either
    px: _Way = field(default_factory=_Way)
    metres: _Way = field(default_factory=_Way)


def _last_of_each(track_ids: Int64) -> Int64:
    """Rows at which a sorted run of ids ends."""
    if len(track_ids) == 0:
        return np.zeros(0, np.int64)
    return np.append(np.flatnonzero(np.diff(track_ids)), len(track_ids) - 1)


def _merged(slots: _Slots) -> _Slots:
    """Put rows of one slot together where the later goes on from the earlier."""
    if len(slots.track_ids) == 0:
        return slots
    begins = np.ones(len(slots.track_ids), np.bool_)
    goes_on = (np.diff(slots.track_ids) == 0) & (np.diff(slots.slots) == 0) & slots.linked[1:]
    begins[1:] = ~goes_on
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(begins)) - 1
    return _Slots(
        slots.track_ids[starts],
        slots.slots[starts],
        slots.linked[starts],
        np.add.reduceat(slots.counts, starts),
        np.add.reduceat(slots.time_ns, starts),
        np.add.reduceat(slots.sums, starts, axis=0),
        slots.frames[starts],
        slots.first_ns[starts],
        slots.last_ns[ends],
    )
