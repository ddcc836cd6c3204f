"""An event bus on a Redis stream, for several processes and machines.

Events are appended to one stream of bounded length. Each process reads it with one thread, hands events to its
listeners, and after an outage goes on from the entry it had last: nothing is lost to a listener that lives, as
long as the stream holds what it missed. Who was away longer follows the run's journal by cursor.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from sightline.adapters.bus.fanout import Fanout
from sightline.adapters.redis_server import PREFIX, RedisServer
from sightline.core.errors import AdapterError, AdapterUnavailableError
from sightline.core.events import EventKind, RunEvent

if TYPE_CHECKING:
    from sightline.adapters.bus.memory import Listener
    from sightline.adapters.wiring import Wiring
    from sightline.core.time import Clock

_STREAM = f"{PREFIX}events"
_KEPT = 100_000
_AT_ONCE = 500
_DEPTH = 2048
_BLOCK_MS = 1000
_REST_S = 0.5
_log = structlog.get_logger()


class RedisBus:
    """Publishes to a stream and listens to it.

    Args:
        server: The Redis server.
        clock: Says from when on a listener hears where the server is away.
        kept: About how many events the stream holds.
    """

    def __init__(self, server: RedisServer, clock: Clock, *, kept: int = _KEPT) -> None:
        self._server = server
        self._clock = clock
        self._kept = kept
        self._fanout: Fanout[_Received] = Fanout(depth=_DEPTH)
        self._lock = threading.Lock()
        self._reader: _Reader | None = None

    @classmethod
    def wired(cls, wiring: Wiring) -> RedisBus:
        """Make it as the settings say."""
        return cls(wiring.redis(), wiring.clock)

    def publish(self, event: RunEvent) -> None:
        """Tell every listener in every process; raises `AdapterUnavailableError` where Redis is away."""
        fields = {"event": _written(event)}
        self._server.call(lambda client: client.xadd(_STREAM, fields, maxlen=self._kept, approximate=True))

    def subscribe(self, listener: Listener, *, run_id: str | None = None) -> Callable[[], None]:
        """Call `listener` for each event from now on; gives a function that ends it."""
        since = self._newest()
        with self._lock:
            end = self._fanout.subscribe(
                lambda received: listener(received.event),
                lambda received: received.place > since and run_id in {None, received.event.run_id},
            )
            if self._reader is None:
                self._reader = _Reader(self._server, self._fanout, since)
        return lambda: self._leave(end)

    def _newest(self) -> tuple[int, int]:
        """Give the place of the stream's last entry; places begin with the time, so by the clock where Redis is away."""
        try:
            newest = self._server.call(lambda client: client.xrevrange(_STREAM, count=1))
        except AdapterUnavailableError:
            return (int(self._clock.now_s() * 1000), 0)
        return _place(newest[0][0]) if newest else (0, 0)

    def _leave(self, end: Callable[[], None]) -> None:
        end()
        with self._lock:
            if self._reader is not None and not self._fanout.listeners:
                self._reader.end()
                self._reader = None


class _Received(NamedTuple):
    """An event and its place in the stream: milliseconds, and a number within them."""

    place: tuple[int, int]
    event: RunEvent


class _Reader:
    """Reads the stream in a thread of its own until it is ended; survives the server's absence."""

    def __init__(self, server: RedisServer, fanout: Fanout[_Received], after: tuple[int, int]) -> None:
        self._server = server
        self._fanout = fanout
        self._after = after
        self._ended = threading.Event()
        threading.Thread(target=self._read, name="sightline-redis-bus", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def _read(self) -> None:
        while not self._ended.is_set():
            try:
                found = self._server.wait(self._next)
            except AdapterError as error:
                _log.info("bus_away", error=str(error))
                self._ended.wait(_REST_S)
                continue
            for entry, fields in found[0][1] if found else ():
                self._after = _place(entry)
                if not self._ended.is_set():
                    self._fanout.publish(_Received(self._after, _read(fields)))

    def _next(self, client: Any) -> Any:
        after = f"{self._after[0]}-{self._after[1]}"
        return client.xread({_STREAM: after}, count=_AT_ONCE, block=_BLOCK_MS)


def _written(event: RunEvent) -> str:
    return json.dumps(
        {
            "run_id": event.run_id,
            "kind": event.kind.value,
            "stage": event.stage,
            "t_s": event.t_s,
            "details": dict(event.details),
            "cursor": event.cursor,
        },
        separators=(",", ":"),
    )


def _read(fields: Mapping[str, str]) -> RunEvent:
    values: dict[str, Any] = json.loads(fields["event"])
    return RunEvent(**{**values, "kind": EventKind(values["kind"])})


def _place(entry: str) -> tuple[int, int]:
    """Give a stream entry's id as numbers that compare."""
    time_ms, _, number = entry.partition("-")
    return int(time_ms), int(number)
