"""Stored frames and tracks as arrays, in batches that never cut a frame in two.

What is measured here is time, and time is added up in whole nanoseconds: integer sums do not depend on their
order, so no result depends on how the rows were split into batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.arrays import Float32, Float64, Int32, Int64, same_rows
from sightline.core.errors import AnalysisError

Mask = NDArray[np.bool_]

NS_PER_S = 1_000_000_000
MAX_HOLD_S = 0.5
FRAMES_A_BATCH = 512


def to_ns(seconds: Float64 | float) -> Int64:
    """Give seconds, one or `(n,)`, as whole nanoseconds."""
    return np.rint(np.asarray(seconds, np.float64) * NS_PER_S).astype(np.int64)


class Anchor(StrEnum):
    """Which point of its box stands for an object."""

    BOTTOM_CENTER = "bottom_center"
    CENTER = "center"
    TOP_CENTER = "top_center"
    LEFT_CENTER = "left_center"
    RIGHT_CENTER = "right_center"


_PLACES = {
    Anchor.BOTTOM_CENTER: (0.5, 1.0),
    Anchor.CENTER: (0.5, 0.5),
    Anchor.TOP_CENTER: (0.5, 0.0),
    Anchor.LEFT_CENTER: (0.0, 0.5),
    Anchor.RIGHT_CENTER: (1.0, 0.5),
}


@dataclass(frozen=True, slots=True)
class FrameRows:
    """Rows of the `frames` table.

    Attributes:
        frames: `(n,)` int64, strictly rising.
        times_s: `(n,)` float64, rising.
        looked: `(n,)` bool, whether the model looked at the frame.
    """

    frames: Int64
    times_s: Float64
    looked: Mask

    def __post_init__(self) -> None:
        same_rows(frames=self.frames, times_s=self.times_s, looked=self.looked)

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, rows: Any) -> FrameRows:
        """Give the chosen rows, in order."""
        return FrameRows(self.frames[rows], self.times_s[rows], self.looked[rows])

    @classmethod
    def from_arrow(cls, batch: Any) -> FrameRows:
        """Take a `pyarrow.RecordBatch` with the columns `frame`, `t_s`, `status`."""
        status = batch.column("status").to_numpy(zero_copy_only=False)
        return cls(
            batch.column("frame").to_numpy(zero_copy_only=False).astype(np.int64),
            batch.column("t_s").to_numpy(zero_copy_only=False).astype(np.float64),
            status.astype(object) == "inferred",
        )


@dataclass(frozen=True, slots=True)
class TrackRows:
    """Rows of the `tracks` table, in order of frame.

    Attributes:
        frames: `(n,)` int64, rising.
        times_s: `(n,)` float64.
        track_ids: `(n,)` int64, once a frame.
        boxes_px: `(n, 4)` float32, `x1 y1 x2 y2`.
        scores: `(n,)` float32 in 0..1.
        class_ids: `(n,)` int32.
        seen: `(n,)` bool, false for rows that the tracker filled in.
        holds_ns: `(n,)` int64, how long the row stands for what was there: until the next frame that was
            looked at, within a limit. Zero until `batches` has set it.
    """

    frames: Int64
    times_s: Float64
    track_ids: Int64
    boxes_px: Float32
    scores: Float32
    class_ids: Int32
    seen: Mask
    holds_ns: Int64

    def __post_init__(self) -> None:
        same_rows(
            frames=self.frames,
            times_s=self.times_s,
            track_ids=self.track_ids,
            boxes_px=self.boxes_px,
            scores=self.scores,
            class_ids=self.class_ids,
            seen=self.seen,
            holds_ns=self.holds_ns,
        )

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, rows: Any) -> TrackRows:
        """Give the chosen rows: a mask, a slice or an index array."""
        return TrackRows(
            self.frames[rows],
            self.times_s[rows],
            self.track_ids[rows],
            self.boxes_px[rows],
            self.scores[rows],
            self.class_ids[rows],
            self.seen[rows],
            self.holds_ns[rows],
        )

    @property
    def heights_px(self) -> Float64:
        """`(n,)` box heights."""
        return (self.boxes_px[:, 3] - self.boxes_px[:, 1]).astype(np.float64)

    def anchors_px(self, anchor: Anchor = Anchor.BOTTOM_CENTER) -> Float64:
        """Give `(n, 2)` float64 points `(x, y)`, one a row."""
        across, down = _PLACES[anchor]
        boxes = self.boxes_px.astype(np.float64)
        x = boxes[:, 0] + across * (boxes[:, 2] - boxes[:, 0])
        y = boxes[:, 1] + down * (boxes[:, 3] - boxes[:, 1])
        return np.stack([x, y], axis=1)

    @classmethod
    def empty(cls) -> TrackRows:
        """No rows."""
        whole, real = np.zeros(0, np.int64), np.zeros(0, np.float32)
        boxes = np.zeros((0, 4), np.float32)
        return cls(
            whole, np.zeros(0), whole, boxes, real, np.zeros(0, np.int32), np.zeros(0, np.bool_), whole
        )

    @classmethod
    def joined(cls, parts: Iterable[TrackRows]) -> TrackRows:
        """Put rows one after another."""
        parts = [part for part in parts if len(part)]
        if len(parts) < 2:
            return parts[0] if parts else cls.empty()
        names = tuple(cls.__dataclass_fields__)
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    @classmethod
    def from_arrow(cls, batch: Any) -> TrackRows:
        """Take a `pyarrow.RecordBatch` of the `tracks` table; `class_name` is not read."""

        def column(name: str) -> NDArray[Any]:
            return np.asarray(batch.column(name).to_numpy(zero_copy_only=False))

        boxes = np.stack([column(name) for name in ("x1_px", "y1_px", "x2_px", "y2_px")], axis=1)
        return cls(
            column("frame").astype(np.int64),
            column("t_s").astype(np.float64),
            column("track_id").astype(np.int64),
            boxes.astype(np.float32),
            column("score").astype(np.float32),
            column("class_id").astype(np.int32),
            column("quality").astype(object) == "seen",
            np.zeros(batch.num_rows, np.int64),
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive frames and every track in them; what accumulators take.

    Attributes:
        frames: Every frame, whether looked at or not.
        frame_holds_ns: `(frames,)` int64; how long each stands for what it shows, zero if not looked at.
        tracks: Rows of these frames.
        until_ns: When the batch ends: the next frame's time, or the clip's end.
    """

    frames: FrameRows
    frame_holds_ns: Int64
    tracks: TrackRows
    until_ns: int

    def keeping(self, tracks: TrackRows) -> Batch:
        """Give the batch with other track rows."""
        return replace(self, tracks=tracks)


