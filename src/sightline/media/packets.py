"""Finds a video's packets again by the numbers that its index gave them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import av

from sightline.media.container import MediaLimits, OpenVideo, open_video
from sightline.media.index import NO_TIME
from sightline.media.order import LostPlace

if TYPE_CHECKING:
    from sightline.media.container import VideoPacket
    from sightline.media.index import VideoIndex

# Demuxers that find a packet by an index of their own, whatever was read before; others are opened anew each time.
_RANDOM_ACCESS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"})
# A segment is fed a few packets of the next one; that many stay at hand for it.
_KEPT_PACKETS = 64


class PacketReader:
    """Gives any range of a video's packets, the same whatever was read before.

    Args:
        path: The file.
        index: Its index.
        limits: What the file may ask of this machine.
    """

    def __init__(self, path: Path, index: VideoIndex, limits: MediaLimits) -> None:
        self._path = path
        self._index = index
        self._limits = limits
        self._video: OpenVideo | None = None
        self._untouched = False
        self._line: _Line | None = None

    def close(self) -> None:
        """Let go of the file."""
        for opened in (self._video, self._line):
            if opened is not None:
                opened.close()
        self._video = self._line = None

    @property
    def video(self) -> OpenVideo:
        """The file, opened."""
        if self._video is None:
            self._video = open_video(self._path, self._limits)
            self._untouched = True
        return self._video

    def sought(self, start: int, end: int) -> Iterator[tuple[int, VideoPacket]]:
        """Give packets `[start, end)` with their numbers, by seeking to the first, a key frame's.

        Raises:
            LostPlace: Seeking leads to other packets than the index has.
        """
        sizes = self._index.packet_sizes
        number = start
        for packet in islice(self._from(start), end - start):
            if packet.size != sizes[number]:
                raise LostPlace
            yield number, packet
            number += 1
        if number < end:
            raise LostPlace

    def counted(self, start: int, end: int) -> Iterator[tuple[int, VideoPacket]]:
        """Give packets `[start, end)` with their numbers, by reading on from the file's first, as the index did."""
        if self._line is None or start < self._line.oldest:
            if self._line is not None:
                self._line.close()
            self._line = _Line(open_video(self._path, self._limits))
        return self._line.read(start, end)

    def _from(self, start: int) -> Iterator[VideoPacket]:
        if not self._untouched and (start == 0 or self.video.container.format.name not in _RANDOM_ACCESS):
            self.video.close()
            self._video = None
        video = self.video
        self._untouched = False
        return video.packets() if start == 0 else self._from_key(video, start)

    def _from_key(self, video: OpenVideo, start: int) -> Iterator[VideoPacket]:
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


class _Line:
    """A file read from its first packet on, with the last packets at hand.

    Attributes:
        oldest: The first packet that can still be given.
    """

    def __init__(self, video: OpenVideo) -> None:
        self._video = video
        self._packets = enumerate(video.packets())
        self._kept: deque[tuple[int, VideoPacket]] = deque(maxlen=_KEPT_PACKETS)
        self.oldest = 0

    def read(self, start: int, end: int) -> Iterator[tuple[int, VideoPacket]]:
        again = [numbered for numbered in self._kept if start <= numbered[0] < end]
        yield from again
        if again and again[-1][0] == end - 1:
            return
        for numbered in self._packets:
            self._kept.append(numbered)
            self.oldest = self._kept[0][0]
            if numbered[0] >= start:
                yield numbered
            if numbered[0] >= end - 1:
                return

    def close(self) -> None:
        self._video.close()


def _seek(video: OpenVideo, target: int) -> bool:
    try:
        video.container.seek(target, stream=video.stream)
    except av.FFmpegError:
        return False
    return True
