"""What a stream has to tell its client, kept for a while so that a reader may fall behind or come back."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any

RESULTS_KEPT = 64
EVENTS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell.

    Attributes:
        number: Rises by one with each message of a stream; what `Last-Event-ID` names.
        kind: `detection_result`, `hazard_event`, `error`, ...
        data: Plain data.
        ready_mono_s: When it was ready to be sent.
        received_mono_s: When the frame behind it came in; None where there is none.
    """

    number: int
    kind: str
    data: dict[str, Any]
    ready_mono_s: float
    received_mono_s: float | None = None


class Outbox:
    """Messages by number. Of results the newest are kept, of everything else far more, but never without end."""

    def __init__(self, *, results: int = RESULTS_KEPT, events: int = EVENTS_KEPT) -> None:
        self._lock = threading.Lock()
        self._results: deque[Message] = deque(maxlen=results)
        self._events: deque[Message] = deque(maxlen=events)
        self._last = 0
        self._listeners: tuple[Callable[[], None], ...] = ()
        self.closed = False

    @property
    def last(self) -> int:
        """Number of the newest message; 0 before the first."""
        return self._last

    def put(self, kind: str, data: dict[str, Any], *, now_s: float, received_s: float | None = None) -> None:
        """Add a message and wake readers."""
        with self._lock:
            self._last += 1
            kept = self._results if kind == "detection_result" else self._events
            kept.append(Message(self._last, kind, data, now_s, received_s))
        self._wake()

    def after(self, number: int) -> Sequence[Message]:
        """Give what is kept of the messages after a number, in order."""
        with self._lock:
            if self._last <= number:
                return ()
            both = merge(self._results, self._events, key=lambda message: message.number)
            return [message for message in both if message.number > number]

    def close(self) -> None:
        """Say that nothing more will come."""
        self.closed = True
        self._wake()

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake`, from any thread, when there is something new; gives a function that ends it."""
        with self._lock:
            self._listeners = (*self._listeners, wake)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not wake)

        return end

    def _wake(self) -> None:
        for wake in self._listeners:
            wake()
