"""Reads a video file as packets, one for every frame that it declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import SettingsError
from sightline.core.frames import Frame
from sightline.core.packets import Packet
from sightline.media.container import MediaLimits
from sightline.media.decode import SegmentDecoder
from sightline.media.index import VideoIndex, index_video

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo, Segment
    from sightline.media.decode import DecodedFrame
    from sightline.media.motion_gate import MotionGate


class VideoSource:
    """A video file, cut into segments that decode on their own; see `ports.FrameSource`.

    Every frame comes as a packet: with its picture, `skipped` (`stride`, `motion`), or `failed` (`decode`).

    Args:
        path: The file.
        size: `(height, width)` to scale pictures to while decoding; None for the source's own.
        stride: Look at every n-th frame of the source, counted from its first.
        segment_s: Least length of a segment.
        threads: How many cores the decoder may use; the pictures are the same for any number.
        limits: What the source may ask of this machine.
        motion_gate: Skips frames in which nothing moved.
    """

    def __init__(
        self,
        path: Path,
        *,
        size: tuple[int, int] | None = None,
        stride: int = 1,
        segment_s: float = 10.0,
        threads: int = 1,
        limits: MediaLimits | None = None,
        motion_gate: MotionGate | None = None,
    ) -> None:
        if stride < 1:
            raise SettingsError(f"stride is {stride}", hint="give 1 or more")
        if segment_s <= 0:
            raise SettingsError(f"segments of {segment_s} s", hint="give more than 0")
        self._path = path
        self._size = size
        self._stride = stride
        self._segment_s = segment_s
        self._threads = threads
        self._limits = limits or MediaLimits()
        self._gate = motion_gate
        self._index: VideoIndex | None = None
        self._decoder: SegmentDecoder | None = None

    def open(self) -> MediaInfo:
        """Scan the file's packets; see `media.index.index_video` for what it raises."""
        return self._indexed().info

    def scale_to(self, size: tuple[int, int] | None) -> None:
        """Scale pictures read from now on to `(height, width)`; the file is not scanned again."""
        self.close()
        self._size = size

    def segments(self) -> Sequence[Segment]:
        """All segments in order."""
        return self._indexed().segments(self._segment_s)

    def read(self, segment: Segment) -> Iterator[Packet]:
        """Every frame that the segment declares, in order.

        What comes depends on the file and the segment alone, not on what was read before.
        """
        index = self._indexed()
        if self._decoder is None:
            self._decoder = SegmentDecoder(
                self._path, index, size=self._size, threads=self._threads, limits=self._limits
            )
        if self._gate is not None:
            self._gate.reset()
        for decoded in self._decoder.read(segment, self._wants):
            yield self._packet(segment.number, decoded, index.info.size)

    def close(self) -> None:
        """Let go of the file; reading again opens it again."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def _indexed(self) -> VideoIndex:
        if self._index is None:
            self._index = index_video(self._path, self._limits)
        return self._index

    def _wants(self, index: int) -> bool:
        return index % self._stride == 0

    def _packet(self, segment: int, decoded: DecodedFrame, source_size: tuple[int, int]) -> Packet:
        index, pts_s, image = decoded.index, decoded.pts_s, decoded.image
        if decoded.error is not None:
            return Packet(segment, index, pts_s, failed=decoded.error)
        if image is None:
            return Packet(segment, index, pts_s, skipped="stride")
        if self._gate is not None and not self._gate.moved(image):
            return Packet(segment, index, pts_s, skipped="motion")
        return Packet(segment, index, pts_s, frame=Frame(image, index, pts_s, source_size, self._path.name))
