"""Live streams as Prometheus reads them: all streams together, so that series do not grow with clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from sightline.service.live.stream.legs import BOUNDS_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

    from sightline.service.live.desk import LiveDesk

_EVERY = 8
"""Bins of ours to one of Prometheus': edges a factor 2.5 apart."""


class LiveCollector(Collector):
    """Reads the desk when somebody scrapes."""

    def __init__(self, desk: LiveDesk) -> None:
        self._desk = desk

    def describe(self) -> Iterator[Metric]:
        """Name the metrics without reading them."""
        yield CounterMetricFamily("sightline_live_frames", "Frames of live streams by what became of them.")

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        ledger, legs = self._desk.totals()
        frames = CounterMetricFamily(
            "sightline_live_frames", "Frames of live streams by what became of them.", labels=["outcome"]
        )
        frames.add_metric(["processed"], ledger.processed)
        for cause, count in ledger.drops().items():
            frames.add_metric([f"dropped_{cause}"], count)
        yield frames
        health = self._desk.health()
        yield GaugeMetricFamily("sightline_live_sessions", "Live streams that are open.", health["sessions"])
        yield GaugeMetricFamily("sightline_live_load", "Busy share of the live workers.", health["load"])
        yield GaugeMetricFamily(
            "sightline_live_frame_cost_seconds", "What a frame costs.", self._desk.admission.cost_s
        )
        seconds = HistogramMetricFamily(
            "sightline_live_seconds", "How long frames took on each leg of their way.", labels=["leg"]
        )
        for leg, spread in legs.spreads.items():
            below = np.cumsum(spread.counts)
            buckets = [
                (f"{BOUNDS_S[place]:.6g}", float(below[place])) for place in range(0, len(BOUNDS_S), _EVERY)
            ]
            seconds.add_metric([leg], [*buckets, ("+Inf", float(below[-1]))], spread.sum_s)
        yield seconds
