"""What a camera shows: its newest picture with boxes, for all who watch, drawn when somebody looks."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import cv2

from sightline.media.draw import draw_found, veil
from sightline.media.live.rolling import RollingVideo

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.packets import Packet

_LOOK_EVERY_S = 0.5
_WATCHED_S = 30.0
_FIRST_SEGMENT_WITHIN_S = 10.0


class CameraView:
    """The newest picture of a camera.

    Args:
        blurred: Classes whose boxes are made unrecognisable; what was not found is not.
    """

    def __init__(self, blurred: Sequence[str] = ()) -> None:
        self._blurred = frozenset(blurred)
        self._changed = threading.Condition()
        self._newest: tuple[Packet, Sequence[Mapping[str, Any]]] | None = None
        self._number = 0
        self._closed = False

    def put(self, packet: Packet, found: Sequence[Mapping[str, Any]]) -> None:
        """Take a frame that was worked on."""
        with self._changed:
            self._newest = packet, found
            self._number += 1
            self._changed.notify_all()

    def jpeg(self) -> bytes | None:
        """Give the newest picture as a JPEG; None before the first."""
        newest = self._newest
        return None if newest is None else jpeg_of(*newest, self._blurred)

    def pictures(self, ended: threading.Event) -> Iterator[tuple[UInt8, float]]:
        """Give each newest picture and its time in seconds, until `ended` is set or there will be no more."""
        seen = 0
        while not ended.is_set():
            with self._changed:
                if self._number == seen and not self._closed:
                    self._changed.wait(_LOOK_EVERY_S)
                if self._closed:
                    return
                if self._newest is None or self._number == seen:
                    continue
                (packet, found), seen = self._newest, self._number
            yield drawn(packet, found, self._blurred), float(packet.pts_s)

    def close(self) -> None:
        """Say that no more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class HlsView:
    """HLS of a camera, made while somebody fetches it.

    Args:
        showing: What is shown.
        now_s: Tells the time, on a clock that never goes back.

    Attributes:
        key: Part of its address; whoever knows it may watch, until nobody has for half a minute.
    """

    def __init__(self, showing: CameraView, now_s: Callable[[], float]) -> None:
        self.key = secrets.token_urlsafe(24)
        self._showing = showing
        self._now_s = now_s
        self._watched_s = now_s()
        self._ended = threading.Event()
        self._video: RollingVideo | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sightline-hls", daemon=True)

    def start(self) -> None:
        """Begin to encode."""
        self._thread.start()

    @property
    def is_on(self) -> bool:
        """Whether it can still be watched."""
        return self._thread.is_alive() and not self._ended.is_set()

    def playlist(self) -> str | None:
        """Give the playlist; waits for the first segment, None where none comes."""
        self._watched_s = self._now_s()
        if not self._begun.wait(_FIRST_SEGMENT_WITHIN_S) or self._video is None:
            return None
        return self._video.playlist(within_s=_FIRST_SEGMENT_WITHIN_S)

    def segment(self, number: int) -> bytes | None:
        """Give a segment; None where it is gone."""
        self._watched_s = self._now_s()
        return None if self._video is None else self._video.segment(number)

    def close(self) -> None:
        """Stop."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _work(self) -> None:
        shape: tuple[int, ...] = ()
        try:
            for image, t_s in self._showing.pictures(self._ended):
                if self._video is None:
                    shape = image.shape
                    self._video = RollingVideo((shape[0], shape[1]))
                    self._begun.set()
                if image.shape != shape or self._now_s() - self._watched_s > _WATCHED_S:
                    return  # the next one who asks has a new one
                self._video.add(image, t_s)
        finally:
            self._ended.set()
            self._begun.set()
            if self._video is not None:
                self._video.close()


def drawn(packet: Packet, found: Sequence[Mapping[str, Any]], blurred: frozenset[str] = frozenset()) -> UInt8:
    """Give a frame with its boxes, `(h, w, 3)` BGR, those of some classes made unrecognisable."""
    assert packet.frame is not None  # noqa: S101 - only frames that were worked on are drawn
    image = packet.frame.image.copy()
    x, y = packet.frame.to_source
    for one in found:
        if one["class_name"] in blurred:
            left, top, right, bottom = one["bbox"]
            veil(image, (left / x, top / y, right / x, bottom / y))
    draw_found(image, found, (x, y))
    return image


def jpeg_of(
    packet: Packet, found: Sequence[Mapping[str, Any]], blurred: frozenset[str] = frozenset()
) -> bytes:
    """Give a frame with its boxes as a JPEG."""
    image = drawn(packet, found, blurred)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
