"""Hands the events of runs to everybody who follows them: each stored event once, in order, from any cursor on.

What is stored is read from the journal once for each run, however many follow it, and encoded once. The bus says when
to look; where the bus does not reach (a worker in another process), the journal is looked at every second.

Listeners are told in rounds, a few in one turn of the event loop: a thousand at once would keep everybody else waiting.
What happens during a round is told with the next one, so the more there are who listen, the more they are told at a time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from starlette.concurrency import run_in_threadpool

from sightline.core.errors import AdapterError, RunNotFoundError
from sightline.core.events import RunEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sightline.service.platform import Platform

_log = structlog.get_logger("sightline.http")
_LOOK_EVERY_S = 1.0
_TICK_EVERY_S = 1.0
_QUIET_S = 15.0
_PAGE = 1000
_TOLD_AT_ONCE = 10
_BETWEEN_S = 0.006  # so 1,600 are told a second at most, and a thousand within 0.6 s


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """An event as it is sent.

    Attributes:
        event: What happened; its cursor is 0 where it is told but not stored.
        data: It as JSON.
        sse: It as a server-sent event; only a stored one has an id that a client may come back with.
    """

    event: RunEvent
    data: str
    sse: bytes


def encoded(event: RunEvent) -> EncodedEvent:
    """Give an event as it is sent."""
    data = json.dumps(to_json(event), ensure_ascii=False)
    start = f"id: {event.cursor}\n" if event.cursor else ""
    return EncodedEvent(event, data, f"{start}event: {event.kind}\ndata: {data}\n\n".encode())


def to_json(event: RunEvent) -> dict[str, Any]:
    """Give an event as plain data."""
    return {
        "cursor": event.cursor,
        "run_id": event.run_id,
        "kind": event.kind.value,
        "stage": event.stage,
        "t_s": event.t_s,
        "details": dict(event.details),
    }


class EventFeed:
    """Follows runs for many listeners; lives in one event loop.

    Args:
        platform: Where the events are.
        closing: Set when the server stops; ends every stream.
        listeners: Told how many follow something now.
    """

    def __init__(self, platform: Platform, closing: asyncio.Event, listeners: Callable[[int], None]) -> None:
        self._platform = platform
        self._closing = closing
        self._listeners = listeners
        self._channels: dict[str, _Channel] = {}
        self._count = 0

    def start(self) -> Callable[[], None]:
        """Listen to the bus; gives a function that ends it."""
        loop = asyncio.get_running_loop()

        def heard(event: RunEvent) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._heard, event)

        return self._platform.bus.subscribe(heard)

    async def follow(self, run_id: str, *, after: int = 0) -> AsyncIterator[EncodedEvent]:
        """Give a run's events: stored ones with a cursor above `after`, then new ones until the run has ended.

        Between stored events the pace is told, about once a second, by events without a cursor.
        """
        async for batch in self.batches(run_id, after=after):
            for one in batch:
                yield one

    async def batches(self, run_id: str, *, after: int = 0) -> AsyncGenerator[Sequence[EncodedEvent]]:
        """Like `follow`, with all that is new at once; with nothing now and then, where nothing happens."""
        channel = self._channels.get(run_id)
        if channel is None or channel.has_ended:  # a run that ended may have been resumed since
            channel = self._channels[run_id] = _Channel(self._platform, run_id)
        self._counted(channel, 1)
        try:
            async for batch in channel.listen(after, self._closing):
                yield batch
        finally:
            self._counted(channel, -1)
            if not channel.listeners:
                channel.stop()
                if self._channels.get(run_id) is channel:
                    del self._channels[run_id]

    def _heard(self, event: RunEvent) -> None:
        channel = self._channels.get(event.run_id)
        if channel is not None:
            channel.take(event)

    def _counted(self, channel: _Channel, change: int) -> None:
        channel.listeners += change
        self._count += change
        self._listeners(self._count)


class _Group:
    """Some listeners that are told in one turn of the loop."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.members = 0

    def wake(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


class _Channel:
    """One run that is followed: its stored events, the newest tick, and who waits for more."""

    def __init__(self, platform: Platform, run_id: str) -> None:
        self._platform = platform
        self._run_id = run_id
        self._stored: list[EncodedEvent] = []  # in order of cursor
        self._tick: EncodedEvent | None = None
        self._tick_s = -_TICK_EVERY_S
        self._round_s = 0.0
        self.has_ended = False
        self._groups: list[_Group] = []
        self._look = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.listeners = 0

    async def listen(self, after: int, closing: asyncio.Event) -> AsyncGenerator[Sequence[EncodedEvent]]:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_looking(closing))
        await self._ready.wait()
        tick, first = self._tick, self._stored[0].event.cursor if self._stored else 1
        place = max(0, after - first + 1)  # a run's cursors have no gaps
        group = self._joined()
        try:
            while True:
                changed = group.changed
                batch = self._stored[place:]
                place = max(place, len(self._stored))
                if self._tick is not tick and self._tick is not None and not self.has_ended:
                    tick = self._tick
                    batch.append(tick)
                yield batch
                if changed is not group.changed:
                    continue
                if self.has_ended or closing.is_set():
                    return
                await changed.wait()
        finally:
            group.members -= 1

    def take(self, event: RunEvent) -> None:
        """Take what the bus says: a tick is passed on, a stored event is a reason to look."""
        if not event.cursor:
            now_s = asyncio.get_running_loop().time()
            if now_s - self._tick_s < _TICK_EVERY_S:
                return
            self._tick, self._tick_s = encoded(event), now_s
        self._look.set()

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _joined(self) -> _Group:
        """Give the group of one more listener."""
        group = next((one for one in self._groups if one.members < _TOLD_AT_ONCE), None)
        if group is None:
            group = _Group()
            self._groups.append(group)
        group.members += 1
        return group

    def _is_quiet(self) -> bool:
        """Whether listeners have heard nothing for so long that proxies might take it for an end."""
        return asyncio.get_running_loop().time() - self._round_s >= _QUIET_S

    async def _tell(self) -> None:
        """Wake everybody who listens now, a group after the other."""
        self._round_s = asyncio.get_running_loop().time()
        self._ready.set()
        self._groups = [group for group in self._groups if group.members]
        for group in list(self._groups):
            group.wake()
            await asyncio.sleep(_BETWEEN_S)

    async def _keep_looking(self, closing: asyncio.Event) -> None:
        told_tick = self._tick
        try:
            while not self.has_ended and not closing.is_set():
                self._look.clear()
                fresh, self.has_ended = await run_in_threadpool(self._read_patiently)
                self._stored += [encoded(event) for event in fresh]
                has_news = bool(fresh) or self.has_ended or self._tick is not told_tick
                if has_news or not self._ready.is_set() or self._is_quiet():
                    told_tick = self._tick
                    await self._tell()
                await _either(self._look, closing, timeout_s=_LOOK_EVERY_S)
        finally:
            self.has_ended = (
                True  # nobody looks any more, so nobody may wait: a listener comes back by its cursor
            )
            self._ready.set()
            for group in self._groups:
                group.wake()

    def _read_patiently(self) -> tuple[list[RunEvent], bool]:
        """Read; while the database is away there is nothing new."""
        try:
            return self._read()
        except AdapterError as error:
            _log.warning("events_not_read", run=self._run_id, error=str(error))
            return [], False

    def _read(self) -> tuple[list[RunEvent], bool]:
        """Read what is new; the run is looked at first, so that an end never hides its last events."""
        try:
            ended = self._platform.runs.get(self._run_id).has_ended
        except RunNotFoundError:
            return [], True
        fresh: list[RunEvent] = []
        cursor = self._stored[-1].event.cursor if self._stored else 0
        while page := self._platform.journal.events(self._run_id, after=cursor, limit=_PAGE):
            fresh += page
            cursor = page[-1].cursor
        return fresh, ended


async def _either(one: asyncio.Event, other: asyncio.Event, *, timeout_s: float) -> None:
    """Wait for either of two, or for a while."""
    waits = [asyncio.ensure_future(one.wait()), asyncio.ensure_future(other.wait())]
    await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