def batches(
    frames: Iterable[FrameRows],
    tracks: Iterable[TrackRows],
    *,
    max_hold_s: float = MAX_HOLD_S,
    last_frame_s: float | None = None,
) -> Iterator[Batch]:
    """Join the two tables, and say for how long each look holds.

    What a frame showed is taken to hold until the next frame that was looked at, yet no longer than
    `max_hold_s`; time beyond that is unseen. A track that has two rows in a frame keeps the better one.

    Args:
        frames: The `frames` table in order, split anywhere.
        tracks: The `tracks` table in order of frame, split anywhere.
        max_hold_s: Longest time that one look stands for.
        last_frame_s: How long the clip's last frame lasts; the gap before it if not given.

    Yields:
        Batches in order, at most `FRAMES_A_BATCH` frames and those held back from the one before.

    Raises:
        AnalysisError: Frames do not rise.
    """
    limit_ns = int(to_ns(max_hold_s))
    feed = _Feed(tracks)
    held = FrameRows(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))
    gap_ns = 0
    for rows in chain.from_iterable(map(_sliced, frames)):
        held = _joined_frames(held, rows)
        times_ns = to_ns(held.times_s)
        if len(times_ns) > 1:
            gap_ns = int(times_ns[-1] - times_ns[-2])
        ready = _ready(held.looked, times_ns, limit_ns)
        if ready:
            holds_ns = _holds(held.looked, times_ns, int(times_ns[-1]), limit_ns)
            now = held[:ready]
            rows_now = feed.until(int(held.frames[ready]))
            yield _batch(now, holds_ns[:ready], rows_now, int(times_ns[ready]))
            held = held[ready:]
    if len(held):
        times_ns = to_ns(held.times_s)
        end_ns = int(times_ns[-1]) + (gap_ns if last_frame_s is None else int(to_ns(last_frame_s)))
        holds_ns = _holds(held.looked, times_ns, end_ns, limit_ns)
        yield _batch(held, holds_ns, feed.until(None), end_ns)


