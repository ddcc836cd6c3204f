"""Stretches over which nothing changes, of flags and of tracks, so that only changes cost time in Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sightline.analytics.rows import TrackRows, to_ns
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sightline.core.arrays import Float64, Int64


class Sighting(NamedTuple):
    """Where a track was in one frame. `covered_ns` is until when that look holds."""

    frame: int
    t_ns: int
    t_s: float
    x_px: float
    y_px: float
    class_id: int
    seen: bool
    covered_ns: int


class Passage(NamedTuple):
    """A point on the straight way between two sightings of a track.

    `frame` is the first one at or after `t_s`; `quality` is `seen` where both ends were seen with nothing
    unseen between.
    """

    frame: int
    t_s: float
    x_px: float
    y_px: float
    class_id: int
    quality: Quality


class Run(NamedTuple):
    """Sightings of one track in a row, all with the same label."""

    track_id: int
    label: int
    sightings: int
    first: Sighting
    last: Sighting


def stretches(flags: ArrayLike) -> Int64:
    """Give `(k, 2)` int64: first row and row after the last of each stretch of rows that are flagged, in order.

    Example:
        >>> stretches(np.array([True, True, False, True])).tolist()
        [[0, 2], [3, 4]]
    """
    edges = np.diff(np.concatenate(([False], np.asarray(flags, np.bool_), [False])).astype(np.int8))
    spans: Int64 = np.flatnonzero(edges).reshape(-1, 2)
    return spans


def runs_of(rows: TrackRows, points_px: Float64, labels: NDArray[Any], *, max_gap_ns: int) -> Iterator[Run]:
    """Give each track's runs in order of time, tracks in order of their id.

    Args:
        rows: In order of frame.
        points_px: `(n, 2)` float64, where each row stands.
        labels: `(n,)` integers; a run ends where they change.
        max_gap_ns: A run ends where the track was not seen for longer.
    """
    if len(rows) == 0:
        return
    order = np.argsort(rows.track_ids, kind="stable")
    ids, sorted_labels, times_ns = rows.track_ids[order], labels[order], to_ns(rows.times_s)[order]
    ends = (np.diff(ids) != 0) | (np.diff(sorted_labels) != 0) | (np.diff(times_ns) > max_gap_ns)
    starts = np.append(0, np.flatnonzero(ends) + 1)
    stops = np.append(starts[1:], len(ids))
    firsts = _sightings(rows, points_px, order[starts])
    lasts = _sightings(rows, points_px, order[stops - 1])
    counts = (stops - starts).tolist()
    yield from map(Run, ids[starts].tolist(), sorted_labels[starts].tolist(), counts, firsts, lasts)


def _sightings(rows: TrackRows, points_px: Float64, chosen: Int64) -> Iterator[Sighting]:
    times_ns = to_ns(rows.times_s[chosen])
    return map(
        Sighting,
        rows.frames[chosen].tolist(),
        times_ns.tolist(),
        rows.times_s[chosen].tolist(),
        points_px[chosen, 0].tolist(),
        points_px[chosen, 1].tolist(),
        rows.class_ids[chosen].tolist(),
        rows.seen[chosen].tolist(),
        (times_ns + rows.holds_ns[chosen]).tolist(),
    )


def between(before: Sighting, after: Sighting, share: float) -> Passage:
    """Give the point a share (0..1) of the way from one sighting to the next, moving evenly."""
    unbroken = before.seen and after.seen and after.t_ns <= before.covered_ns
    frames = share * (after.frame - before.frame)
    return Passage(
        before.frame + int(np.ceil(frames - 1e-9)),
        before.t_s + share * (after.t_s - before.t_s),
        before.x_px + share * (after.x_px - before.x_px),
        before.y_px + share * (after.y_px - before.y_px),
        after.class_id,
        Quality.SEEN if unbroken else Quality.INTERPOLATED,
    )
