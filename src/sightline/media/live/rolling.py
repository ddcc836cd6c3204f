"""A live picture as HLS: the last seconds in short segments, in memory, encoded once for all who watch."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from sightline.media.live.coding import TICKS_HZ, LiveEncoder

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8

SEGMENTS_KEPT = 6
_SEGMENT_S = 2.0
_LONGEST_SEGMENT_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """One piece of the video.

    Attributes:
        number: Rises by one.
        duration_s: How long it plays.
        data: MPEG-TS; begins with a key frame.
    """

    number: int
    duration_s: float
    data: bytes


class RollingVideo:
    """Encodes pictures into MPEG-TS segments and forgets the old ones; one thread adds, any may read.

    Args:
        size: `(height, width)` of the pictures in pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._changed = threading.Condition()
        self._kept: deque[LiveSegment] = deque(maxlen=SEGMENTS_KEPT)
        self._begun_s: float | None = None
        self._written = bytearray()
        self._number = 0
        self._sink = av.open(
            _Written(self._written),
            "w",
            format="mpegts",
            container_options={"mpegts_flags": "pat_pmt_at_frames", "flush_packets": "1"},
        )
        self._encoder = LiveEncoder(self._sink, size)

    def add(self, image: UInt8, t_s: float) -> None:
        """Add a picture, `(height, width, 3)` BGR; times rise."""
        begins = self._begun_s is None or t_s - self._begun_s >= _SEGMENT_S
        for packet in self._encoder.encode(image, t_s, key=begins):
            if packet.is_keyframe and packet.pts is not None:
                self._cut(packet.pts / TICKS_HZ)
            self._sink.mux(packet)
        if len(self._written) > _LONGEST_SEGMENT_BYTES:  # never of pictures that the encoder could keep small
            self._written.clear()

    def playlist(self, *, within_s: float = 0.0) -> str | None:
        """Give the playlist; None where there is no segment within a time."""
        with self._changed:
            self._changed.wait_for(lambda: self._kept, timeout=within_s)
            kept = list(self._kept)
        if not kept:
            return None
        longest_s = max(segment.duration_s for segment in kept)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{int(longest_s + 0.999)}",
            f"#EXT-X-MEDIA-SEQUENCE:{kept[0].number}",
        ]
        for segment in kept:
            lines += [f"#EXTINF:{segment.duration_s:.3f},", f"{segment.number}.ts"]
        return "\n".join(lines) + "\n"

    def segment(self, number: int) -> bytes | None:
        """Give a segment; None where it is gone, or has not come."""
        with self._changed:
            return next((one.data for one in self._kept if one.number == number), None)

    def close(self) -> None:
        """Free the encoder; what was kept can still be read."""
        self._encoder.close()
        self._sink.close()

    def _cut(self, t_s: float) -> None:
        """End the segment before a key frame."""
        if self._begun_s is not None and self._written:
            made = LiveSegment(self._number, max(t_s - self._begun_s, 0.001), bytes(self._written))
            self._number += 1
            with self._changed:
                self._kept.append(made)
                self._changed.notify_all()
        self._written.clear()
        self._begun_s = t_s


class _Written:
    """A file that hands on what is written to it."""

    def __init__(self, into: bytearray) -> None:
        self._into = into

    def write(self, data: bytes) -> int:
        self._into += data
        return len(data)
