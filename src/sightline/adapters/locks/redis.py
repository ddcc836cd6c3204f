"""Locks on Redis, for several processes and machines.

A lock that ran out may have a new holder while the old one still works; whatever must not happen twice is fenced
in the database as well. See Redis' own page on distributed locks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from sightline.adapters.redis_server import PREFIX, RedisServer
from sightline.core.errors import ConflictError
from sightline.ports import Lock

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring
    from sightline.core.time import Clock

# Only the holder may change a lock, and looking and changing must be one step.
_EXTEND = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0"
_RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"


class RedisLocks:
    """A key for each held name; Redis removes it when its lease is over.

    Args:
        server: The Redis server.
        clock: Says when a lease is over, for whoever looks at it.
    """

    def __init__(self, server: RedisServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    @classmethod
    def wired(cls, wiring: Wiring) -> RedisLocks:
        """Make it as the settings say."""
        return cls(wiring.redis(), wiring.clock)

    def take(self, name: str, *, lease_s: float) -> Lock | None:
        """Hold a name for a while; None while somebody else holds it."""
        token = uuid4().hex
        expires_s = self._clock.now_s() + lease_s
        lease_ms = _milliseconds(lease_s)
        taken = self._server.call(lambda client: client.set(_key(name), token, nx=True, px=lease_ms))
        return Lock(name, token, expires_s) if taken else None

    def extend(self, lock: Lock, *, lease_s: float) -> Lock:
        """Hold it longer; raises `ConflictError` where it ran out."""
        expires_s = self._clock.now_s() + lease_s
        given = (_key(lock.name), lock.token, _milliseconds(lease_s))
        if not self._server.call(lambda client: client.eval(_EXTEND, 1, *given)):
            raise ConflictError(f"the lock {lock.name!r} ran out")
        return replace(lock, expires_s=expires_s)

    def release(self, lock: Lock) -> None:
        """Let others have it; does nothing where it ran out."""
        self._server.call(lambda client: client.eval(_RELEASE, 1, _key(lock.name), lock.token))


def _key(name: str) -> str:
    return f"{PREFIX}lock:{name}"


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
