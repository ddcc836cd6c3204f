"""Cuts a tracker's tracks where they may have changed hands: where two people met in the picture, and at gaps.

What is left between two cuts, a tracklet, is one person for all that can be told from boxes. Where each tracklet began
and ended on the pitch, and how fast it went there, is read off lines fitted to its first and last moments.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.arrays import Float64, Int64, same_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sightings:
    """People as a tracker saw them, rows in order of frame.

    Attributes:
        times_s: `(f,)` float64, of all frames looked at.
        rows: `(n,)` int64, which of these frames.
        track_ids: `(n,)` int64, the tracker's.
        boxes_px: `(n, 4)` float64.
        points_m: `(n, 2)` float64 in `Space.PITCH_M`; NaN where not known.
    """

    times_s: Float64
    rows: Int64
    track_ids: Int64
    boxes_px: Float64
    points_m: Float64

    def __post_init__(self) -> None:
        same_rows(rows=self.rows, track_ids=self.track_ids, boxes_px=self.boxes_px, points_m=self.points_m)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class CutRules:
    """Where tracks are cut.

    Attributes:
        contact: Overlap (intersection over union) with somebody else's box from which on two people have met.
        apart_s: Two meetings closer than this are one.
        gap_s: A longer time unseen within a track is a cut too.
        fit_s: How much of a tracklet's end its line is fitted to.
    """

    contact: float = 0.3
    apart_s: float = 0.2
    gap_s: float = 0.3
    fit_s: float = 0.6


@dataclass(frozen=True, slots=True)
class Tracklets:
    """Pieces of tracks, in order of their first frame.

    Attributes:
        part_of: `(n,)` int64, each sighting's piece.
        track_ids: `(k,)` int64, the tracker's.
        firsts: `(k,)` int64, first frame.
        lasts: `(k,)` int64, last frame.
        sizes: `(k,)` int64, sightings.
        starts_m: `(k, 2)` where it began; NaN where not known.
        ends_m: `(k, 2)` where it ended.
        starts_mps: `(k, 2)` how fast it went then; NaN where that is not known.
        ends_mps: `(k, 2)` the same at its end.
    """

    part_of: Int64
    track_ids: Int64
    firsts: Int64
    lasts: Int64
    sizes: Int64
    starts_m: Float64
    ends_m: Float64
    starts_mps: Float64
    ends_mps: Float64

    def __len__(self) -> int:
        return len(self.firsts)


def cut_tracks(sightings: Sightings, rules: CutRules | None = None) -> Tracklets:
    """Cut tracks into tracklets.

    Args:
        sightings: What the tracker saw.
        rules: Where it is cut.
    """
    rules = rules or CutRules()
    order = np.lexsort((sightings.rows, sightings.track_ids))
    ids, rows = sightings.track_ids[order], sightings.rows[order]
    times_s = sightings.times_s[rows]
    begins = np.ones(len(order), np.bool_)
    if len(order):
        begins[1:] = (np.diff(ids) != 0) | (np.diff(times_s) > rules.gap_s)
        begins |= _handovers(meetings(sightings)[order], begins, times_s, rules)
    numbers = np.cumsum(begins) - 1
    first_at = np.flatnonzero(begins)
    # number them by first frame, then by track
    rank = np.empty(len(first_at), np.int64)
    rank[np.lexsort((ids[first_at], rows[first_at]))] = np.arange(len(first_at))
    part_of = np.empty(len(order), np.int64)
    part_of[order] = rank[numbers]
    return described(sightings, part_of, rules)


def meetings(sightings: Sightings) -> Float64:
    """Give `(n,)` how much each box overlaps with the nearest other one of its frame, 0..1."""
    found = np.zeros(len(sightings))
    edges = np.searchsorted(sightings.rows, np.arange(len(sightings.times_s) + 1)).tolist()
    for begin, end in itertools.pairwise(edges):
        if end - begin < 2:
            continue
        boxes = sightings.boxes_px[begin:end]
        low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=2)
        areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        overlaps = shared / np.maximum(areas[:, None] + areas[None] - shared, 1e-9)
        np.fill_diagonal(overlaps, 0.0)
        found[begin:end] = overlaps.max(axis=1)
    return found


def _handovers(
    overlaps: Float64, begins: NDArray[np.bool_], times_s: Float64, rules: CutRules
) -> NDArray[np.bool_]:
    """Give the sightings, sorted by track, before which a track is cut: the middle of each meeting."""
    cuts = np.zeros(len(overlaps), np.bool_)
    track_of = np.cumsum(begins)
    close = np.flatnonzero(overlaps >= rules.contact)
    if not len(close):
        return cuts
    apart = (np.diff(track_of[close]) != 0) | (np.diff(times_s[close]) > rules.apart_s)
    for meeting in np.split(close, np.flatnonzero(apart) + 1):
        middle = int(meeting[overlaps[meeting].argmax()])
        inside = middle > 0 and track_of[middle - 1] == track_of[middle]
        # a track that begins or ends in a meeting has nothing before or after it that could be somebody else
        lives_on = meeting[-1] + 1 < len(overlaps) and track_of[meeting[-1] + 1] == track_of[middle]
        lived = meeting[0] > 0 and track_of[meeting[0] - 1] == track_of[middle]
        if inside and lives_on and lived:
            cuts[middle] = True
    return cuts


def described(sightings: Sightings, part_of: Int64, rules: CutRules | None = None) -> Tracklets:
    """Give begin and end of pieces that are numbered from 0 without holes.

    Args:
        sightings: What the tracker saw.
        part_of: `(n,)` each sighting's piece.
        rules: How much of an end its line is fitted to.
    """
    rules = rules or CutRules()
    order = np.lexsort((sightings.rows, part_of))
    _, starts, sizes = np.unique(part_of[order], return_index=True, return_counts=True)
    count = len(starts)
    ends = {name: np.full((count, 2), np.nan) for name in ("starts_m", "ends_m", "starts_mps", "ends_mps")}
    for part in range(count):
        mine = order[starts[part] : starts[part] + sizes[part]]
        mine = mine[np.isfinite(sightings.points_m[mine]).all(axis=1)]
        if not len(mine):
            continue
        times_s, points = sightings.times_s[sightings.rows[mine]], sightings.points_m[mine]
        head = times_s <= times_s[0] + rules.fit_s
        tail = times_s >= times_s[-1] - rules.fit_s
        ends["starts_m"][part], ends["starts_mps"][part] = _line(times_s[head], points[head], times_s[0])
        ends["ends_m"][part], ends["ends_mps"][part] = _line(times_s[tail], points[tail], times_s[-1])
    rows = sightings.rows[order]
    return Tracklets(
        part_of,
        sightings.track_ids[order[starts]],
        rows[starts],
        rows[starts + sizes - 1],
        sizes.astype(np.int64),
        **ends,
    )


_LEAST_FITTED = 5


def _line(times_s: Float64, points_m: Float64, at_s: float) -> tuple[Float64, Float64]:
    """Give place and speed at a time from a line through some points; of few points their mean, and no speed."""
    middle_s = times_s.mean()
    away = times_s - middle_s
    if len(times_s) < _LEAST_FITTED or away[-1] <= 0:
        return points_m.mean(axis=0), np.full(2, np.nan)
    speed = (away[:, None] * points_m).sum(axis=0) / (away**2).sum()
    return points_m.mean(axis=0) + speed * (at_s - middle_s), speed
