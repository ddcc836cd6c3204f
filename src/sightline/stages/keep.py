"""Keeps what the stages without a memory have found, so that another process can go on from it; and gives it back.

Pictures are not kept: what is found in them is a thousand times smaller.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.frames import Frame
from sightline.core.packets import Packet

if TYPE_CHECKING:
    from fractions import Fraction

    from sightline.core.media import MediaInfo, Segment

_Row = tuple[int, "Fraction", bool, dict[str, Any], str | None, str | None]


class KeepStage:
    """Writes down each segment's packets when its mark comes by.

    Args:
        write: Stores a segment's findings, whole or not at all: `(segment, bytes)`.
        class_names: Asked once the model is open; kept with the findings.
    """

    name = "keep"
    consumes: frozenset[str] = frozenset()
    produces = frozenset({"kept"})

    def __init__(
        self, write: Callable[[int, bytes], None], *, class_names: Callable[[], Sequence[str]]
    ) -> None:
        self._write = write
        self._class_names = class_names
        self._rows: list[_Row] = []

    def open(self) -> None:
        """Start an empty segment."""
        self._rows = []

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Take note of frames; write them when the mark comes by."""
        for packet in packets:
            if packet.ends_segment:
                self._write(
                    packet.segment, pickle.dumps((tuple(self._class_names()), self._rows), protocol=5)
                )
                self._rows = []
            else:
                had_picture = packet.frame is not None
                self._rows.append(
                    (
                        packet.index,
                        packet.pts_s,
                        had_picture,
                        dict(packet.found),
                        packet.skipped,
                        packet.failed,
                    )
                )
            yield packet

    def close(self) -> Iterable[Packet]:
        """Nothing is held back: a segment without its mark is not finished."""
        return ()


class KeptSource:
    """Gives packets as `KeepStage` has kept them, in place of a video; see `ports.FrameSource`.

    A frame that had a picture has an empty one: only stages that do not look may follow.

    Args:
        media: Facts about the video.
        segments: All of it.
        read: Gives a segment's findings; waits for them where they are still being made.
    """

    def __init__(self, media: MediaInfo, segments: Sequence[Segment], read: Callable[[int], bytes]) -> None:
        self._media = media
        self._segments = segments
        self._read = read
        self._empty = np.zeros((1, 1, 3), np.uint8)
        self.class_names: Sequence[str] = ()

    def open(self) -> MediaInfo:
        """Give the facts."""
        return self._media

    def segments(self) -> Sequence[Segment]:
        """All segments in order."""
        return self._segments

    def read(self, segment: Segment) -> Iterator[Packet]:
        """Every frame of the segment with what was found in it."""
        self.class_names, rows = pickle.loads(self._read(segment.number))
        for index, pts_s, had_picture, found, skipped, failed in rows:
            frame = Frame(self._empty, index, pts_s, self._media.size) if had_picture else None
            yield Packet(segment.number, index, pts_s, frame, found, skipped, failed)

    def close(self) -> None:
        """Nothing is held."""
