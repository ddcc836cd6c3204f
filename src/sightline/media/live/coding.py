"""Encodes pictures as they come, for those who watch now."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.video.frame import PictureType

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet

    from sightline.core.arrays import UInt8

TICKS_HZ = 90_000
_KEY_EVERY_S = 2.0


class LiveEncoder:
    """H.264 without delay, a key frame every two seconds and where one is asked for.

    Args:
        sink: What its packets go into.
        size: `(height, width)` of the pictures in pixels; an odd side loses its last row or column.
    """

    def __init__(self, sink: OutputContainer, size: tuple[int, int]) -> None:
        self._height, self._width = size[0] // 2 * 2, size[1] // 2 * 2
        stream: Any = sink.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height = self._width, self._height
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS_HZ)
        stream.codec_context.thread_count = 1
        stream.codec_context.gop_size = 10_000  # key frames come by time
        stream.codec_context.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "26"}
        self._stream = stream
        self._key_s: float | None = None
        self._last_tick = -1

    def encode(self, image: UInt8, t_s: float, *, key: bool = False) -> Sequence[Packet[Any]]:
        """Give a picture's packets; times rise."""
        frame = av.VideoFrame.from_ndarray(image[: self._height, : self._width], format="bgr24")
        self._last_tick = max(self._last_tick + 1, round(t_s * TICKS_HZ))
        frame.pts, frame.time_base = self._last_tick, Fraction(1, TICKS_HZ)
        if key or self._key_s is None or t_s - self._key_s >= _KEY_EVERY_S:
            frame.pict_type = PictureType.I
            self._key_s = t_s
        packets: Sequence[Packet[Any]] = self._stream.encode(frame)
        return packets

    def close(self) -> None:
        """Free it; what it held back is lost, which is nothing."""
        self._stream.encode(None)
