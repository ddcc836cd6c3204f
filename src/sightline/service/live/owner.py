"""One owner of the model for all streams: a few threads that take streams' frames in turn.

A worker takes the stream that has had the least of the machine, and works one frame of it from bytes to answer. A
stream has one frame under way at a time, so its answers are in order and its tracker needs no lock; different
streams' frames run side by side, each an inference request of its own (see docs/decisions/002: on a processor a
batch would only make the first frame wait for the last).

This is one of the borders where any exception is caught: one stream's failure must not stop the others.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.core.time import Clock


_log = structlog.get_logger()


_COSTS_KEPT, _FEW, _LEAST_JUDGED = 256, 5, 3
_OUTLIER = 4.0


class Client(Protocol):
    """Somebody with frames to be worked on."""

    id: str

    @property
    def has_work(self) -> bool:
        """Whether a frame waits."""
        ...

    def work(self) -> bool:
        """Work on the next frame; says whether one was answered."""
        ...

    def broke(self, error: Exception) -> None:
        """Told of an error that nobody foresaw; the frame counts as failed."""
        ...


class _Place:
    """A client's place in the order."""

    __slots__ = ("busy", "client", "idle", "then", "used_s")

    def __init__(self, client: Client) -> None:
        self.client = client
        self.used_s = 0.0
        self.busy = False
        self.idle = True
        self.then: Callable[[], None] | None = None

    @property
    def ready(self) -> bool:
        return not self.busy and self.client.has_work


class ModelOwner:
    """Shares the machine out among clients: whoever has work and has had least comes first.

    Args:
        workers: Threads, each with one frame at a time; as many as cores.
        clock: Tells the time.
    """

    def __init__(self, workers: int, clock: Clock) -> None:
        self.workers = workers
        self._clock = clock
        self._changed = threading.Condition()
        self._places: dict[str, _Place] = {}
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._busy_s = 0.0
        self._answered = 0
        self._costs_s: deque[float] = deque(maxlen=_COSTS_KEPT)
        self._asked_s = clock.monotonic_s()

    def start(self) -> None:
        """Start the workers; does nothing where they run."""
        with self._changed:
            if self._threads or self._closed:
                return
            self._threads = [
                threading.Thread(target=self._run, name=f"sightline-live-{number}", daemon=True)
                for number in range(self.workers)
            ]
        for thread in self._threads:
            thread.start()

    def add(self, client: Client) -> None:
        """Take a client in; it begins level with whoever has had least and still has work."""
        with self._changed:
            self._places[client.id] = _Place(client)

    def remove(self, client: Client, then: Callable[[], None]) -> None:
        """Let a client go; `then` is called once its frame under way is done, at once where there is none."""
        with self._changed:
            place = self._places.pop(client.id, None)
            if place is not None and place.busy:
                place.then = then
                return
        then()

    def wake(self) -> None:
        """Say that a client has work now."""
        with self._changed:
            self._changed.notify()

    def step(self) -> bool:
        """Work one frame in the caller's thread; says whether there was one. What tests drive."""
        place = self._take()
        if place is None:
            return False
        self._serve(place)
        return True

    def load(self) -> tuple[float, float]:
        """Give `(share of the workers' time that was busy, seconds a frame)` since it was last asked.

        A frame for which a graph had to be opened first took a hundred times as long as any other, and the next will not:
        it is busy time, and no frame's cost. Few frames are judged beside those before them; fewer than three are not.
        """
        with self._changed:
            now_s = self._clock.monotonic_s()
            span_s = max(now_s - self._asked_s, 1e-9)
            share = min(1.0, self._busy_s / (span_s * self.workers))
            recent = list(self._costs_s)[-max(self._answered, _FEW) :] if self._answered else []
            cost_s = _usual(recent) if len(recent) >= _LEAST_JUDGED else 0.0
            self._busy_s, self._answered, self._asked_s = 0.0, 0, now_s
            return share, cost_s

    def close(self, *, within_s: float = 10.0) -> None:
        """Stop the workers; each finishes its frame."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            threads, self._threads = self._threads, []
        deadline_s = time.monotonic() + within_s
        for thread in threads:
            thread.join(timeout=max(0.0, deadline_s - time.monotonic()))

    def _run(self) -> None:
        while True:
            with self._changed:
                place = self._pick()
                while place is None and not self._closed:
                    self._changed.wait()
                    place = self._pick()
                if self._closed or place is None:
                    return
                place.busy = True
            self._serve(place)

    def _take(self) -> _Place | None:
        with self._changed:
            place = self._pick()
            if place is not None:
                place.busy = True
            return place

    def _pick(self) -> _Place | None:
        """Choose the ready client that has had least; one that was idle first of its equals.

        Time not used while idle is no credit: nobody may save up and then shut the others out.
        """
        steady = [place.used_s for place in self._places.values() if not place.idle]
        floor_s = min(steady, default=0.0)
        for place in self._places.values():
            if place.idle and place.ready:
                place.used_s = max(place.used_s, floor_s)
        ready = (place for place in self._places.values() if place.ready)
        return min(ready, key=lambda place: (place.used_s, not place.idle), default=None)

    def _serve(self, place: _Place) -> None:
        started_s = self._clock.monotonic_s()
        try:
            answered = place.client.work()
        except Exception as error:  # noqa: BLE001 - the border that the module's docstring names
            _log.warning("stream_broke", stream=place.client.id, exc_info=error)
            place.client.broke(error)
            answered = False
        took_s = self._clock.monotonic_s() - started_s
        with self._changed:
            place.used_s += took_s
            place.busy, place.idle = False, not place.client.has_work
            self._busy_s += took_s
            if answered:
                self._answered += 1
                self._costs_s.append(took_s)
            then = place.then
        if then is not None:
            then()


def _usual(costs_s: list[float]) -> float:
    """Give the mean without outliers, which take over four times the median."""
    most_s = _OUTLIER * statistics.median(costs_s)
    return statistics.fmean(cost_s for cost_s in costs_s if cost_s <= most_s)
