"""Bounded channels between lanes, with a named policy and statistics."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Policy(StrEnum):
    """What a full channel does with one item more."""

    EVERY_FRAME = "every_frame"
    FRESHEST = "freshest"


class ChannelAborted(Exception):  # noqa: N818 - a signal between lanes, never shown to a user
    """The run is being torn down."""


@dataclass(slots=True)
class ChannelStats:
    """What a channel has seen.

    Attributes:
        put: Items that went in.
        dropped: Items that a newer one pushed out (`freshest` only).
        deepest: Most items that waited at once.
        put_wait_s: Time that writers waited for room.
        get_wait_s: Time that readers waited for items.
    """

    put: int = 0
    dropped: int = 0
    deepest: int = 0
    put_wait_s: float = 0.0
    get_wait_s: float = 0.0


class Channel(Generic[T]):
    """A queue of at most `capacity` items for one writer and one reader.

    `every_frame` makes the writer wait; `freshest` pushes the oldest item out and hands it back to the
    writer, so that nothing is dropped without somebody knowing.
    """

    def __init__(self, name: str, capacity: int, policy: Policy = Policy.EVERY_FRAME) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be >= 1, got {capacity}")
        self.name = name
        self.stats = ChannelStats()
        self._capacity = capacity
        self._policy = policy
        self._items: deque[T] = deque()
        self._changed = Condition()
        self._closed = False
        self._aborted = False

    def put(self, item: T) -> T | None:
        """Add an item; gives the one it pushed out, if any.

        Raises:
            ChannelAborted: The run is being torn down.
        """
        with self._changed:
            dropped = None
            if len(self._items) >= self._capacity:
                if self._policy is Policy.FRESHEST:
                    dropped = self._items.popleft()
                    self.stats.dropped += 1
                else:
                    self._wait_for_room()
            self._check()
            self._items.append(item)
            self.stats.put += 1
            self.stats.deepest = max(self.stats.deepest, len(self._items))
            self._changed.notify_all()
            return dropped

    def get_many(self, limit: int) -> list[T]:
        """Take up to `limit` items, at least one; an empty list means that the channel is closed and empty.

        Raises:
            ChannelAborted: The run is being torn down.
        """
        with self._changed:
            if not self._items and not self._closed:
                started = time.perf_counter()
                self._changed.wait_for(lambda: self._items or self._closed or self._aborted)
                self.stats.get_wait_s += time.perf_counter() - started
            self._check()
            taken = [self._items.popleft() for _ in range(min(limit, len(self._items)))]
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Say that nothing more will come; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def abort(self) -> None:
        """Wake both ends and make every further call raise."""
        with self._changed:
            self._aborted = True
            self._changed.notify_all()

    def _wait_for_room(self) -> None:
        started = time.perf_counter()
        self._changed.wait_for(lambda: len(self._items) < self._capacity or self._aborted)
        self.stats.put_wait_s += time.perf_counter() - started

    def _check(self) -> None:
        if self._aborted:
            raise ChannelAborted(self.name)
