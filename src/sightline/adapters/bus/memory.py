"""An event bus inside one process."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from sightline.core.events import RunEvent

Listener = Callable[[RunEvent], None]


class MemoryBus:
    """Calls each listener from a thread of its own, in order.

    A listener that falls behind by `depth` events loses the oldest ones (the journal has them all); one that
    raises is taken off, and the thread's hook reports why. Neither touches the publisher or other listeners.

    Args:
        depth: Most events that wait for one listener.
    """

    def __init__(self, *, depth: int = 1024) -> None:
        self._depth = depth
        self._lock = threading.Lock()
        self._subscriptions: tuple[_Subscription, ...] = ()

    def publish(self, event: RunEvent) -> None:
        """Tell every listener."""
        for subscription in self._subscriptions:
            subscription.offer(event)

    def subscribe(self, listener: Listener, *, run_id: str | None = None) -> Callable[[], None]:
        """Call `listener` for each event from now on; gives a function that ends it."""
        subscription = _Subscription(listener, run_id, self._depth, self._remove)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        subscription.start()
        return subscription.end

    @property
    def lost(self) -> int:
        """How many events present listeners were too slow for."""
        return sum(subscription.lost for subscription in self._subscriptions)

    def _remove(self, gone: _Subscription) -> None:
        with self._lock:
            self._subscriptions = tuple(one for one in self._subscriptions if one is not gone)


class _Subscription:
    """One listener, what waits for it, and the thread that calls it."""

    def __init__(
        self, listener: Listener, run_id: str | None, depth: int, removed: Callable[[_Subscription], None]
    ) -> None:
        self._listener = listener
        self._run_id = run_id
        self._waiting: deque[RunEvent] = deque(maxlen=depth)
        self._changed = threading.Condition()
        self._ended = False
        self._removed = removed
        self.lost = 0

    def start(self) -> None:
        threading.Thread(target=self._work, name="sightline-bus", daemon=True).start()

    def offer(self, event: RunEvent) -> None:
        if self._run_id is not None and event.run_id != self._run_id:
            return
        with self._changed:
            if len(self._waiting) == self._waiting.maxlen:
                self.lost += 1
            self._waiting.append(event)
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._waiting.clear()
            self._changed.notify()
        self._removed(self)

    def _work(self) -> None:
        try:
            while (event := self._next()) is not None:
                self._listener(event)
        finally:
            self.end()

    def _next(self) -> RunEvent | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            return None if self._ended else self._waiting.popleft()
