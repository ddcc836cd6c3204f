"""Locks inside one process."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from sightline.core.errors import ConflictError
from sightline.ports import Lock

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring
    from sightline.core.time import Clock


class MemoryLocks:
    """Locks in a dictionary.

    Args:
        clock: Tells when they run out.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._held: dict[str, Lock] = {}

    @classmethod
    def wired(cls, wiring: Wiring) -> MemoryLocks:
        """Make it as the settings say."""
        return cls(wiring.clock)

    def take(self, name: str, *, lease_s: float) -> Lock | None:
        """Hold a name for a while; None while somebody else holds it."""
        with self._guard:
            now_s = self._clock.now_s()
            if name in self._held and self._held[name].expires_s > now_s:
                return None
            self._held[name] = Lock(name, uuid4().hex, now_s + lease_s)
            return self._held[name]

    def extend(self, lock: Lock, *, lease_s: float) -> Lock:
        """Hold it longer; raises `ConflictError` where it ran out."""
        with self._guard:
            now_s = self._clock.now_s()
            held = self._held.get(lock.name)
            if held is None or held.token != lock.token or held.expires_s <= now_s:
                raise ConflictError(f"the lock {lock.name!r} ran out")
            self._held[lock.name] = replace(lock, expires_s=now_s + lease_s)
            return self._held[lock.name]

    def release(self, lock: Lock) -> None:
        """Let others have it; does nothing where it ran out."""
        with self._guard:
            held = self._held.get(lock.name)
            if held is not None and held.token == lock.token:
                del self._held[lock.name]
