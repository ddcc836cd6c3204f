"""Who is in the tracks at all: one row per track, before anything is measured.

A first pass over the tables takes the census; the second measures only the tracks that are wanted, each with
the one class it was given most often.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.rows import NS_PER_S, Batch, TrackRows, to_ns

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int32, Int64


@dataclass(slots=True)
class _Person:
    first_frame: int
    first_s: float
    last_frame: int
    last_s: float
    end_ns: int
    seen_frames: int
    seen_ns: int
    classes: Counter[int]


@dataclass(frozen=True, slots=True)
class Roll:
    """One row per track, in rising order of id.

    Attributes:
        track_ids: `(n,)` int64.
        class_ids: `(n,)` int32, the class most of its rows have; the lowest of equals.
        first_frames: `(n,)` int64.
        first_s: `(n,)` float64.
        last_frames: `(n,)` int64.
        last_s: `(n,)` float64.
        seen_frames: `(n,)` int64, rows that were seen and not filled in by the tracker.
        seen_s: `(n,)` float64, time for which it was seen.
        life_s: `(n,)` float64, from its first sighting to the end of its last one's hold.
    """

    track_ids: Int64
    class_ids: Int32
    first_frames: Int64
    first_s: Float64
    last_frames: Int64
    last_s: Float64
    seen_frames: Int64
    seen_s: Float64
    life_s: Float64

    def __len__(self) -> int:
        return len(self.track_ids)

    @property
    def coverage(self) -> Float64:
        """`(n,)` share of its life for which each was seen, 0..1; 1 for a life of no length."""
        return np.divide(self.seen_s, self.life_s, out=np.ones(len(self)), where=self.life_s > 0).clip(0, 1)

    def __getitem__(self, rows: object) -> Roll:
        """Give the chosen tracks, in order."""
        return Roll(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def keeping(self, *, min_track_s: float = 0.0, class_ids: frozenset[int] | None = None) -> Roll:
        """Keep tracks that lived at least so long and, if classes are given, are of one of them."""
        keep = self.life_s >= min_track_s
        if class_ids is not None:
            keep &= np.isin(self.class_ids, sorted(class_ids))
        return self[keep]

    def select(self, batch: Batch, *, min_score: float = 0.0) -> Batch:
        """Give the batch with only rows of these tracks, each under its track's one class."""
        place = np.searchsorted(self.track_ids, batch.tracks.track_ids)
        place[place == len(self)] = 0
        keep = batch.tracks.scores >= min_score
        keep &= self.track_ids[place] == batch.tracks.track_ids if len(self) else False
        rows = batch.tracks[keep]
        return batch.keeping(replace(rows, class_ids=self.class_ids[place[keep]]))


class Census:
    """Counts tracks: when each lived, how long it was seen, which class it has."""

    def __init__(self, *, min_score: float = 0.0) -> None:
        self._min_score = min_score
        self._people: dict[int, _Person] = {}

    def update(self, batch: Batch) -> None:
        """Take the next batch."""
        rows = batch.tracks[batch.tracks.scores >= self._min_score]
        if len(rows) == 0:
            return
        order = np.argsort(rows.track_ids, kind="stable")
        ids = rows.track_ids[order]
        starts = np.append(0, np.flatnonzero(np.diff(ids)) + 1)
        stops = np.append(starts[1:], len(ids))
        seen_frames = np.add.reduceat(rows.seen[order].astype(np.int64), starts)
        seen_ns = np.add.reduceat(rows.holds_ns[order], starts)
        for start, stop, frames, held_ns in zip(starts, stops, seen_frames, seen_ns, strict=True):
            self._add(rows, order[start:stop], int(frames), int(held_ns))

    def _add(self, rows: TrackRows, mine: Int64, seen_frames: int, seen_ns: int) -> None:
        first, last, track_id = mine[0], mine[-1], int(rows.track_ids[mine[0]])
        person = self._people.get(track_id)
        if person is None:
            frame, t_s = int(rows.frames[first]), float(rows.times_s[first])
            person = self._people[track_id] = _Person(frame, t_s, frame, t_s, 0, 0, 0, Counter())
        person.last_frame, person.last_s = int(rows.frames[last]), float(rows.times_s[last])
        person.end_ns = int(to_ns(person.last_s)) + int(rows.holds_ns[last])
        person.seen_frames += seen_frames
        person.seen_ns += seen_ns
        classes, counts = np.unique(rows.class_ids[mine], return_counts=True)
        person.classes.update(dict(zip(classes.tolist(), counts.tolist(), strict=True)))

    def result(self) -> Roll:
        """Give one row per track."""
        ids = sorted(self._people)
        people = [self._people[track_id] for track_id in ids]
        classes = [min(who.classes, key=lambda kind: (-who.classes[kind], kind)) for who in people]
        return Roll(
            np.array(ids, np.int64),
            np.array(classes, np.int32),
            np.array([who.first_frame for who in people], np.int64),
            np.array([who.first_s for who in people], np.float64),
            np.array([who.last_frame for who in people], np.int64),
            np.array([who.last_s for who in people], np.float64),
            np.array([who.seen_frames for who in people], np.int64),
            np.array([who.seen_ns / NS_PER_S for who in people], np.float64),
            np.array([(who.end_ns - int(to_ns(who.first_s))) / NS_PER_S for who in people], np.float64),
        )
