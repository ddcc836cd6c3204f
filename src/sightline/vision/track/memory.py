"""What a tracker remembers of its tracks, as arrays with a column per track, and as exact bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import SettingsError
from sightline.vision.track import kalman

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int32, Int64

_HEADER = struct.Struct("<4sHxxQQd")
_MAGIC = b"SLTM"
_VERSION = 1
_COLUMN_BYTES = 8 * (kalman.ROWS + 4)


class Memory:
    """All tracks in order of birth.

    Attributes:
        state: `(20, n)` float64, see `kalman`.
        seen_s: `(n,)` float64, when each was last matched.
        ids: `(n,)` int64, 0 until a track is confirmed.
        hits: `(n,)` int64, how often each was matched, its birth included.
        class_ids: `(n,)` int64, of the box that began it.
        next_id: The id of the next track that is confirmed.
        t_s: Time of the last frame; NaN before the first.
    """

    __slots__ = ("class_ids", "hits", "ids", "next_id", "seen_s", "state", "t_s")

    def __init__(self) -> None:
        self.state: Float64 = np.zeros((kalman.ROWS, 0))
        self.seen_s: Float64 = np.zeros(0)
        self.ids: Int64 = np.zeros(0, np.int64)
        self.hits: Int64 = np.zeros(0, np.int64)
        self.class_ids: Int64 = np.zeros(0, np.int64)
        self.next_id = 1
        self.t_s = float("nan")

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        """Forget the tracks that are not wanted, `(n,)` bool."""
        if wanted.all():
            return
        self.state = self.state[:, wanted]
        self.seen_s, self.ids = self.seen_s[wanted], self.ids[wanted]
        self.hits, self.class_ids = self.hits[wanted], self.class_ids[wanted]

    def add(self, measured_px: Float64, class_ids: Int32, *, t_s: float) -> None:
        """Begin a track for each measurement, `(4, m)` centre x, centre y, width, height."""
        count = measured_px.shape[1]
        self.state = np.concatenate((self.state, kalman.start(measured_px)), axis=1)
        self.seen_s = np.concatenate((self.seen_s, np.full(count, t_s)))
        self.ids = np.concatenate((self.ids, np.zeros(count, np.int64)))
        self.hits = np.concatenate((self.hits, np.ones(count, np.int64)))
        self.class_ids = np.concatenate((self.class_ids, class_ids.astype(np.int64)))

    def name(self, rows: Int64) -> None:
        """Give the tracks their ids, in order of birth."""
        self.ids[rows] = np.arange(self.next_id, self.next_id + len(rows))
        self.next_id += len(rows)

    def to_bytes(self) -> bytes:
        """Give the memory as bytes; equal memories give equal bytes, on any machine."""
        header = _HEADER.pack(_MAGIC, _VERSION, len(self), self.next_id, self.t_s)
        numbers = (self.state.astype("<f8"), self.seen_s.astype("<f8"))
        counts = (self.ids.astype("<i8"), self.hits.astype("<i8"), self.class_ids.astype("<i8"))
        return header + b"".join(array.tobytes() for array in (*numbers, *counts))

    @classmethod
    def from_bytes(cls, data: bytes) -> Memory:
        """Read what `to_bytes` gave.

        Raises:
            SettingsError: It is not that.
        """
        if len(data) < _HEADER.size or data[:4] != _MAGIC:
            raise SettingsError("not a tracker's snapshot", hint="start the run again without --resume")
        _, version, count, next_id, t_s = _HEADER.unpack_from(data)
        if version != _VERSION or len(data) != _HEADER.size + count * _COLUMN_BYTES:
            raise SettingsError(
                "the tracker's snapshot is damaged or of another version",
                hint="start the run again without --resume",
            )
        memory = cls()
        memory.next_id, memory.t_s = next_id, t_s
        numbers = np.frombuffer(data, "<f8", (kalman.ROWS + 1) * count, _HEADER.size).astype(np.float64)
        counts = np.frombuffer(data, "<i8", 3 * count, _HEADER.size + numbers.nbytes).astype(np.int64)
        memory.state = numbers[: kalman.ROWS * count].reshape(kalman.ROWS, count)
        memory.seen_s = numbers[kalman.ROWS * count :]
        memory.ids, memory.hits, memory.class_ids = counts.reshape(3, count).copy()
        return memory
