"""A camera as the engine's source: the newest picture wins, every other one is counted by cause.

A thread reads and decodes; the pipeline takes what is newest. Pictures that it was too slow for come out as skipped
packets in their places, so that the ledger of a live run balances like any other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.video.reformatter import Interpolation

from sightline.core.errors import MediaTooLargeError, SourceUnavailableError
from sightline.core.frames import Frame
from sightline.core.media import MediaInfo, Segment
from sightline.core.packets import Packet
from sightline.media.container import moving
from sightline.media.live.connection import Address, Reconnector

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer

    from sightline.core.time import Clock
    from sightline.media.live.connection import CameraState

_LEAST_STEP = Fraction(1, 1000)
_LONGEST_JUMP_S = 5


@dataclass(frozen=True, slots=True)
class _Captured:
    index: int
    pts_s: Fraction
    frame: VideoFrame | None
    cause: str | None = None


class LiveSource:
    """See `ports.FrameSource`; its segments have open ends, and go on until it is stopped.

    Args:
        address: Where the camera is.
        clock: Tells the time.
        fps_limit: Most pictures a second that are looked at.
        segment_s: Length of a segment.
        max_pixels: Larger pictures are refused.
        held: A file waits after its first picture until `go` is called; a camera waits for nobody.
        tap: Told each packet of the stream and the container's stream, in the reading thread.
        changed: Told each new state of the connection.
    """

    def __init__(
        self,
        address: Address,
        clock: Clock,
        *,
        fps_limit: float = 15.0,
        segment_s: float = 10.0,
        max_pixels: int = 1 << 26,
        held: bool = False,
        tap: Callable[[Any, Any], None] | None = None,
        changed: Callable[[CameraState], None] = lambda _: None,
    ) -> None:
        self.reconnector = Reconnector(address, clock, self._read_container, changed=changed)
        self._clock = clock
        self._fps_limit = fps_limit
        self._segment_s = Fraction(segment_s)
        self._max_pixels = max_pixels
        self._tap = tap
        self._size: tuple[int, int] | None = None
        self._info: MediaInfo | None = None
        self._changed = threading.Condition()
        self._newest: _Captured | None = None
        self._lost: deque[_Captured] = deque()
        self._done = False
        self._index = self._given = 0
        self._last_s: Fraction | None = None
        self._taken_s: Fraction | None = None
        self._begun_s = clock.monotonic_s()
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        if not held:
            self._ready.set()

    # -- the engine's side -----------------------------------------------------------------------------------

    def open(self, *, within_s: float | None = None) -> MediaInfo:
        """Begin to connect, and wait for the first picture.

        Raises:
            SourceUnavailableError: None came in time, or the source was stopped first.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="sightline-camera", daemon=True)
            self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._info is not None or self._done, timeout=within_s)
        if self._info is None:
            raise SourceUnavailableError(
                f"no picture came: {self.reconnector.connection.error or 'stopped'}",
                hint="see whether a player shows it, with the same user and password",
            )
        return self._info

    def go(self) -> None:
        """Let a file that was held play on from now: its first picture has been worked on, what follows is quick."""
        self._ready.set()

    def scale_to(self, size: tuple[int, int] | None) -> None:
        """Scale pictures read from now on to `(height, width)`."""
        self._size = size

    def segments(self) -> Sequence[Segment]:
        """None that could be listed: see `stretches`."""
        return ()

    def stretches(self, *, limit_s: float | None = None) -> Iterator[Segment]:
        """Give segments as they begin, until the source ends, or for so many seconds."""
        number, begun = 0, self._last_s or Fraction(0)
        while not (self._done and self._newest is None and not self._lost):
            start_s = self._last_s or Fraction(0)
            if limit_s is not None and start_s - begun >= limit_s:
                return
            yield Segment(number, self._given, 0, start_s, None, open_end=True)
            number += 1

    def read(self, segment: Segment) -> Iterator[Packet]:
        """Every picture that comes while the segment lasts: taken, or skipped by cause."""
        end_s = segment.start_pts_s + self._segment_s
        index = segment.first_frame
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._done)
                newest, self._newest = self._newest, None
                lost = list(self._lost)
                self._lost.clear()
            taken = lost if newest is None else [*lost, newest]
            for captured in sorted(taken, key=lambda one: one.index):
                yield self._packet(segment.number, captured, index)
                index += 1
            self._given = index
            if newest is None or newest.pts_s >= end_s:
                return

    def close(self) -> None:
        """Hang up; what was read can still be taken."""
        self.reconnector.ended.set()
        self._ready.set()
        with self._changed:
            self._done = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=self.reconnector.address.silence_s + 5)

    def _packet(self, segment: int, captured: _Captured, index: int) -> Packet:
        if captured.frame is None:
            return Packet(segment, index, captured.pts_s, skipped=captured.cause)
        frame = captured.frame
        height, width = self._size or (frame.height, frame.width)
        image: Any = frame.to_ndarray(
            format="bgr24", width=width, height=height, interpolation=Interpolation.AREA
        )
        return Packet(
            segment,
            index,
            captured.pts_s,
            frame=Frame(image, index, captured.pts_s, (frame.height, frame.width), "camera"),
        )

    # -- the camera's side -----------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self.reconnector.run()
        finally:
            with self._changed:
                self._done = True
                self._changed.notify_all()

    def _read_container(self, container: InputContainer, arrived: Callable[[], None]) -> None:
        videos = moving(container)
        if not videos:
            raise ValueError("the stream has no video")
        stream = videos[0]
        stream.thread_type = "SLICE"  # frame threads would hold pictures back
        base_s: Fraction | None = None
        for packet in container.demux(stream):
            if self.reconnector.ended.is_set():
                return
            if self._tap is not None:
                self._tap(packet, stream)
            for frame in packet.decode():
                if frame.width * frame.height > self._max_pixels:
                    raise MediaTooLargeError(
                        f"its pictures have {frame.width}x{frame.height} px, the limit is {self._max_pixels:,} px in all",
                        hint="have the camera send smaller ones, or raise SIGHTLINE_MAX_PIXELS",
                    )
                base_s = self._place(frame, base_s)
                arrived()
                if self.reconnector.address.is_file:
                    self._keep_pace()
                self._offer(frame, container)

    def _place(self, frame: VideoFrame, base_s: Fraction | None) -> Fraction:
        """Find out when the picture was taken, on the run's own clock: by its stamp, from its arrival on."""
        now_s = Fraction(self._clock.monotonic_s() - self._begun_s).limit_denominator(1_000_000)
        if self.reconnector.address.is_file and base_s is None:
            now_s = self._last_s + _LEAST_STEP if self._last_s is not None else Fraction(0)
        stamp_s = Fraction(frame.pts) * frame.time_base if frame.pts is not None and frame.time_base else None
        if stamp_s is None:
            t_s, base_s = now_s, base_s or now_s
        else:
            base_s = now_s - stamp_s if base_s is None else base_s
            t_s = base_s + stamp_s
            if not self.reconnector.address.is_file and abs(t_s - now_s) > _LONGEST_JUMP_S:
                base_s, t_s = now_s - stamp_s, now_s  # its clock has jumped
        if self._last_s is not None:
            t_s = max(t_s, self._last_s + _LEAST_STEP)
        self._last_s = t_s
        return base_s

    def _keep_pace(self) -> None:
        assert self._last_s is not None  # noqa: S101 - _place has just set it
        if self._index and not self._ready.is_set():
            self._ready.wait()
            self._begun_s = self._clock.monotonic_s() - float(self._last_s)
        ahead_s = float(self._last_s) - (self._clock.monotonic_s() - self._begun_s)
        if ahead_s > 0:
            self.reconnector.ended.wait(ahead_s)

    def _offer(self, frame: VideoFrame, container: InputContainer) -> None:
        assert self._last_s is not None  # noqa: S101 - _place has just set it
        t_s = self._last_s
        gap_s = 0.9 / self._fps_limit
        with self._changed:
            if self._taken_s is not None and float(t_s - self._taken_s) < gap_s:
                self._lost.append(_Captured(self._index, t_s, None, "rate"))
            else:
                if self._newest is not None:
                    older = self._newest
                    self._lost.append(_Captured(older.index, older.pts_s, None, "superseded"))
                self._newest = _Captured(self._index, t_s, frame)
                self._taken_s = t_s
            self._index += 1
            if self._info is None:
                self._info = _info(frame, container)
            self._changed.notify_all()


def _info(frame: VideoFrame, container: InputContainer) -> MediaInfo:
    stream = moving(container)[0]
    rate = stream.average_rate or stream.guessed_rate
    return MediaInfo(
        container=container.format.name.partition(",")[0],
        codec=stream.codec_context.name,
        size=(frame.height, frame.width),
        rotation_deg=0,
        frame_rate_hz=Fraction(rate) if rate else None,
        variable_frame_rate=True,
        duration_s=Fraction(0),
        frames=0,
        size_bytes=0,
    )
