"""An answer that goes on: server-sent events, sent as they come.

Thousands may be open at once and hear the same, so each costs as little as can be: one task that waits for what is
new and one that waits for the client to leave, no timer, and bytes that were made once for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sightline.api.feed import EncodedEvent

_STILL_HERE = b": still here\n\n"


class EventStream(Response):
    """Sends batches of events until they end or the client leaves.

    Args:
        batches: What is new; an empty one sends a line that keeps proxies from taking silence for an end.
    """

    media_type = "text/event-stream"

    def __init__(self, batches: AsyncGenerator[Sequence[EncodedEvent]]) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._batches = batches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - every answer's
        """Answer a request."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        sending = asyncio.ensure_future(self._send(send))
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait([sending, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, gone):
                task.cancel()
        await asyncio.gather(sending, gone, return_exceptions=True)
        if not sending.cancelled() and (error := sending.exception()) is not None:
            raise error

    async def _send(self, send: Send) -> None:
        async with aclosing(self._batches) as batches:
            async for batch in batches:
                body = b"".join([one.sse for one in batch]) or _STILL_HERE
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
