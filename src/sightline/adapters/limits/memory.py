"""Counts in this process: right for one server, and for each of several by itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring
    from sightline.core.limits import Rate
    from sightline.core.time import Clock

_MOST_BUCKETS = 50_000


class MemoryLimiter:
    """Token buckets in a dictionary.

    A bucket that nobody has touched for as long as it takes to fill is as good as a new one, and is dropped when
    there are many: a flood of addresses costs a bounded amount of memory.

    Args:
        clock: Tells the time.
    """

    waits = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float, float]] = {}  # tokens, when, when it is full

    @classmethod
    def wired(cls, wiring: Wiring) -> MemoryLimiter:
        """Make it as the settings say."""
        return cls(wiring.clock)

    def take(self, key: str, rate: Rate) -> float:
        """Take one token from a bucket; 0 where there was one, else how long to wait for it, seconds."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            tokens, since_s, _ = self._buckets.get(key, (float(rate.burst), now_s, now_s))
            tokens = min(float(rate.burst), tokens + (now_s - since_s) * rate.per_s)
            wait_s = 0.0 if tokens >= 1.0 else (1.0 - tokens) / rate.per_s
            tokens -= 0.0 if wait_s else 1.0
            if key not in self._buckets and len(self._buckets) >= _MOST_BUCKETS:
                self._drop(now_s)
            self._buckets[key] = (tokens, now_s, now_s + (rate.burst - tokens) / rate.per_s)
        return wait_s

    def _drop(self, now_s: float) -> None:
        """Forget full buckets; where all are in use, those that will be full soonest."""
        full = [key for key, (_, _, full_s) in self._buckets.items() if full_s <= now_s]
        if not full:
            soonest = sorted(self._buckets, key=lambda key: self._buckets[key][2])
            full = soonest[: _MOST_BUCKETS // 10]
        for key in full:
            del self._buckets[key]
