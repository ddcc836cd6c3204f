"""Counts on Redis: one limit over all servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.adapters.limits.memory import MemoryLimiter
from sightline.adapters.redis_server import PREFIX, RedisServer
from sightline.core.errors import AdapterUnavailableError

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring
    from sightline.core.limits import Rate
    from sightline.core.time import Clock

_log = structlog.get_logger()
# Reading and taking must be one step. Times are in seconds by the servers' clocks, which may differ a little: a
# clock that is behind gets no tokens for a time that has been counted.
_TAKE = """
local burst, per_s, now_s = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'since_s')
local tokens, since_s = tonumber(kept[1] or burst), tonumber(kept[2] or now_s)
tokens = math.min(burst, tokens + math.max(0, now_s - since_s) * per_s)
local wait_s = 0
if tokens >= 1 then tokens = tokens - 1 else wait_s = (1 - tokens) / per_s end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'since_s', tostring(math.max(now_s, since_s)))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / per_s * 1000) + 1000)
return tostring(wait_s)
"""


class RedisLimiter:
    """Token buckets on a Redis server; while that is away each process counts by itself.

    Args:
        server: The Redis server.
        clock: Tells the time.
    """

    waits = True

    def __init__(self, server: RedisServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._alone = MemoryLimiter(clock)

    @classmethod
    def wired(cls, wiring: Wiring) -> RedisLimiter:
        """Make it as the settings say."""
        return cls(wiring.redis(), wiring.clock)

    def take(self, key: str, rate: Rate) -> float:
        """Take one token from a bucket; 0 where there was one, else how long to wait for it, seconds."""
        given = (f"{PREFIX}limit:{key}", rate.burst, rate.per_s, repr(self._clock.now_s()))
        try:
            return float(self._server.call(lambda client: client.eval(_TAKE, 1, *given)))
        except AdapterUnavailableError as error:
            _log.info("limits_alone", error=str(error))
            return self._alone.take(key, rate)