def _sliced(rows: FrameRows) -> Iterator[FrameRows]:
    for start in range(0, len(rows), FRAMES_A_BATCH):
        yield rows[start : start + FRAMES_A_BATCH]


def _joined_frames(held: FrameRows, rows: FrameRows) -> FrameRows:
    joined = FrameRows(
        np.concatenate([held.frames, rows.frames]),
        np.concatenate([held.times_s, rows.times_s]),
        np.concatenate([held.looked, rows.looked]),
    )
    if (np.diff(joined.frames) <= 0).any() or (np.diff(joined.times_s) < 0).any():
        raise AnalysisError(
            "the frames table is out of order", hint="frames and times must rise from row to row"
        )
    return joined


def _ready(looked: Mask, times_ns: Int64, limit_ns: int) -> int:
    """How many of the held frames can go: those whose hold no later frame can change."""
    looks = np.flatnonzero(looked)
    if len(looks) == 0 or times_ns[-1] - times_ns[looks[-1]] >= limit_ns:
        return len(times_ns) - 1
    return int(looks[-1])


def _holds(looked: Mask, times_ns: Int64, end_ns: int, limit_ns: int) -> Int64:
    holds_ns = np.zeros(len(times_ns), np.int64)
    looks = np.flatnonzero(looked)
    following_ns = np.append(times_ns[looks[1:]], end_ns)[: len(looks)]
    holds_ns[looks] = np.minimum(following_ns - times_ns[looks], limit_ns)
    return holds_ns


def _batch(frames: FrameRows, holds_ns: Int64, tracks: TrackRows, until_ns: int) -> Batch:
    place = np.searchsorted(frames.frames, tracks.frames)
    known = place < len(frames)
    known[known] = frames.frames[place[known]] == tracks.frames[known]
    row_holds_ns = np.zeros(len(tracks), np.int64)
    row_holds_ns[known] = holds_ns[place[known]]
    return Batch(frames, holds_ns, replace(tracks, holds_ns=row_holds_ns), until_ns)


class _Feed:
    """Deals out track rows up to a frame, holding back what was read beyond it."""

    def __init__(self, tracks: Iterable[TrackRows]) -> None:
        self._more = iter(tracks)
        self._held = TrackRows.empty()

    def until(self, frame: int | None) -> TrackRows:
        parts = [self._held]
        while frame is None or not (len(parts[-1]) and parts[-1].frames[-1] >= frame):
            part = next(self._more, None)
            if part is None:
                break
            if len(part):
                parts.append(part)
        rows = TrackRows.joined(parts)
        cut = len(rows) if frame is None else int(np.searchsorted(rows.frames, frame))
        self._held = rows[cut:]
        return _once_a_frame(rows[:cut])


def _once_a_frame(rows: TrackRows) -> TrackRows:
    frame_step, id_step = np.diff(rows.frames), np.diff(rows.track_ids)
    if (frame_step < 0).any():
        raise AnalysisError("the tracks table is out of order", hint="frames must not fall from row to row")
    if not ((frame_step == 0) & (id_step <= 0)).any():
        return rows
    order = np.lexsort((-rows.scores, rows.track_ids, rows.frames))
    again = (np.diff(rows.frames[order]) == 0) & (np.diff(rows.track_ids[order]) == 0)
    return rows[order[np.append(True, ~again)]]
