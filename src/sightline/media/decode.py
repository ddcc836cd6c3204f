"""Turns a segment's packets into pictures: every declared frame, in order, always the same.

The result of a segment is defined as what one decoding thread, started fresh at the segment's key frame, makes of it.
More threads are a faster way to the same pictures, and only while nothing is wrong: around damage, frame-threaded
decoders conceal errors with whatever the other threads have finished by then. So with several threads a picture is
handed on only once all packets before it have been decoded cleanly, and at the first sign of trouble the rest of the
segment is decoded again by one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import Interpolation, VideoReformatter

from sightline.core.errors import UnsupportedFormatError
from sightline.media.container import MediaLimits, OpenVideo, open_video
from sightline.media.index import NO_TIME
from sightline.media.order import Attempt, Trouble

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.media import Segment
    from sightline.media.container import VideoPacket
    from sightline.media.index import VideoIndex

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
# Demuxers that find a packet by an index of their own, whatever was read before; others are opened anew each time.
_RANDOM_ACCESS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"})


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
    as damaged or concealed: part of it would be invented. Frames that refer to a broken one but decode without
    complaint are kept.

    Args:
        path: The file.
        index: Its index.
        size: `(height, width)` that upright pictures are scaled to; None for the source's own. swscale scales straight
            from the decoder's YUV to BGR with its fast bilinear filter: sharper than averaging and open to aliasing
            far below half size, and 2.5 times as fast as converting at full size first.
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
        self._video: OpenVideo | None = None
        self._reformatter = VideoReformatter()
        self._unread = False

    def __enter__(self) -> SegmentDecoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._video is not None:
            self._video.close()
            self._video = None

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
        for threads, seek in dict.fromkeys(((self._threads, True), (1, True), (1, False))):
            attempt = Attempt(self._index, first, end, careful=threads > 1)
            pictures = self._pictures(attempt, threads, seek=seek)
            try:
                for frame, picture in attempt.in_order(pictures):
                    if frame == done:
                        done += 1
                        yield frame, picture
                break
            except Trouble:
                continue
            finally:
                pictures.close()
        for frame in range(done, end):
            yield frame, None

    def _pictures(
        self, attempt: Attempt, threads: int, *, seek: bool
    ) -> Generator[tuple[int, av.VideoFrame | None]]:
        """Feed a fresh decoder; give each picture with its packet's number, None for a damaged one."""
        start, end = attempt.packets
        seek = seek and start > 0
        video = self._opened(anew=not seek)
        codec = self._fresh_codec(video, threads)
        for number, packet in self._packets(video, start, end, seek=seek):
            packet.pts = number  # comes back as the picture's, whatever the decoder reorders or leaves out
            yield from attempt.pictures(codec, packet)
        yield from attempt.pictures(codec, None)

    def _packets(
        self, video: OpenVideo, start: int, end: int, *, seek: bool
    ) -> Iterator[tuple[int, VideoPacket]]:
        """Give packets `[start, end)` with their numbers.

        Raises:
            Trouble: Seeking leads to other packets than the index has.
        """
        self._unread = False
        if not seek:
            yield from islice(enumerate(video.packets()), start, end)
            return
        number = start
        for packet in islice(self._from_key(video, start), end - start):
            if packet.size != self._index.packet_sizes[number]:
                raise Trouble
            yield number, packet
            number += 1
        if number < end:
            raise Trouble

    def _from_key(self, video: OpenVideo, start: int) -> Iterator[VideoPacket]:
        """Seek to a key frame's packet and read on from it."""
        index = self._index
        size, pts, dts = (
            int(column[start]) for column in (index.packet_sizes, index.packet_pts, index.packet_dts)
        )
        for target in dict.fromkeys((pts, dts)):  # some formats seek by the one, some by the other
            if target == NO_TIME or not _seek(video, target):
                continue
            packets = video.packets()
            for packet in packets:
                if not packet.is_keyframe:
                    continue
                if packet.size == size and packet.pts in {pts, None}:
                    yield packet
                    yield from packets
                    return
                if packet.pts is not None and packet.pts > max(pts, dts):
                    break  # past it

    def _opened(self, *, anew: bool) -> OpenVideo:
        video = self._video
        if video and not self._unread and (anew or video.container.format.name not in _RANDOM_ACCESS):
            self.close()
        if self._video is None:
            self._video = open_video(self._path, self._limits)
            self._unread = True
        return self._video

    def _fresh_codec(self, video: OpenVideo, threads: int) -> VideoCodecContext:
        """Make a decoder without a past."""
        source = video.stream.codec_context
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
        codec.thread_count = threads
        codec.thread_type = "AUTO"
        return codec

    def _convert(self, picture: av.VideoFrame) -> UInt8 | None:
        turn = self._index.info.rotation_deg
        height, width = self._size if turn in {0, 180} else self._size[::-1]
        try:
            scaled = self._reformatter.reformat(
                picture, width, height, "bgr24", interpolation=Interpolation.FAST_BILINEAR, threads=1
            )
        except (av.FFmpegError, ValueError):
            return None
        image: Any = scaled.to_ndarray()
        if turn:
            return cv2.rotate(image, _TURNS[turn])  # type: ignore[no-any-return]
        # Rows may be padded; and a picture that needed no conversion still belongs to the decoder.
        return image.copy() if scaled is picture else np.ascontiguousarray(image)


def _seek(video: OpenVideo, target: int) -> bool:
    try:
        video.container.seek(target, stream=video.stream)
    except av.FFmpegError:
        return False
    return True
