"""How long frames take on each leg of their way, in memory that never grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

BOUNDS_S: Float64 = np.geomspace(0.0001, 100.0, 121)
"""Upper edges of the bins: each is 12 % above the one before."""

LEGS = ("network", "queue", "decode", "infer", "analyse", "send", "total")
"""`network`: captured to received, on two clocks. `queue`: received to begun. `send`: ready to sent. `total`: received
to sent."""


class Spread:
    """Durations counted in bins; percentiles are right within 12 %.

    Example:
        >>> spread = Spread()
        >>> for milliseconds in range(1, 101):
        ...     spread.add(milliseconds / 1000)
        >>> 0.09 < spread.percentile_s(95) < 0.11
        True
    """

    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = np.zeros(len(BOUNDS_S) + 1, np.int64)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration; a negative one, as two clocks may give, counts as none."""
        seconds = max(0.0, seconds)
        self.counts[int(np.searchsorted(BOUNDS_S, seconds))] += 1
        self.sum_s += seconds

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.counts.sum())

    def percentile_s(self, percent: float) -> float:
        """Give the upper edge of the bin that holds it; 0 where nothing was counted."""
        total = self.count
        if not total:
            return 0.0
        place = int(np.searchsorted(np.cumsum(self.counts), total * percent / 100))
        return float(BOUNDS_S[min(place, len(BOUNDS_S) - 1)])


class Latencies:
    """A spread for each leg."""

    __slots__ = ("spreads",)

    def __init__(self) -> None:
        self.spreads: Mapping[str, Spread] = {leg: Spread() for leg in LEGS}

    def plus(self, other: Latencies) -> None:
        """Take in another's."""
        for leg, spread in self.spreads.items():
            spread.counts += other.spreads[leg].counts
            spread.sum_s += other.spreads[leg].sum_s

    def add(self, **seconds: float) -> None:
        """Count durations by leg."""
        for leg, duration in seconds.items():
            self.spreads[leg].add(duration)

    def to_json(self) -> dict[str, dict[str, float]]:
        """Give `p50_ms p95_ms p99_ms count` of each leg that was travelled."""
        return {
            leg: {
                **{
                    f"p{percent}_ms": round(spread.percentile_s(percent) * 1000, 2)
                    for percent in (50, 95, 99)
                },
                "count": spread.count,
            }
            for leg, spread in self.spreads.items()
            if spread.count
        }
