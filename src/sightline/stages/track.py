"""Gives detections identities that last over frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.core.packets import Packet
    from sightline.ports import Tracker


class TrackStage:
    """Adds `tracks`; its memory is the tracker's."""

    name = "track"
    consumes = frozenset({"frame", "detections"})
    produces = frozenset({"tracks"})

    def __init__(self, make_tracker: Callable[[], Tracker]) -> None:
        self._make_tracker = make_tracker
        self._tracker = make_tracker()

    @property
    def needs_pictures(self) -> bool:
        """Whether the tracker looks at pictures, for the camera's motion."""
        return bool(getattr(self._tracker, "needs_pictures", True))

    def open(self) -> None:
        """Start with nobody known."""
        self._tracker = self._make_tracker()

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Track each frame; the tracker sees time, so frames left out do not confuse it."""
        for packet in packets:
            if packet.frame is None:
                yield packet
                continue
            detections = packet.found["detections"]
            tracks = self._tracker.update(detections, t_s=float(packet.pts_s), frame=packet.frame)
            yield packet.with_found("tracks", tracks)

    def close(self) -> Iterable[Packet]:
        """Nothing is held back."""
        return ()

    def snapshot(self) -> bytes:
        """The tracker's memory."""
        return self._tracker.snapshot()

    def restore(self, state: bytes) -> None:
        """Give the tracker its memory back."""
        self._tracker.restore(state)
