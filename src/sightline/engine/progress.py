"""How far a run has come, how fast it goes and how long it will take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.core.time import Clock


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the work stands.

    Attributes:
        done: Frames accounted for, those of earlier attempts included.
        total: Frames the source declares.
        fps: Frames a second over the last seconds; 0 until known.
        eta_s: Seconds to go at that pace; None until known.
    """

    done: int
    total: int
    fps: float
    eta_s: float | None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "done": self.done,
            "total": self.total,
            "fps": round(self.fps, 2),
            "eta_s": None if self.eta_s is None else round(self.eta_s, 1),
        }


class ProgressMeter:
    """Measures the pace over a sliding window, so that a slow start does not spoil the estimate."""

    def __init__(self, total: int, *, done: int = 0, clock: Clock, window_s: float = 5.0) -> None:
        self._total = total
        self._clock = clock
        self._window_s = window_s
        self._marks: deque[tuple[float, int]] = deque([(clock.monotonic_s(), done)])

    def read(self, done: int) -> Progress:
        """Take note of `done` frames and say where the work stands."""
        now_s = self._clock.monotonic_s()
        self._marks.append((now_s, done))
        while len(self._marks) > 2 and now_s - self._marks[0][0] > self._window_s:
            self._marks.popleft()
        started_s, before = self._marks[0]
        elapsed_s = now_s - started_s
        fps = (done - before) / elapsed_s if elapsed_s > 0 else 0.0
        eta_s = (self._total - done) / fps if fps > 0 else None
        return Progress(done, self._total, fps, eta_s)
