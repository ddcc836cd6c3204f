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
LASTING = "hazard_event"
"""What an application tells unless its events say otherwise. All kinds that end in `_event` are kept for who comes back."""


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
    """Messages by number. Of each kind the newest are kept: many of what must not be lost, few of the rest."""

    def __init__(self, *, results: int = RESULTS_KEPT, events: int = EVENTS_KEPT) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, deque[Message]] = {}
        self._lengths = (results, events)
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
            if kind not in self._kept:
                self._kept[kind] = deque(maxlen=self._lengths[kind.endswith("_event")])
            self._kept[kind].append(Message(self._last, kind, data, now_s, received_s))
        self.wake()

    def after(self, number: int) -> Sequence[Message]:
        """Give what is kept of the messages after a number, in order."""
        with self._lock:
            if self._last <= number:
                return ()
            all_kinds = merge(*self._kept.values(), key=lambda message: message.number)
            return [message for message in all_kinds if message.number > number]

    def close(self) -> None:
        """Say that nothing more will come."""
        self.closed = True
        self.wake()

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake`, from any thread, when there is something new; gives a function that ends it."""
        with self._lock:
            self._listeners = (*self._listeners, wake)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not wake)

        return end

    def wake(self) -> None:
        """Have readers look again."""
        for wake in self._listeners:
            wake()
