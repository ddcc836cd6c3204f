"""One WebRTC connection: its pictures become a stream's frames, results go out on its data channel."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from anyio import to_thread
from av import VideoFrame

from sightline.core.errors import MessageInvalidError, SightlineError
from sightline.core.stream_messages import ConfigMessage, PingMessage, read_text
from sightline.live.reply import as_text, finished, pong
from sightline.live.waking import waking
from sightline.live.webrtc.annotated import AnnotatedTrack, annotated
from sightline.media.live.pictures import RawPicture
from sightline.service.live.stream.rate import TokenBucket

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack, RTCDataChannel

    from sightline.service.live.stream.outbox import Message
    from sightline.service.live.stream.session import Stream

_log = structlog.get_logger()
_CONNECT_WITHIN_S, _CLOSE_WITHIN_S = 20.0, 5.0
_LOOK_EVERY_S = 1.0
_PICTURES_KEPT = 8
_MOST_UNSENT_BYTES = 1_000_000
_MESSAGES_HZ = 20.0
_REFUSALS = (
    *(ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError, AssertionError),
    *(InvalidAccessError, InvalidStateError, OperationError),
)
"""What aiortc stumbles over in an offer that was damaged: it looks at little before it reads on."""


class Peer:
    """Somebody's camera over WebRTC.

    Args:
        stream: Takes its pictures.
        closing: Set when the server stops.
        ended: Called once, when the connection is over.
    """

    def __init__(self, stream: Stream, closing: asyncio.Event, ended: Callable[[Peer], None]) -> None:
        self.stream = stream
        self._closing = closing
        self._ended = ended
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._channel: RTCDataChannel | None = None
        self._annotated = AnnotatedTrack()
        self._sends_back = False
        self._pictures: OrderedDict[int, RawPicture] = OrderedDict()
        self._newest: tuple[RawPicture, Sequence[Mapping[str, Any]]] | None = None
        self._drawable = asyncio.Event()
        self._pace = TokenBucket(_MESSAGES_HZ, 2 * _MESSAGES_HZ, asyncio.get_running_loop().time())
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = False

    async def answer(self, offer: str) -> str:
        """Give the answer to an offer, and begin.

        Raises:
            MessageInvalidError: It is not an offer that can be answered.
        """
        connection, answered = self._connection, False
        connection.on("track", self._take_track)
        connection.on("datachannel", self._take_channel)
        connection.on("connectionstatechange", self._look)
        try:
            await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            for transceiver in connection.getTransceivers():
                if transceiver.kind == "audio":
                    transceiver.direction = "inactive"
            connection.addTrack(self._annotated)
            await connection.setLocalDescription(await connection.createAnswer())
            answered = True
        except _REFUSALS as error:
            raise MessageInvalidError(
                f"the offer cannot be answered: {str(error)[:200] or type(error).__name__}",
                hint="offer VP8 or H.264 video, as browsers do",
            ) from None
        finally:
            if not answered:  # or its place would be taken for ever
                await self.close()
        self._sends_back = any(
            one.kind == "video" and one.currentDirection in ("sendrecv", "sendonly")
            for one in connection.getTransceivers()
        )
        self._begin(self._tell())
        self._begin(self._give_up())
        if self._sends_back:
            self._begin(self._draw())
        return str(connection.localDescription.sdp)

    async def close(self) -> None:
        """Hang up; does nothing where it is over."""
        if self._over:
            return
        self._over = True
        for task in tuple(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()
        self._annotated.stop()
        self._pictures.clear()
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await self._connection.close()
        except (*_REFUSALS, TimeoutError) as error:  # a connection that was only half made
            _log.debug("webrtc_close", stream=self.stream.id, error=repr(error))
        finally:
            self._ended(self)

    # -- in --------------------------------------------------------------------------------------------------

    def _take_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "video":
            self._begin(self._watch(track))

    async def _watch(self, track: MediaStreamTrack) -> None:
        """Hand each picture on; its time is the sender's clock, which begins anywhere."""
        number = 0
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if not isinstance(frame, VideoFrame):
                    continue
                picture = RawPicture(frame)
                if self._sends_back:
                    self._pictures[number] = picture
                    while len(self._pictures) > _PICTURES_KEPT:
                        self._pictures.popitem(last=False)
                self.stream.arrived(picture, number, captured_s=picture.frame.time)
                number += 1
        await self.close()

    def _take_channel(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        channel.on("message", self._take_message)
        self._send("config_ack", {"client_id": self.stream.id, **self.stream.settings.model_dump()})

    def _take_message(self, text: str | bytes) -> None:
        if not self._pace.allows(asyncio.get_running_loop().time()):
            return
        stream = self.stream
        try:
            message = read_text(text)
            if isinstance(message, ConfigMessage):
                settings = stream.configure(message.settings).model_dump()
                self._send("config_ack", {"client_id": stream.id, **settings})
            elif isinstance(message, PingMessage):
                stream.heard()
                self._send("pong", pong(message, stream))
            else:
                raise MessageInvalidError("pictures come as video here", hint="send config or ping")
        except SightlineError as error:
            self._send("error", {"code": error.code, "message": error.message, "hint": error.hint})

    # -- out -------------------------------------------------------------------------------------------------

    async def _tell(self) -> None:
        """Send results until the stream ends."""
        stream, number = self.stream, 0
        async with waking(stream.outbox, self._closing) as news:
            while not (stream.outbox.closed or self._closing.is_set()):
                for message in stream.outbox.after(number) if self._channel is not None else ():
                    number = message.number
                    self._deliver(message)
                await news(_LOOK_EVERY_S)
        await self.close()

    def _deliver(self, message: Message) -> None:
        self._send(message.kind, finished(message, self.stream.now_s()))
        self.stream.sent(message)
        if message.kind == "detection_result":
            number = message.data["frame_id"]
            picture = self._pictures.pop(number, None)
            while self._pictures and next(iter(self._pictures)) < number:
                self._pictures.popitem(last=False)  # left out; never drawn
            if picture is not None:
                self._newest = picture, message.data["detections"]
                self._drawable.set()

    def _send(self, kind: str, data: Any) -> None:
        """Send, unless the other side has not read for long: results may be left out, memory never grows."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return
        if kind == "detection_result" and channel.bufferedAmount > _MOST_UNSENT_BYTES:
            return
        with suppress(InvalidStateError, ConnectionError, ValueError):
            channel.send(as_text(kind, data))

    async def _draw(self) -> None:
        """Draw the newest result on its picture, off the event loop."""
        while True:
            await self._drawable.wait()
            self._drawable.clear()
            if self._newest is not None:
                picture, found = self._newest
                self._annotated.show(await to_thread.run_sync(annotated, picture, found))

    # -- its end ---------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            await self.close()

    async def _give_up(self) -> None:
        """End a connection that never came about."""
        await asyncio.sleep(_CONNECT_WITHIN_S)
        if self._connection.connectionState != "connected":
            await self.close()

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("webrtc_broke", stream=self.stream.id, exc_info=error)
