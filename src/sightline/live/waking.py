"""Lets a coroutine wait for news that come from other threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import move_on_after

if TYPE_CHECKING:
    from sightline.service.live.stream.outbox import Outbox


@asynccontextmanager
async def waking(
    outbox: Outbox, closing: asyncio.Event | None = None
) -> AsyncIterator[Callable[[float], Awaitable[bool]]]:
    """Give a function that waits for news: `await news(seconds)` says whether there were any in time.

    Args:
        outbox: What is listened to.
        closing: Ends the waiting too, when the server stops.
    """
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(woken.set)

    async def watch_closing() -> None:
        if closing is not None:
            await closing.wait()
            woken.set()

    async def news(seconds: float) -> bool:
        with move_on_after(seconds):
            await woken.wait()
        came = woken.is_set()
        woken.clear()
        return came

    end = outbox.listen(wake)
    watcher = asyncio.create_task(watch_closing())
    try:
        yield news
    finally:
        watcher.cancel()
        end()
