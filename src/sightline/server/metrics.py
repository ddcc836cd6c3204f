"""What Prometheus is told of the service as a whole: what waits, for how long, and what became of frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import Counter as CounterMetric

from sightline.core.errors import SightlineError
from sightline.core.events import EventKind
from sightline.core.runs import RunFilter, RunState
from sightline.service.folder import RunFolder
from sightline.service.results import Results

if TYPE_CHECKING:
    from sightline.asgi.metrics import HttpMetrics
    from sightline.core.events import RunEvent
    from sightline.service.platform import Platform

_WAITING = (RunState.QUEUED, RunState.RUNNING)
_MOST_COUNTED = 10_000


class ServiceMetrics:
    """Reads them at each scrape, and counts frames as runs complete.

    Args:
        platform: Where they are.
        metrics: Shows them.
    """

    def __init__(self, platform: Platform, metrics: HttpMetrics) -> None:
        self._platform = platform
        metrics.watch("sightline_runs", "Runs that wait or work, by state.", "state", self.waiting)
        metrics.watch(
            "sightline_lag_seconds",
            "How long the oldest has waited: a queued run for a worker, a stored event for the bus.",
            "of",
            self.lag_s,
        )
        metrics.watch(
            "sightline_breaker_open",
            "1 while an outside service is left alone because it did not answer.",
            "service",
            self.open_breakers,
        )
        self._frames = CounterMetric(
            "sightline_frames",
            "Frames of completed runs by what became of them: inferred, or skipped or failed with the cause.",
            ("outcome", "cause"),
            registry=metrics.registry,
        )

    def waiting(self) -> Mapping[str, float]:
        """Give how many runs wait and work."""
        found = Counter[str]()
        for state in _WAITING:
            found[state.value] = len(self._platform.runs.list(RunFilter(state=state), limit=_MOST_COUNTED))
        return found

    def lag_s(self) -> Mapping[str, float]:
        """Give how long the oldest queued run, and the oldest event in the outbox, have waited."""
        now_s = self._platform.clock.now_s()
        queued = self._platform.runs.list(RunFilter(state=RunState.QUEUED), limit=_MOST_COUNTED)
        events = self._platform.outbox.pending(limit=1)
        since_s = min((run.updated_s for run in queued), default=now_s)
        told_s = min((event.t_s for _, event in events), default=now_s)
        return {"queue": max(0.0, now_s - since_s), "outbox": max(0.0, now_s - told_s)}

    def open_breakers(self) -> Mapping[str, float]:
        """Give 1 for each service that is left alone, 0 for the others."""
        return {name: float(not one.report().passes) for name, one in self._platform.breakers.items()}

    def take(self, event: RunEvent) -> None:
        """Count the frames of a run that has completed; subscribe this to the bus."""
        if event.kind is not EventKind.PIPELINE_COMPLETED:
            return
        try:
            folder = Path(self._platform.runs.get(event.run_id).folder)
            if RunFolder(folder).is_complete:
                for outcome, cause, count in _told(Results(folder).ledger.to_json()):
                    self._frames.labels(outcome, cause).inc(count)
        except (SightlineError, OSError):  # deleted meanwhile, or on another machine: nobody misses a count
            return


def _told(ledger: Mapping[str, object]) -> Iterator[tuple[str, str, int]]:
    """Give outcome, cause and count of each kind of frame."""
    for outcome, count in ledger.items():
        if outcome == "inferred" and isinstance(count, int):
            yield outcome, "", count
        elif isinstance(count, Mapping):
            for cause, frames in count.items():
                yield outcome, cause, int(frames)
