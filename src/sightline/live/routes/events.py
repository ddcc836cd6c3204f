"""A stream's messages as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import StreamNotFoundError
from sightline.live.dependencies import LiveHere, stream_for
from sightline.live.reply import as_event, finished
from sightline.live.waking import waking

if TYPE_CHECKING:
    from sightline.service.live.stream.session import Stream

router = APIRouter(prefix="/stream", tags=["live"])

PING_EVERY_S = 15.0


@router.get(
    "/events/{client_id}",
    operation_id="stream_events",
    summary="Follow a stream",
    response_class=StreamingResponse,
    responses={
        **listed(StreamNotFoundError),
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    },
)
async def stream_events(
    client_id: str,
    request: Request,
    live: LiveHere,
    who: Annotated[Principal, Depends(may("live.read"))],
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
    after: Annotated[
        int | None, Query(ge=0, description="As `Last-Event-ID`, for clients without headers.")
    ] = None,
) -> StreamingResponse:
    """Send `detection_result`, `hazard_event`, `error` and `ping`; `Last-Event-ID` goes on where a reader left off.

    Of hazard events the last thousand are kept, so that one who comes back in time has each of them once.
    """
    stream = stream_for(live, who, client_id, "live.read")
    begin = last_event_id if last_event_id is not None else after or 0
    closing: asyncio.Event = request.app.state.closing
    return StreamingResponse(
        _events(stream, begin, closing),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(stream: Stream, number: int, closing: asyncio.Event) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async with waking(stream.outbox, closing) as news:
        while True:
            for message in stream.outbox.after(number):
                number = message.number
                stream.heard()
                yield as_event(number, message.kind, finished(message, stream.now_s()))
                stream.sent(message)
            if stream.outbox.closed or closing.is_set():
                return
            if not await news(PING_EVERY_S):
                stream.heard()
                yield f'event: ping\ndata: {{"timestamp":{stream.now_s():.3f}}}\n\n'
