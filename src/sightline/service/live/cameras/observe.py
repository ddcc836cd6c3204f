"""The last look at a camera's frames before they are recorded: events, the newest picture, listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import cv2

from sightline.media.draw import Painter, color_of
from sightline.service.live.stream.look import rows

if TYPE_CHECKING:
    from sightline.core.packets import Packet
    from sightline.core.tracks import Tracks
    from sightline.service.live.stream.analysis import Analysis


class ObserveStage:
    """Tells what was found in each frame; passes it on unchanged.

    Args:
        analysis: What an application makes of it, if it tells anything while it runs.
        class_names: The model's.
        on_frame: Told `(packet, detections as clients see them)`.
        on_event: Told each event.
    """

    name = "observe"
    consumes = frozenset({"tracks"})
    produces = frozenset[str]()

    def __init__(
        self,
        analysis: Analysis | None,
        class_names: Callable[[], Sequence[str]],
        on_frame: Callable[[Packet, list[dict[str, Any]]], None],
        on_event: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._analysis = analysis
        self._class_names = class_names
        self._on_frame = on_frame
        self._on_event = on_event

    def open(self) -> None:
        """Nothing is loaded."""

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Look at each frame that was worked on."""
        for packet in packets:
            if packet.frame is not None:
                tracks: Tracks = packet.found["tracks"]
                if self._analysis is not None:
                    for event in self._analysis.update(packet.frame, tracks, {}):
                        self._on_event(event)
                self._on_frame(packet, rows(tracks, self._class_names(), len(tracks)))
            yield packet

    def close(self) -> Iterable[Packet]:
        """Tell the events that are still open."""
        for event in self._analysis.finish() if self._analysis is not None else ():
            self._on_event(event)
        return ()


def drawn(packet: Packet, found: Sequence[Mapping[str, Any]]) -> bytes:
    """Give a frame with its boxes as a JPEG."""
    assert packet.frame is not None  # noqa: S101 - only frames that were worked on are drawn
    image = packet.frame.image.copy()
    x, y = packet.frame.to_source
    pen = Painter((image.shape[0], image.shape[1]))
    for one in found:
        left, top, right, bottom = one["bbox"]
        label = f"{one['class_name']} {one['track_id']}"
        pen.box(image, (left / x, top / y, right / x, bottom / y), label, color_of(one["track_id"] or 0))
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
