"""The events of a pipeline as they happen: server-sent events, and the same over a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from sightline.api.event_stream import EventStream
from sightline.api.feed import EncodedEvent, EventFeed
from sightline.api.platform import PREFIX, PipelineId, PlatformHere
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import RunNotFoundError
from sightline.service.pipelines.find import find_run
from sightline.service.platform import Platform

router = APIRouter(prefix=PREFIX, tags=["events"])
Reader = Annotated[Principal, Depends(may("runs.read"))]
After = Annotated[int, Query(ge=0, description="Cursor of the last event that was seen; 0 gives all.")]
_ENDED, _RESTARTING = 1000, 1012


@router.get(
    "/pipeline/{pipeline_id}/events",
    operation_id="follow_events",
    summary="Follow a pipeline's events",
    response_class=Response,
    responses=listed(RunNotFoundError)
    | {
        200: {
            "description": "Events as they happen; the stream ends with the pipeline.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def follow_events(
    request: Request,
    platform: PlatformHere,
    who: Reader,
    pipeline_id: PipelineId,
    after: After = 0,
    last_event_id: Annotated[int | None, Header(ge=0, description="As browsers send it.")] = None,
) -> Response:
    """Give every stored event once, in order, from `Last-Event-ID` on; between them the pace, without an id."""
    run = await run_in_threadpool(find_run, platform, who, pipeline_id)
    feed: EventFeed = request.app.state.feed
    return EventStream(feed.batches(run.id, after=max(after, last_event_id or 0)))


@router.websocket("/pipeline/{pipeline_id}/events")
async def follow_events_ws(
    websocket: WebSocket, who: Reader, pipeline_id: PipelineId, after: After = 0
) -> None:
    """Send each event as a JSON text; the server closes with 1000 once the pipeline has ended.

    With 1012 it closes because it stops; whoever comes back with the last cursor as `after` misses nothing.
    """
    platform: Platform = websocket.app.state.platform
    run = await run_in_threadpool(find_run, platform, who, pipeline_id)
    feed: EventFeed = websocket.app.state.feed
    await websocket.accept()
    gone = asyncio.ensure_future(_until_gone(websocket))
    sending = asyncio.ensure_future(_send(websocket, feed.follow(run.id, after=after)))
    try:
        await asyncio.wait([gone, sending], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, sending):
            task.cancel()
    if sending.done() and not sending.cancelled() and not gone.done():
        await websocket.close(_RESTARTING if websocket.app.state.closing.is_set() else _ENDED)


async def _send(websocket: WebSocket, events: AsyncIterator[EncodedEvent]) -> None:
    async for one in events:
        await websocket.send_text(one.data)


async def _until_gone(websocket: WebSocket) -> None:
    """Take whatever the client says, until it leaves."""
    try:
        while True:
            await websocket.receive()
            if websocket.client_state.name == "DISCONNECTED":
                return
    except WebSocketDisconnect:
        return
