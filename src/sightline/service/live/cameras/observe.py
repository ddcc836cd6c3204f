"""The last look at a camera's frames before they are recorded: events, and those who listen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sightline.service.live.stream.processor import rows

if TYPE_CHECKING:
    from sightline.core.detections import Detections
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
        looks_at: `tracks`, or `detections` where nothing is tracked.
    """

    name = "observe"
    produces = frozenset[str]()

    def __init__(
        self,
        analysis: Analysis | None,
        class_names: Callable[[], Sequence[str]],
        on_frame: Callable[[Packet, list[dict[str, Any]]], None],
        on_event: Callable[[Mapping[str, Any]], None],
        *,
        looks_at: str = "tracks",
    ) -> None:
        self.consumes = frozenset({looks_at})
        self._looks_at = looks_at
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
                found: Tracks | Detections = packet.found[self._looks_at]
                if self._analysis is not None:
                    for event in self._analysis.update(packet.frame, found, {}):
                        self._on_event(event)
                self._on_frame(packet, rows(found, self._class_names(), len(found)))
            yield packet

    def close(self) -> Iterable[Packet]:
        """Tell the events that are still open."""
        for event in self._analysis.finish() if self._analysis is not None else ():
            self._on_event(event)
        return ()
