"""What Prometheus may read: requests by route, stages by name, and what waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sightline.core.events import EventKind, RunEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
_STAGE_BUCKETS_S = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)
_ENDED = {EventKind.STAGE_COMPLETED, EventKind.STAGE_FAILED}


class HttpMetrics:
    """Counts requests and stages; each server has its own, so that tests do not share numbers.

    Attributes:
        registry: Take in more metrics here.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "sightline_http_request_seconds",
            "How long requests took.",
            ("method", "route", "status"),
            buckets=_REQUEST_BUCKETS_S,
            registry=self.registry,
        )
        self._stages = Histogram(
            "sightline_stage_seconds",
            "How long the stages of runs took.",
            ("stage", "outcome"),
            buckets=_STAGE_BUCKETS_S,
            registry=self.registry,
        )
        self._ended = Counter(
            "sightline_runs_ended",
            "Runs that came to an end, by how.",
            ("state",),
            registry=self.registry,
        )
        self.listeners = Gauge(
            "sightline_event_listeners", "Clients that follow a run now.", registry=self.registry
        )
        self._began_s: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def observe(self, method: str, route: str, status: int, took_s: float) -> None:
        """Take a request in."""
        self._requests.labels(method, route, str(status)).observe(took_s)

    def take(self, event: RunEvent) -> None:
        """Take an event of a run in; subscribe this to the bus."""
        key = (event.run_id, event.stage)
        with self._lock:
            if event.kind is EventKind.STAGE_STARTED:
                self._began_s[key] = event.t_s
            elif event.kind in _ENDED and key in self._began_s:
                took_s = max(0.0, event.t_s - self._began_s.pop(key))
                outcome = "failed" if event.kind is EventKind.STAGE_FAILED else "completed"
                self._stages.labels(event.stage, outcome).observe(took_s)
            elif event.kind in {EventKind.PIPELINE_COMPLETED, EventKind.PIPELINE_FAILED}:
                self._ended.labels(str(event.details.get("state", "failed"))).inc()
                self._began_s = {
                    open_key: t_s for open_key, t_s in self._began_s.items() if open_key[0] != event.run_id
                }

    def watch(self, name: str, words: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        """Add a gauge that is read when somebody scrapes."""
        self.registry.register(_Read(name, words, label, read))

    def text(self) -> bytes:
        """Give all of it as Prometheus reads it."""
        return generate_latest(self.registry)


class _Read(Collector):
    """A gauge whose values are looked up at each scrape."""

    def __init__(self, name: str, words: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        self._name, self._words, self._label, self._read = name, words, label, read

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metric without reading it."""
        yield GaugeMetricFamily(self._name, self._words, labels=[self._label])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the values."""
        family = GaugeMetricFamily(self._name, self._words, labels=[self._label])
        for label, value in self._read().items():
            family.add_metric([label], value)
        yield family
