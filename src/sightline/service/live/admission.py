"""Says whether one stream more can be promised what all were promised, by what frames really cost here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sightline.core.errors import StreamOverloadedError
from sightline.service.live.capacity import Capacity
from sightline.service.live.quality import FIXED, LADDER

if TYPE_CHECKING:
    from sightline.service.live.stream.session import Stream

HEADROOM = 0.8
"""Share of the cores that frames may have; the rest is the server's own: sockets, JSON, other requests."""

_WEIGHT = 0.2


class Admission:
    """Knows what a frame costs, and what has been promised.

    Args:
        workers: Frames that are worked on at once.
        within_s: Promise: 95 % of frames are answered within this.
        most: Streams, whatever the machine can do.

    Attributes:
        cost_s: Seconds of a worker that a frame takes at `balanced`; 0 before anything was measured.
    """

    def __init__(self, workers: int, *, within_s: float, most: int) -> None:
        self.cost_s = 0.0
        self.within_s = within_s
        self._workers = workers
        self._most = most

    def note(self, cost_s: float) -> None:
        """Take in a measurement; the newest counts a fifth."""
        if cost_s > 0:
            self.cost_s = cost_s if not self.cost_s else self.cost_s + _WEIGHT * (cost_s - self.cost_s)

    @property
    def capacity(self) -> Capacity:
        """What the machine can do, as far as it has been measured."""
        return Capacity(self._workers, max(self.cost_s, 1e-6) / HEADROOM)

    def check(self, streams: Iterable[Stream], fps: float, mode: str) -> None:
        """Refuse a stream that there is no room for.

        Raises:
            StreamOverloadedError: Its promise, or the others', could not be kept.
        """
        present = list(streams)
        if len(present) >= self._most:
            raise StreamOverloadedError(
                f"{len(present)} streams are open, as many as this server takes", hint="try again in 10 s"
            )
        taken_hz = sum(stream.wanted_hz() * least_cost(stream.settings.quality_mode) for stream in present)
        wanted_hz = fps * least_cost(mode)
        if not present:
            return  # the first stream always gets what the machine has
        p95_s = self.capacity.p95_s(taken_hz + wanted_hz)
        if p95_s > self.within_s:
            expected = f"{p95_s * 1000:.0f} ms" if math.isfinite(p95_s) else "without end"
            raise StreamOverloadedError(
                f"one stream more of {fps:g} frames a second would make answers take {expected}, "
                f"over the promised {self.within_s * 1000:.0f} ms",
                hint="ask for a lower fps_limit or quality_mode=auto, or try again in 10 s",
            )

    def to_json(self, fps: float, within_s: float, streams: Iterable[Stream]) -> dict[str, Any]:
        """Answer how many streams of `fps` fit with 95 % of answers `within_s`: alone, and beside those there are."""
        taken_hz = sum(stream.wanted_hz() * least_cost(stream.settings.quality_mode) for stream in streams)
        capacity = self.capacity
        measured = self.cost_s > 0
        return {
            "fps": fps,
            "within_ms": within_s * 1000,
            "measured": measured,
            "frame_cost_ms": round(self.cost_s * 1000, 3) if measured else None,
            "cores": self._workers,
            "headroom": HEADROOM,
            "sessions": min(capacity.sessions(fps, within_s), self._most) if measured else None,
            "sessions_more": min(capacity.sessions(fps, within_s, taken_hz=taken_hz), self._most)
            if measured
            else None,
            "taken_hz": round(taken_hz, 2),
        }


def least_cost(mode: str) -> float:
    """Give what a second of stream costs at least: an `auto` one steps down before anybody is refused."""
    return LADDER[-1].cost if mode == "auto" else FIXED[mode].cost
