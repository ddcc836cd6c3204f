"""Turns a segment's packets into pictures: every declared frame, in order, always the same.

The result of a segment is defined as what one decoding thread, started fresh at the segment's key frame, makes of it.
More threads are a faster way to the same pictures, and only while nothing is wrong: around damage, frame-threaded
decoders conceal errors with whatever the other threads have finished by then. So with several threads a picture is
handed on only once all packets before it have been decoded cleanly, and at the first sign of trouble the rest of the
segment is decoded again by one thread. Damage that a decoder does not notice can still tell threads apart; one thread
is always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import Interpolation, VideoReformatter

from sightline.core.errors import UnsupportedFormatError
from sightline.media.container import MediaLimits
from sightline.media.order import Attempt, LostPlace, Trouble
from sightline.media.packets import PacketReader

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.media import Segment
    from sightline.media.index import VideoIndex

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


# swscale's fast bilinear filter would save 0.33 of 3.9 ms a frame from 1080p to 416 px, but it aliases, and it moves
# the picture to the left: by 3.5 px of the source there, which every box would carry. Area averaging does neither.
_SCALING = Interpolation.AREA
# Decoders that, with threads, show damage as an error at its packet. Of 400 files with random bytes written over, H.264
# let one pass unseen, VP9 and AV1 none, but HEVC 12; MPEG-4, MPEG-2 and VP8 some too. Those keep to one thread.
_SAFE_WITH_THREADS = frozenset({"h264", "vp9", "av1"})


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """One declared frame of a segment.

    Attributes:
        index: The frame's 0-based rank in the source.
        pts_s: Exact presentation time in seconds.
        image: `(h, w, 3)` uint8, BGR, upright, contiguous, the caller's own; None where it was not wanted or is broken.
        error: `decode` where the frame did not come out of the decoder, or came out marked as damaged.
    """

    index: int
    pts_s: Fraction
    image: UInt8 | None
    error: str | None


def _every_frame(_index: int) -> bool:
    return True


class SegmentDecoder:
    """Decodes segments of one video, in any order, one at a time.

    A frame is broken (`error="decode"`) where its packet gives no picture, or a picture that the decoder itself marks
    as damaged or concealed: part of it would be invented. So are all frames of a group whose key frame is broken.
    Other frames that refer to a broken one but decode without complaint are kept.

    Args:
        path: The file.
        index: Its index.
        size: `(height, width)` that upright pictures are scaled to; None for the source's own. swscale averages
            areas straight from the decoder's YUV to BGR; colour comes at half the resolution of brightness.
        threads: How many cores the decoder may use.
        limits: No picture over `max_pixels` is allocated, also where a stream grows midway.
    """

    def __init__(
        self,
        path: Path,
        index: VideoIndex,
        *,
        size: tuple[int, int] | None = None,
        threads: int = 1,
        limits: MediaLimits | None = None,
    ) -> None:
        self._path = path
        self._index = index
        self._size = size or index.info.size
        self._threads = max(1, threads)
        self._limits = limits or MediaLimits()
        self._reader = PacketReader(path, index, self._limits)
        self._reformatter = VideoReformatter()

    def __enter__(self) -> SegmentDecoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def read(self, segment: Segment, wanted: Callable[[int], bool] = _every_frame) -> Iterator[DecodedFrame]:
        """Give every frame that the segment declares, in order.

        Args:
            segment: Any run of the index's frames; those of `VideoIndex.segments` waste no decoding.
            wanted: Whether a frame's picture is to be converted; others come without one.

        Raises:
            SourceUnavailableError: The file is gone.
            UnsupportedFormatError: It is another file by now.
        """
        index = self._index
        for frame, picture in self._frames(segment.first_frame, segment.end_frame):
            image = None
            error = None if picture is not None else "decode"
            if picture is not None and wanted(frame):
                image = self._convert(picture)
                error = None if image is not None else "decode"
            yield DecodedFrame(frame, index.time_s(frame), image, error)

    def _frames(self, first: int, end: int) -> Iterator[tuple[int, av.VideoFrame | None]]:
        """Try the fastest way first; at trouble go on where it stopped, with the next safer one."""
        done = first
        threads, seek = self._safe_threads(first, end), True
        while done < end:
            attempt = Attempt(self._index, first, end, careful=threads > 1)
            pictures = self._pictures(attempt, threads, seek=seek)
            try:
                for frame, picture in attempt.in_order(pictures):
                    if frame == done:
                        done += 1
                        yield frame, picture
                break
            except LostPlace:
                seek = False
            except Trouble:
                threads = 1
            finally:
                pictures.close()
        for frame in range(done, end):
            yield frame, None

    def _safe_threads(self, first: int, end: int) -> int:
        """Use one thread where damage could pass unseen: a lost frame leaves no trace in later ones but a gap."""
        index = self._index
        safe = index.info.codec in _SAFE_WITH_THREADS and index.is_gapless(first, end)
        return self._threads if safe else 1

    def _pictures(
        self, attempt: Attempt, threads: int, *, seek: bool
    ) -> Generator[tuple[int, av.VideoFrame | None]]:
        """Feed a fresh decoder; give each picture with its packet's number, None for a damaged one."""
        start, end = attempt.packets
        codec = self._fresh_codec(threads)
        left_out = self._index.leading(start)
        for number, packet in (self._reader.sought if seek else self._reader.counted)(start, end):
            if number in left_out:
                continue
            packet.pts = number  # comes back as the picture's, whatever the decoder reorders or leaves out
            yield from attempt.pictures(codec, packet)
        yield from attempt.pictures(codec, None)

    def _fresh_codec(self, threads: int) -> VideoCodecContext:
        """Make a decoder without a past."""
        source = self._reader.video.stream.codec_context
        codec = av.CodecContext.create(source.codec.name, "r")
        if not isinstance(codec, VideoCodecContext):
            raise UnsupportedFormatError(f"{self._path} is another file by now", hint="leave it in place")
        codec.extradata = source.extradata
        codec.width, codec.height = source.width, source.height
        if source.pix_fmt:
            codec.pix_fmt = source.pix_fmt
        codec.bits_per_coded_sample = source.bits_per_coded_sample
        codec.color_range, codec.colorspace = source.color_range, source.colorspace
        with suppress(ValueError):  # a tag that is not text tells decoders nothing
            codec.codec_tag = source.codec_tag
        codec.reorder_depth = self._index.reorder_depth
        codec.options = {"max_pixels": str(self._limits.max_pixels)}
        if threads > 1:
            # Damage becomes an error at its packet. The mark on the picture is not enough: with frame threads it
            # may be copied before the thread that conceals the damage gets to set it.
            codec.options["err_detect"] = "explode"
        codec.thread_count = threads
        codec.thread_type = "AUTO"
        return codec

    def _convert(self, picture: av.VideoFrame) -> UInt8 | None:
        turn = self._index.info.rotation_deg
        height, width = self._size if turn in {0, 180} else self._size[::-1]
        try:
            scaled = self._reformatter.reformat(
                picture, width, height, "bgr24", interpolation=_SCALING, threads=1
            )
        except (av.FFmpegError, ValueError):
            return None
        image: Any = scaled.to_ndarray()
        if turn:
            return cv2.rotate(image, _TURNS[turn])  # type: ignore[no-any-return]
        # Rows may be padded; and a picture that needed no conversion still belongs to the decoder.
        return image.copy() if scaled is picture else np.ascontiguousarray(image)
