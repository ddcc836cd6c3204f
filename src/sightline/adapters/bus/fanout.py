"""Hands each item to every listener of one process, none waiting for another."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Fanout(Generic[T]):
    """Calls each listener from a thread of its own, in order.

    A listener that falls behind by `depth` items loses the oldest ones; one that raises is taken off, and the
    thread's hook reports why. Neither touches the publisher or other listeners.

    Args:
        depth: Most items that wait for one listener.
    """

    def __init__(self, *, depth: int) -> None:
        self._depth = depth
        self._lock = threading.Lock()
        self._subscriptions: tuple[_Subscription[T], ...] = ()

    def publish(self, item: T) -> None:
        """Tell every listener that wants it."""
        for subscription in self._subscriptions:
            subscription.offer(item)

    def subscribe(self, listener: Callable[[T], None], wants: Callable[[T], bool]) -> Callable[[], None]:
        """Call `listener` for each item from now on that it wants; gives a function that ends it."""
        subscription = _Subscription(listener, wants, self._depth, self._remove)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        subscription.start()
        return subscription.end

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._subscriptions)

    @property
    def lost(self) -> int:
        """How many items present listeners were too slow for."""
        return sum(subscription.lost for subscription in self._subscriptions)

    def _remove(self, gone: _Subscription[T]) -> None:
        with self._lock:
            self._subscriptions = tuple(one for one in self._subscriptions if one is not gone)


class _Subscription(Generic[T]):
    """One listener, what waits for it, and the thread that calls it."""

    def __init__(
        self,
        listener: Callable[[T], None],
        wants: Callable[[T], bool],
        depth: int,
        removed: Callable[[_Subscription[T]], None],
    ) -> None:
        self._listener = listener
        self._wants = wants
        self._waiting: deque[T] = deque(maxlen=depth)
        self._changed = threading.Condition()
        self._ended = False
        self._removed = removed
        self.lost = 0

    def start(self) -> None:
        threading.Thread(target=self._work, name="sightline-bus", daemon=True).start()

    def offer(self, item: T) -> None:
        if not self._wants(item):
            return
        with self._changed:
            if len(self._waiting) == self._waiting.maxlen:
                self.lost += 1
            self._waiting.append(item)
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._waiting.clear()
            self._changed.notify()
        self._removed(self)

    def _work(self) -> None:
        try:
            while (item := self._next()) is not None:
                self._listener(item)
        finally:
            self.end()

    def _next(self) -> T | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            return None if self._ended else self._waiting.popleft()
