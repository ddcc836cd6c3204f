"""One Redis server, its failures under their names and behind a breaker; what all adapters on Redis share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sightline.core.errors import AdapterError, AdapterUnavailableError, SettingsError
from sightline.core.optional import require

if TYPE_CHECKING:
    from sightline.core.breaker import Breaker

T = TypeVar("T")
_CONNECT_WITHIN_S = 3.0
_ANSWER_WITHIN_S = 5.0
PREFIX = "sightline:"
"""Every key begins with it, so that a server may be shared."""


class RedisServer:
    """Connects on first use, and again by itself after the server was away.

    Args:
        url: As in `redis://:password@host:6379/0` or `rediss://` for TLS.
        breaker: Keeps callers from waiting for a server that is away.

    Raises:
        MissingDependencyError: The `redis` extra is not installed.
        SettingsError: The address cannot be understood.
    """

    def __init__(self, url: str, breaker: Breaker) -> None:
        self._redis = require("redis", extra="redis")
        self._breaker = breaker
        try:
            self._client = self._redis.Redis.from_url(
                url,
                socket_connect_timeout=_CONNECT_WITHIN_S,
                socket_timeout=_ANSWER_WITHIN_S,
                health_check_interval=30,
                decode_responses=True,
            )
        except ValueError as error:
            raise SettingsError(
                f"the Redis address cannot be used: {error}",
                hint="set SIGHTLINE_REDIS_URL, as in redis://127.0.0.1:6379/0",
            ) from None

    def call(self, use: Callable[[Any], T]) -> T:
        """Let `use` talk to the server.

        Raises:
            AdapterUnavailableError: It does not answer.
            AdapterError: It refuses.
        """
        with self._breaker.guard():
            return self._named(use)

    def wait(self, use: Callable[[Any], T]) -> T:
        """Like `call`, for a listener that retries by itself and may not open the breaker for others."""
        return self._named(use)

    def ping(self) -> None:
        """Raises `AdapterUnavailableError` where the server does not answer."""
        self.call(lambda client: client.ping())

    def close(self) -> None:
        """Let go of all connections that nobody waits on."""
        self._client.connection_pool.disconnect(inuse_connections=False)

    def _named(self, use: Callable[[Any], T]) -> T:
        errors = self._redis.exceptions
        try:
            return use(self._client)
        except (errors.ConnectionError, errors.TimeoutError) as error:
            raise AdapterUnavailableError(
                f"Redis does not answer: {error}", hint="check SIGHTLINE_REDIS_URL and that the server runs"
            ) from error
        except errors.RedisError as error:
            raise AdapterError(
                f"Redis refuses: {error}",
                hint="check the user and password in SIGHTLINE_REDIS_URL, and what they may do",
            ) from error
