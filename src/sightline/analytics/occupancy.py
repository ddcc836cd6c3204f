"""How many are there, second by second.

Only time that was looked at counts: a mean is over seen time, and `coverage` says how much of it there was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sightline.analytics.rows import NS_PER_S, Batch, Mask, to_ns

if TYPE_CHECKING:
    from sightline.core.arrays import Int64


class Second(NamedTuple):
    """One second of a clip, from one whole second of source time to the next.

    Attributes:
        second: Which; it begins at this many seconds of source time.
        frame: The first frame in it.
        t_s: That frame's time.
        mean: Objects there on average while it was looked at; NaN where it was not.
        maximum: Most at once in a frame; 0 where it was not looked at.
        coverage: Share of the second (or of the clip's part of it) that was seen, 0..1.
    """

    second: int
    frame: int
    t_s: float
    mean: float
    maximum: int
    coverage: float


@dataclass(slots=True)
class _Tally:
    frame: int | None = None
    t_s: float = 0.0
    person_ns: int = 0
    seen_ns: int = 0
    whole_ns: int = 0
    maximum: int = 0


@dataclass(frozen=True, slots=True)
class Presence:
    """Occupancy of a whole clip.

    Attributes:
        mean: Objects there on average over seen time; NaN where nothing was seen.
        maximum: Most at once.
        maximum_s: When that was first, source time; NaN where nothing was seen.
        seen_s: Time looked at.
        whole_s: The clip's length.
    """

    mean: float
    maximum: int
    maximum_s: float
    seen_s: float
    whole_s: float

    @property
    def coverage(self) -> float:
        """Share of the clip that was seen, 0..1."""
        return self.seen_s / self.whole_s if self.whole_s else 0.0


class Occupancy:
    """Counts who is inside some region. Holds one second at a time; finished ones are drained."""

    def __init__(self, *, buckets: int = 240) -> None:
        self.series = Series(buckets)
        self._open: dict[int, _Tally] = {}
        self._done: list[Second] = []
        self._now_ns: int | None = None
        self._person_ns = self._seen_ns = self._whole_ns = 0
        self._maximum, self._maximum_s = 0, float("nan")

    def update(self, batch: Batch, within: Mask) -> None:
        """Take the next batch; `within` tells which track rows count."""
        frames = batch.frames
        if len(frames) == 0:
            return
        times_ns = to_ns(frames.times_s)
        place = np.searchsorted(frames.frames, batch.tracks.frames[within])
        counts = np.bincount(place, minlength=len(frames) + 1)[: len(frames)]
        self._note_time(batch, times_ns)
        looked = frames.looked
        self._add_looks(times_ns[looked], batch.frame_holds_ns[looked], counts[looked])
        if looked.any():
            most = int(np.argmax(np.where(looked, counts, -1)))
            if counts[most] > self._maximum or np.isnan(self._maximum_s):
                self._maximum, self._maximum_s = int(counts[most]), float(frames.times_s[most])
        self._now_ns = batch.until_ns
        self._finish(batch.until_ns // NS_PER_S)

    def _note_time(self, batch: Batch, times_ns: Int64) -> None:
        """Open the seconds in which frames lie, and add the clip's own time to each."""
        seconds, firsts = np.unique(times_ns // NS_PER_S, return_index=True)
        for second, first in zip(seconds.tolist(), firsts.tolist(), strict=True):
            tally = self._open.setdefault(second, _Tally())
            if tally.frame is None:
                tally.frame = int(batch.frames.frames[first])
                tally.t_s = float(batch.frames.times_s[first])
        start_ns = int(times_ns[0]) if self._now_ns is None else self._now_ns
        self._whole_ns += batch.until_ns - start_ns
        for second, part_ns in _by_second(start_ns, batch.until_ns):
            self._open.setdefault(second, _Tally()).whole_ns += part_ns

    def _add_looks(self, starts_ns: Int64, holds_ns: Int64, counts: Int64) -> None:
        self._person_ns += int(np.dot(holds_ns, counts))
        self._seen_ns += int(holds_ns.sum())
        while len(starts_ns):
            seconds = starts_ns // NS_PER_S
            parts_ns = np.minimum(holds_ns, (seconds + 1) * NS_PER_S - starts_ns)
            first = np.append(0, np.flatnonzero(np.diff(seconds)) + 1)
            seen_ns = np.add.reduceat(parts_ns, first)
            person_ns = np.add.reduceat(parts_ns * counts, first)
            most = np.maximum.reduceat(counts, first)
            for row, second in enumerate(seconds[first].tolist()):
                self._add(second, int(seen_ns[row]), int(person_ns[row]), int(most[row]))
            more = holds_ns > parts_ns
            starts_ns, holds_ns = (starts_ns + parts_ns)[more], (holds_ns - parts_ns)[more]
            counts = counts[more]

    def _add(self, second: int, seen_ns: int, person_ns: int, most: int) -> None:
        tally = self._open.setdefault(second, _Tally())
        tally.seen_ns += seen_ns
        tally.person_ns += person_ns
        tally.maximum = max(tally.maximum, most)

    def _finish(self, before: int | None) -> None:
        for second in sorted(self._open):
            if before is not None and second >= before:
                break
            tally = self._open.pop(second)
            self.series.add(second, tally.person_ns, tally.seen_ns, tally.whole_ns, tally.maximum)
            if tally.frame is None:  # the source holds no frame there, so the table has no row for it
                continue
            mean = tally.person_ns / tally.seen_ns if tally.seen_ns else float("nan")
            coverage = tally.seen_ns / tally.whole_ns if tally.whole_ns else 0.0
            self._done.append(Second(second, tally.frame, tally.t_s, mean, tally.maximum, min(coverage, 1.0)))

    def drain(self) -> list[Second]:
        """Give the seconds finished since the last call, in order."""
        done, self._done = self._done, []
        return done

    def result(self) -> Presence:
        """Finish the last second and give the totals; drain once more afterwards."""
        self._finish(None)
        return Presence(
            self._person_ns / self._seen_ns if self._seen_ns else float("nan"),
            self._maximum,
            self._maximum_s,
            self._seen_ns / NS_PER_S,
            self._whole_ns / NS_PER_S,
        )


def _by_second(start_ns: int, end_ns: int) -> Iterator[tuple[int, int]]:
    while start_ns < end_ns:
        second = start_ns // NS_PER_S
        stop_ns = min(end_ns, (second + 1) * NS_PER_S)
        yield second, stop_ns - start_ns
        start_ns = stop_ns


class Bucket(NamedTuple):
    """Some seconds of a clip in one: from `start_s`, for the series' `width_s`."""

    start_s: int
    mean: float
    maximum: int
    coverage: float


class Series:
    """Seconds gathered into at most so many buckets, however long the clip: they widen as it grows."""

    def __init__(self, buckets: int = 240) -> None:
        self._most = buckets
        self.width_s = 1
        self._origin: int | None = None
        self._tallies: dict[int, list[int]] = {}

    def add(self, second: int, person_ns: int, seen_ns: int, whole_ns: int, maximum: int) -> None:
        """Add a second; they come in order."""
        if self._origin is None:
            self._origin = second
        while (second - self._origin) // self.width_s >= self._most:
            self._widen()
        place = (second - self._origin) // self.width_s
        self._put(self._tallies, place, [person_ns, seen_ns, whole_ns, maximum])

    def _widen(self) -> None:
        self.width_s *= 2
        wider: dict[int, list[int]] = {}
        for place, tally in self._tallies.items():
            self._put(wider, place // 2, tally)
        self._tallies = wider

    @staticmethod
    def _put(tallies: dict[int, list[int]], place: int, tally: list[int]) -> None:
        have = tallies.get(place, [0, 0, 0, 0])
        tallies[place] = [*(a + b for a, b in zip(have[:3], tally[:3], strict=True)), max(have[3], tally[3])]

    def result(self) -> tuple[Bucket, ...]:
        """Give the buckets in order; a bucket nobody looked into has a NaN mean."""
        origin = self._origin or 0
        return tuple(
            Bucket(
                origin + place * self.width_s,
                person_ns / seen_ns if seen_ns else float("nan"),
                maximum,
                min(seen_ns / whole_ns, 1.0) if whole_ns else 0.0,
            )
            for place, (person_ns, seen_ns, whole_ns, maximum) in sorted(self._tallies.items())
        )
