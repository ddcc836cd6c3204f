"""A stream over a WebSocket: frames in, results out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

from anyio import create_task_group, fail_after, to_thread
from fastapi import APIRouter, Depends, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import LimitError, SightlineError, StreamOverloadedError
from sightline.core.stream_messages import ConfigMessage, FrameMessage, read_binary, read_text
from sightline.live.dependencies import LiveHere, own_stream, settings_of
from sightline.live.reply import as_text, finished, pong
from sightline.live.waking import waking
from sightline.service.accounts.access import allow
from sightline.service.live.stream.rate import TokenBucket

if TYPE_CHECKING:
    from sightline.core.stream_messages import ClientMessage
    from sightline.service.live.stream.session import Stream

router = APIRouter(prefix="/stream")

_TRY_LATER, _POLICY, _GOING_AWAY, _TOO_SLOW = 1013, 1008, 1001, 1008
_SEND_WITHIN_S = 30.0
_MESSAGES_HZ = 150.0
_EXCESS = 2000
_LOOK_EVERY_S = 1.0


@router.websocket("/detection")
async def detection(
    socket: WebSocket, live: LiveHere, who: Annotated[Principal, Depends(may("live.read"))]
) -> None:
    """Open a stream for as long as the socket lives, or join one's own that POST /stream/sessions opened.

    A browser cannot set headers here. It opens its stream by POST, and joins it with `client_id` and a `ticket`.
    """
    joined = socket.query_params.get("client_id")
    if not joined:
        allow(who, "live.create")
    await socket.accept()
    try:
        if joined:
            stream = own_stream(live, who, joined)
        else:
            given = settings_of(socket.query_params)
            stream = await to_thread.run_sync(lambda: live.open(given, owner=who.user_id))
    except SightlineError as error:
        await _refuse(socket, error)
        return
    try:
        await _Conversation(socket, stream).hold()
    finally:
        if not joined:
            live.close(stream.id)


async def _refuse(socket: WebSocket, error: SightlineError) -> None:
    facts: dict[str, Any] = {"code": error.code, "message": error.message, "hint": error.hint}
    code = _POLICY
    if isinstance(error, StreamOverloadedError | LimitError):
        code = _TRY_LATER
        facts["retry_after_s"] = error.retry_after_s
    await socket.send_text(as_text("error", facts))
    await socket.close(code, error.code)


class _Conversation:
    """One socket and its stream: a reader and a writer, each waiting for its own side alone."""

    def __init__(self, socket: WebSocket, stream: Stream) -> None:
        self._socket = socket
        self._stream = stream
        self._answers: deque[str] = deque(maxlen=64)
        self._pace = TokenBucket(_MESSAGES_HZ, 2 * _MESSAGES_HZ, asyncio.get_running_loop().time())
        self._excess = 0
        self._code: int | None = None
        self._number = stream.outbox.last

    async def hold(self) -> None:
        """Talk until either side ends it."""
        stream = self._stream
        self._answer("config_ack", {"client_id": stream.id, **stream.settings.model_dump()})
        closing: asyncio.Event = self._socket.app.state.closing
        async with create_task_group() as both:

            async def until_it_ends(side: Callable[[], Awaitable[int | None]]) -> None:
                self._code = await side() or self._code
                both.cancel_scope.cancel()

            both.start_soon(until_it_ends, self._read)
            both.start_soon(until_it_ends, lambda: self._write(closing))
        if self._code is not None and self._socket.client_state is WebSocketState.CONNECTED:
            await self._socket.close(self._code)

    # -- in --------------------------------------------------------------------------------------------------

    async def _read(self) -> int | None:
        """Take messages until the client goes; gives the code to close with, None where it has gone."""
        loop = asyncio.get_running_loop()
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            if not self._pace.allows(loop.time()):
                self._excess += 1
                if self._excess > _EXCESS:
                    return _POLICY
            text, data = message.get("text"), message.get("bytes")
            try:
                self._take(read_binary(data) if data is not None else read_text(text or ""))
            except SightlineError as error:
                self._answer("error", {"code": error.code, "message": error.message, "hint": error.hint})

    def _take(self, message: ClientMessage) -> None:
        stream = self._stream
        if isinstance(message, FrameMessage):
            stream.arrived(
                message.picture, message.frame_id, captured_s=message.captured_s, extras=message.extras
            )
        elif isinstance(message, ConfigMessage):
            self._answer(
                "config_ack", {"client_id": stream.id, **stream.configure(message.settings).model_dump()}
            )
        else:
            stream.heard()
            self._answer("pong", pong(message, stream))

    # -- out -------------------------------------------------------------------------------------------------

    def _answer(self, kind: str, data: Any) -> None:
        """Answer at once; who asks without reading loses the oldest answers, not our memory."""
        self._answers.append(as_text(kind, data))
        self._stream.outbox.wake()

    async def _write(self, closing: asyncio.Event) -> int | None:
        """Send until there is nothing more to come; gives the code to close with."""
        stream = self._stream
        async with waking(stream.outbox, closing) as news:
            while True:
                while self._answers:
                    if not await self._send(self._answers.popleft()):
                        return _TOO_SLOW
                for message in stream.outbox.after(self._number):
                    self._number = message.number
                    if not await self._send(as_text(message.kind, finished(message, stream.now_s()))):
                        return _TOO_SLOW
                    stream.sent(message)
                if stream.outbox.closed or closing.is_set():
                    return _GOING_AWAY
                await news(_LOOK_EVERY_S)

    async def _send(self, text: str) -> bool:
        """Send, or say that the client has not read for too long."""
        try:
            with fail_after(_SEND_WITHIN_S):
                await self._socket.send_text(text)
        except TimeoutError:
            return False
        except (WebSocketDisconnect, RuntimeError):
            return False  # it has gone; the reader finds out by itself
        return True
