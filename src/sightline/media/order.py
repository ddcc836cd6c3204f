"""Puts what a decoder gives into the places that the index declares."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

    from sightline.media.container import VideoPacket
    from sightline.media.index import VideoIndex

# A frame that has not come out this many packets after its own was fed will not come: 16 frames of reordering
# at most (H.264, table A-1), and as many again for field pairs.
_OVERDUE_PACKETS = 32

Picture = tuple[int, av.VideoFrame | None]
_Placed = tuple[int, int, av.VideoFrame | None]  # frame, packet (-1: none), picture


class Trouble(Exception):  # noqa: N818 (a signal between modules, never shown to anyone)
    """A careful attempt met damage."""


class LostPlace(Trouble):
    """Seeking did not arrive where the index says."""


class Attempt:
    """One try at the frames `[first, end)` of a video.

    Args:
        index: The video's index.
        first: The first frame.
        end: The frame after the last.
        careful: Stop with `Trouble` at any sign of damage, and hand a picture on only once every packet before its
            own has given one too: then nothing that it may refer to is damaged.
    """

    def __init__(self, index: VideoIndex, first: int, end: int, *, careful: bool) -> None:
        self._index = index
        self._first = first
        self._end = end
        self._careful = careful
        self.packets = index.packet_range(first, end)
        start, stop = self.packets
        ranks = index.rank[start:stop]
        # Packets that no picture is waited for: hidden ones, and those shown before the first frame, which an open
        # group's decoder drops where it starts afresh.
        self._settled = bytearray((ranks < (first if index.by_time else 0)).tobytes())
        self._next_unsettled = 0
        keys = index.keys
        self._keys = keys[np.searchsorted(keys, start) : np.searchsorted(keys, stop)].tolist()
        self._broken_keys: set[int] = set()

    def pictures(self, codec: VideoCodecContext, packet: VideoPacket | None) -> Iterator[Picture]:
        """Feed one packet (None: no more come) and give what comes out, None for a damaged picture.

        Raises:
            Trouble: In a careful attempt, at any damage.
        """
        if self._careful and packet is not None and packet.is_corrupt:
            raise Trouble  # the demuxer found it cut short or out of order
        try:
            frames = codec.decode(packet)
        except av.FFmpegError as error:
            if self._careful:
                raise Trouble from error
            return
        for frame in frames:
            if frame.is_corrupt and self._careful:
                raise Trouble
            if frame.pts is not None:
                yield frame.pts, (None if frame.is_corrupt else frame)

    def in_order(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """Give `(frame, picture)` for every frame in order, None where there is no picture.

        The frames at the end that no picture came for are left out.

        Raises:
            Trouble: In a careful attempt, at any frame without a picture.
        """
        placed = self._by_rank(pictures) if self._index.by_time else self._as_shown(pictures)
        if not self._careful:
            for frame, _, picture in placed:
                yield frame, picture
            return
        held: deque[tuple[int, int, av.VideoFrame]] = deque()
        expected = self._first
        for frame, packet, picture in placed:
            if picture is None:
                raise Trouble
            expected = frame + 1
            held.append((frame, packet, picture))
            unsettled = self._lowest_unsettled()
            while held and held[0][1] < unsettled:
                yield held[0][0], held.popleft()[2]
        if expected < self._end or self._lowest_unsettled() < self.packets[1]:
            raise Trouble
        for frame, _, picture in held:
            yield frame, picture

    def _by_rank(self, pictures: Iterable[Picture]) -> Iterator[_Placed]:
        """The packet tells the frame; a frame that is passed over has no picture."""
        rank = self._index.rank
        expected = self._first
        for packet, picture in self._settling(pictures):
            frame = int(rank[packet])
            # A broken picture fills no place yet: without its key frame a decoder shows frames in a wrong order, and
            # a sound one may still come before it. Its place stays empty when the next sound one passes over it.
            if picture is not None and expected <= frame < self._end:
                yield from ((missing, -1, None) for missing in range(expected, frame))
                yield frame, packet, picture
                expected = frame + 1

    def _as_shown(self, pictures: Iterable[Picture]) -> Iterator[_Placed]:
        """Packets do not tell; pictures fill the places in the order in which they come."""
        start, stop = self.packets
        shown = self._index.rank[start:stop]
        frame = int(shown[shown >= 0][0])
        newest = start
        for packet, picture in self._settling(pictures):
            newest = max(newest, packet)
            while (lost := self._lowest_unsettled()) < newest - _OVERDUE_PACKETS:
                self._settled[lost - start] = 1
                if self._first <= frame < self._end:
                    yield frame, -1, None
                frame += 1
            if self._first <= frame < self._end:
                yield frame, packet, picture
            frame += 1

    def _settling(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        start, stop = self.packets
        for packet, picture in pictures:
            if start <= packet < stop:
                self._settled[packet - start] = 1
                yield packet, (None if self._is_unsound(packet, picture) else picture)

    def _is_unsound(self, packet: int, picture: av.VideoFrame | None) -> bool:
        """Tell whether the key frame that a picture rests on is damaged or did not come out."""
        before = bisect_right(self._keys, packet) - 1
        if before < 0:
            return False
        key = self._keys[before]
        if key == packet:
            if picture is None:
                self._broken_keys.add(key)
            return picture is None
        rank = self._index.rank
        missed = self._index.by_time and rank[packet] > rank[key] and not self._settled[key - self.packets[0]]
        return missed or key in self._broken_keys

    def _lowest_unsettled(self) -> int:
        """Give the first packet that a picture is still waited for; the end where there is none."""
        while self._next_unsettled < len(self._settled) and self._settled[self._next_unsettled]:
            self._next_unsettled += 1
        return self.packets[0] + self._next_unsettled
