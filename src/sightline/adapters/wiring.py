"""What adapters are made from, so that `bootstrap` need not know what each of them wants."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sightline import plugins
from sightline.core.breaker import BreakerPolicy
from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from sightline.adapters.redis_server import RedisServer
    from sightline.adapters.sql.connection import Database
    from sightline.core.breaker import Breakers
    from sightline.core.time import Clock
    from sightline.settings import Settings


# Rests shortly: workers that hear nothing of the database for a lease lose their runs.
_DATABASE = BreakerPolicy(failures=5, rest_s=0.5, longest_rest_s=5.0)


class Wiring:
    """Settings, clock, breakers, and the connections that several adapters share.

    Args:
        settings: How Sightline is set up.
        clock: Tells the time.
        breakers: One for each outside service.
    """

    def __init__(self, settings: Settings, clock: Clock, breakers: Breakers) -> None:
        self.settings = settings
        self.clock = clock
        self.breakers = breakers

    def make(self, group: str, name: str) -> Any:
        """Make the adapter of that name; one that needs more than nothing has a `wired`."""
        kind = plugins.load(group, name)
        wired = getattr(kind, "wired", None)
        return wired(self) if wired is not None else kind()

    def database(self) -> Database:
        """Give the SQL database, open; what keeps things in it shares it."""
        return self._database

    @cached_property
    def _database(self) -> Database:
        from sightline.adapters.sql.connection import Database

        if self.settings.database.startswith("sqlite"):
            return Database(self.settings.database)
        database = Database(self.settings.database, self.breakers.of("database", _DATABASE))
        self.breakers.watch("database", database.ping)
        return database

    def redis(self) -> RedisServer:
        """Give the Redis server; raises `SettingsError` where none is set."""
        return self._redis

    @cached_property
    def _redis(self) -> RedisServer:
        from sightline.adapters.redis_server import RedisServer

        if not self.settings.redis_url:
            raise SettingsError(
                "an adapter on Redis is chosen and no server is named",
                hint="set SIGHTLINE_REDIS_URL, as in redis://127.0.0.1:6379/0",
            )
        server = RedisServer(self.settings.redis_url, self.breakers.of("redis"))
        self.breakers.watch("redis", server.ping)
        return server
