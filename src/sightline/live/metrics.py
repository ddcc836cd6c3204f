"""Live streams as Prometheus reads them: all together, so that series do not grow with clients; each where that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from sightline.service.live.stream.latency import BOUNDS_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.metrics_core import Metric

    from sightline.service.live.stream.session import Stream
    from sightline.service.live.streams import LiveStreams

_EVERY = 8
"""Bins of ours to one of Prometheus': edges a factor 2.5 apart."""


class LiveCollector(Collector):
    """Reads the live streams when somebody scrapes.

    Args:
        live: They.
        each: Whether open streams have series of their own.
    """

    def __init__(self, live: LiveStreams, *, each: bool = False) -> None:
        self._live = live
        self._each = each

    def describe(self) -> Iterator[Metric]:
        """Name the metrics without reading them."""
        yield CounterMetricFamily("sightline_live_frames", "Frames of live streams by what became of them.")

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        ledger, latency = self._live.totals()
        frames = CounterMetricFamily(
            "sightline_live_frames", "Frames of live streams by what became of them.", labels=["outcome"]
        )
        frames.add_metric(["processed"], ledger.processed)
        for cause, count in ledger.drops().items():
            frames.add_metric([f"dropped_{cause}"], count)
        yield frames
        health = self._live.health()
        yield GaugeMetricFamily("sightline_live_sessions", "Live streams that are open.", health["sessions"])
        yield GaugeMetricFamily("sightline_live_load", "Busy share of the live workers.", health["load"])
        yield GaugeMetricFamily(
            "sightline_live_frame_cost_seconds", "What a frame costs.", self._live.admission.cost_s
        )
        streams = self._live.streams()
        yield GaugeMetricFamily(
            "sightline_live_fps_in", "Frames a second that come in.", sum(one.fps_in for one in streams)
        )
        if self._each:
            yield from _of_each(streams)
        seconds = HistogramMetricFamily(
            "sightline_live_seconds", "How long frames took on each leg of their way.", labels=["leg"]
        )
        for leg, spread in latency.spreads.items():
            below = np.cumsum(spread.counts)
            buckets = [
                (f"{BOUNDS_S[place]:.6g}", float(below[place])) for place in range(0, len(BOUNDS_S), _EVERY)
            ]
            seconds.add_metric([leg], [*buckets, ("+Inf", float(below[-1]))], spread.sum_s)
        yield seconds


def _of_each(streams: Sequence[Stream]) -> Iterator[Metric]:
    fps_in = GaugeMetricFamily(
        "sightline_live_session_fps_in", "Frames a second that come in.", labels=["session"]
    )
    frames = CounterMetricFamily(
        "sightline_live_session_frames", "Frames by what became of them.", labels=["session", "outcome"]
    )
    seconds = GaugeMetricFamily(
        "sightline_live_session_seconds",
        "How long frames took on each leg of their way.",
        labels=["session", "leg", "quantile"],
    )
    for stream in streams:
        fps_in.add_metric([stream.id], stream.fps_in)
        frames.add_metric([stream.id, "processed"], stream.ledger.processed)
        for cause, count in stream.ledger.drops().items():
            frames.add_metric([stream.id, f"dropped_{cause}"], count)
        for leg, spread in stream.latency.spreads.items():
            for percent in (50, 95, 99):
                seconds.add_metric([stream.id, leg, f"0.{percent}"], spread.percentile_s(percent))
    yield from (fps_in, frames, seconds)
