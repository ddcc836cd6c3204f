"""Writes H.264 in MP4: whole or not at all, at exact times, with the source's sound."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.logging
import numpy as np

from sightline.media.mp4 import BITEXACT, open_mp4, part_of, writing_to
from sightline.media.sound import SoundTrack

if TYPE_CHECKING:
    from types import TracebackType

    from av.container import OutputContainer
    from av.video.stream import VideoStream

    from sightline.core.arrays import UInt8

# Divided by all usual tick lengths: 1/90000, 1/15360, 1/12800, 1/1000, 1/600 s and frames of 24, 25, 30, 50, 60 Hz.
_TICKS_PER_SECOND = 5_760_000
_MOST_TICKS = (1 << 31) - 1  # that MP4 counts
_STEPS_AT_ONCE = 8  # that it may have to count where pictures are coded out of order
_LEAST_RATE_HZ = Fraction(1, 100)  # a picture that is said to last longer has more ticks than that
# x264's vector code reads memory it never wrote while it spreads bits over macroblocks: with narrow pictures the same
# frames came out as other bytes every few times. Without that step they do not.
_SAME_BYTES = "mbtree=0"


class VideoWriter:
    """A video being written; a context manager.

    The file grows under a temporary name beside its own and takes its place when the block ends well. After an error
    nothing is left. The same pictures, times, settings and threads give the same bytes.

    Args:
        path: The result.
        size: `(height, width)` of the pictures; an odd side is padded by one pixel, which H.264 in 4:2:0 needs.
        frame_rate_hz: Nominal frame rate; times follow it where `write` is given none.
        crf: Constant rate factor, 0 (lossless) to 51; 23 is x264's default.
        preset: x264 preset.
        threads: Cores to use; another number gives other bytes.
        audio_from: A file whose first sound track is kept: copied where it is AAC, else coded as AAC.
        start_s: The time in the source's seconds that becomes 0 in the file, for sound and pictures alike.
        pixel_aspect: Width of a pixel over its height, for players to show it so; pictures stay as they are.
        variable: Whether pictures come at a variable rate: times are then kept by the fixed tick alone, which leaves
            room for pauses of three minutes, and pictures are coded in order.

    Raises:
        OutputUnwritableError: The folder cannot be written to.
        OutputFullError: The disk is full.
    """

    def __init__(  # noqa: PLR0913 - a path, a size and a rate; the rest may be left out
        self,
        path: Path,
        *,
        size: tuple[int, int],
        frame_rate_hz: Fraction,
        crf: int = 23,
        preset: str = "veryfast",
        threads: int = 1,
        audio_from: Path | None = None,
        start_s: Fraction = Fraction(0),
        variable: bool = False,
        pixel_aspect: Fraction = Fraction(1),
    ) -> None:
        if min(size) < 1 or frame_rate_hz <= 0:
            raise ValueError(f"size {size} and frame rate {frame_rate_hz} must be positive")
        self._path = path
        self._part = part_of(path)
        self._size = size
        self._rate_hz = Fraction(frame_rate_hz)
        coding = f"{_SAME_BYTES}:bframes=0" if variable else _SAME_BYTES
        self._options = {"crf": str(crf), "preset": preset, "x264-params": coding}
        self._threads = threads
        self._audio_from = audio_from
        self._start_s = start_s
        self._variable = variable
        self._pixel_aspect = pixel_aspect
        self._longest_ticks = _MOST_TICKS // (2 if variable else _STEPS_AT_ONCE)
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._sound: SoundTrack | None = None
        self._written = 0
        self._last_s: Fraction | None = None
        self._last_tick = -_MOST_TICKS
        self._last_frame: av.VideoFrame | None = None
        self._ticks_hz = 1

    def __enter__(self) -> VideoWriter:
        av.logging.set_level(None)
        try:
            self._open()
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._discard()
            return
        try:
            with writing_to(self._path):
                self._finish()
        except BaseException:
            self._discard()
            raise

    def write(self, image_bgr: UInt8, pts_s: Fraction | None = None) -> None:
        """Add a picture; the one before is written again, as often as need be, where MP4 cannot count how long it stays.

        Args:
            image_bgr: `(height, width, 3)` uint8 of the writer's size.
            pts_s: When it is shown, in the source's seconds; None for the nominal rate. Times must rise. They are
                kept exactly where they are whole ticks of 1/5,760,000 s or of the frame rate, else to the next tick.

        Raises:
            ValueError: The picture has another size, or time does not rise.
            OutputFullError: The disk is full.
            OutputUnwritableError: The file cannot be written any more.
        """
        if image_bgr.shape != (*self._size, 3) or image_bgr.dtype != np.uint8:
            raise ValueError(
                f"pictures must be {(*self._size, 3)} uint8, got {image_bgr.shape} {image_bgr.dtype}"
            )
        t_s = self._written / self._rate_hz if pts_s is None else pts_s - self._start_s
        if self._last_s is not None and t_s <= self._last_s:
            raise ValueError(f"times must rise, got {float(t_s):.6f} s after {float(self._last_s):.6f} s")
        tick = max(round(t_s * self._ticks_hz), self._last_tick + 1)
        frame = av.VideoFrame.from_ndarray(_even(image_bgr), format="bgr24")
        frame.time_base = Fraction(1, self._ticks_hz)
        while self._last_frame is not None and tick - self._last_tick > self._longest_ticks:
            self._put(self._last_frame, self._last_tick + self._longest_ticks)
        self._put(frame, tick)
        self._last_s = t_s
        self._written += 1

    def _put(self, frame: av.VideoFrame, tick: int) -> None:
        container, stream = self._opened()
        frame.pts = tick
        with writing_to(self._path):
            container.mux(stream.encode(frame))
            if self._sound is not None:
                self._sound.write_until(Fraction(tick, self._ticks_hz))
        self._last_frame, self._last_tick = frame, tick

    def _open(self) -> None:
        with writing_to(self._path):
            with self._part.open("wb"):
                pass  # tells what is wrong in the system's own words
            container = self._container = open_mp4(self._part)
            self._stream = self._video_stream(container)
            if self._audio_from is not None:
                self._sound = SoundTrack.open(self._audio_from, container, start_s=self._start_s)

    def _video_stream(self, container: OutputContainer) -> VideoStream:
        rate_hz = max(self._rate_hz, _LEAST_RATE_HZ)
        ticks_hz = lcm(_TICKS_PER_SECOND, rate_hz.numerator)
        fits = not self._variable and ticks_hz <= _MOST_TICKS and ticks_hz <= _MOST_TICKS * rate_hz
        self._ticks_hz = ticks_hz if fits else _TICKS_PER_SECOND
        stream = container.add_stream("libx264", rate=rate_hz, options=self._options)
        stream.height, stream.width = (side + side % 2 for side in self._size)
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        if self._pixel_aspect != 1:
            context.sample_aspect_ratio = self._pixel_aspect
        context.time_base = Fraction(1, self._ticks_hz)
        context.thread_count = self._threads
        context.gop_size = max(
            1, round(self._rate_hz)
        )  # a key frame a second: players seek, segments start there
        context.flags |= BITEXACT
        return stream

    def _finish(self) -> None:
        container, stream = self._opened()
        container.mux(stream.encode(None))
        if self._sound is not None:
            self._sound.write_until((self._last_s or Fraction(0)) + 1 / self._rate_hz)
            self._sound.close()
        container.close()
        self._container = None
        self._part.replace(self._path)

    def _discard(self) -> None:
        container, self._container = self._container, None
        if self._sound is not None:
            self._sound.close()
        with suppress(av.FFmpegError, OSError, ValueError):
            if container is not None:
                container.close()
        with suppress(OSError):
            self._part.unlink()

    def _opened(self) -> tuple[OutputContainer, VideoStream]:
        if self._container is None or self._stream is None:
            raise ValueError("the writer is not open: use it in a with statement")
        return self._container, self._stream


def _even(image: UInt8) -> UInt8:
    """Repeat the last row or column of a picture with an odd side."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
