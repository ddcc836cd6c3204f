"""A client of live streams: sends frames at a pace, takes results, and measures how long they took.

What `sightline stream-client` and the load generator use; examples/stream_frames.py shows the protocol without it.
"""

from __future__ import annotations

import base64
import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI
from websockets.sync.client import connect

from sightline.core.errors import (
    AccessDeniedError,
    AuthenticationError,
    SettingsError,
    SightlineError,
    SourceUnavailableError,
    StreamError,
    StreamOverloadedError,
)
from sightline.core.stream_messages import write_binary

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_OPEN_WITHIN_S = 30.0
_ANSWER_WITHIN_S, _ASK_EVERY_S = 1.0, 0.3
_MOST_BYTES = 1 << 24
_TOLD = frozenset({"undecodable", "inference", "too_large"})
"""Drops of which an error tells at once."""


@dataclass(slots=True)
class Tally:
    """What a client has seen.

    Attributes:
        sent: Frames sent.
        answered: Frames with a result.
        refused: Frames with an error.
        dropped: The server's last word on frames it left out, by cause.
        latencies_s: Capture to result here, a frame each.
        legs_ms: The server's own times, by leg.
        events: Events in the order in which they came.
        config: What the server said of the stream when it was opened.
    """

    sent: int = 0
    answered: int = 0
    refused: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)
    legs_ms: dict[str, list[float]] = field(default_factory=dict)
    events: list[Mapping[str, Any]] = field(default_factory=list)
    config: Mapping[str, Any] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def open(self) -> int:
        """Frames that nothing is known of yet."""
        untold = sum(count for cause, count in self.dropped.items() if cause not in _TOLD)
        return self.sent - self.answered - self.refused - untold


class StreamClient:
    """One stream over a WebSocket.

    Args:
        url: As in `ws://127.0.0.1:8000/stream/detection`.
        settings: The stream's settings.
        headers: As in `{"Authorization": "Bearer ..."}`.
        binary: Send binary frames, not base64.
        listener: Told each message of the server's, in the receiving thread.
    """

    def __init__(
        self,
        url: str,
        settings: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        binary: bool = True,
        listener: Callable[[str, Mapping[str, Any]], None] | None = None,
    ) -> None:
        query = urlencode({key: _in_query(value) for key, value in (settings or {}).items()})
        self._url = url + ("&" if "?" in url else "?") + query if query else url
        self._headers = dict(headers or {})
        self._binary = binary
        self._listener = listener
        self._open = ExitStack()
        self._socket: ClientConnection  # from `open` on
        self._receiver: threading.Thread | None = None
        self._changed = threading.Condition()
        self._captured_s: dict[int, float] = {}
        self._ended = False
        self.tally = Tally()

    def open(self) -> Mapping[str, Any]:
        """Connect; gives the stream's settings.

        Raises:
            SourceUnavailableError: The server does not answer.
            AccessError: It wants to know who this is, or that one may not.
            StreamOverloadedError: It has no room.
            StreamError: It refused the settings.
            SettingsError: It is not the address of a WebSocket.
        """
        try:
            self._socket = self._open.enter_context(
                connect(
                    self._url,
                    additional_headers=self._headers,
                    open_timeout=_OPEN_WITHIN_S,
                    max_size=_MOST_BYTES,
                    compression=None,
                )
            )
        except InvalidStatus as error:
            raise refusal(error.response.status_code, bytes(error.response.body or b"")) from None
        except InvalidURI:
            raise SettingsError(
                f"{self._url.partition('?')[0]} is not the address of a WebSocket",
                hint="as in ws://127.0.0.1:8000/stream/detection, or wss:// over TLS",
            ) from None
        except (OSError, TimeoutError) as error:
            raise SourceUnavailableError(
                f"{self._url.partition('?')[0]} does not answer: {error}",
                hint="is `sightline serve` running?",
            ) from None
        first = json.loads(self._socket.recv(timeout=_OPEN_WITHIN_S))
        if first["type"] == "error":
            data = first["data"]
            kind = StreamOverloadedError if data["code"] == StreamOverloadedError.code else StreamError
            raise kind(data["message"], hint=data.get("hint"))
        self.tally.config = first["data"]
        self._receiver = threading.Thread(target=self._receive, name="sightline-stream-client", daemon=True)
        self._receiver.start()
        return self.tally.config

    def send(self, picture: bytes, *, captured_s: float | None = None, **extras: Any) -> int:
        """Send one frame; gives its id.

        Raises:
            SourceUnavailableError: The connection is gone.
        """
        frame_id = self.tally.sent
        now_s = time.time()
        self._captured_s[frame_id] = now_s
        header = {"frame_id": frame_id, "timestamp": now_s if captured_s is None else captured_s, **extras}
        self.tally.sent += 1
        try:
            if self._binary:
                self._socket.send(write_binary(picture, **header))
            else:
                text = base64.b64encode(picture).decode()
                self._socket.send(json.dumps({"type": "frame", "image_data": text, **header}))
        except ConnectionClosed as error:
            raise SourceUnavailableError(
                f"the server closed the connection: {error}",
                hint="open the stream again; the server's log says why",
            ) from None
        return frame_id

    def configure(self, **settings: Any) -> None:
        """Change settings while it runs."""
        self._socket.send(json.dumps({"type": "config", "data": settings}))

    def wait(self, seconds: float, *, leave: int = 0) -> bool:
        """Wait until no more than `leave` frames are open; says whether that came about in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.tally.open <= leave or self._ended, timeout=seconds)

    def settle(self, seconds: float) -> bool:
        """Ask what became of the frames until that is known of all; says whether it came about in time."""
        end_s = time.monotonic() + seconds
        while self.tally.open > 0 and not self._ended and time.monotonic() < end_s:
            with suppress(ConnectionClosed):
                self._socket.send('{"type":"ping"}')
            self.wait(_ASK_EVERY_S)
        return self.tally.open <= 0

    def close(self) -> None:
        """Hang up."""
        self._open.close()
        if self._receiver is not None:
            self._receiver.join(timeout=5)

    def _receive(self) -> None:
        try:
            for text in self._socket:
                message = json.loads(text)
                with self._changed:
                    self._take(message["type"], message["data"])
                    self._changed.notify_all()
                if self._listener is not None:
                    self._listener(message["type"], message["data"])
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _take(self, kind: str, data: Mapping[str, Any]) -> None:
        now_s, tally = time.time(), self.tally
        if kind == "detection_result":
            tally.answered += 1
            tally.dropped = data["dropped"]
            tally.latencies_s.append(now_s - self._captured_s.pop(data["frame_id"], now_s))
            timing = data["timing"]
            for leg, begin, end in (
                ("received_to_sent", "received", "sent"),
                ("received_to_inferred", "received", "inferred"),
            ):
                tally.legs_ms.setdefault(leg, []).append((timing[end] - timing[begin]) * 1000)
        elif kind == "pong":
            tally.dropped = data["frames"]["dropped"]
        elif kind.endswith("_event"):
            tally.events.append(data)
        elif kind == "error":
            tally.errors[data["code"]] += 1
            if "frame_id" in data:
                tally.refused += 1


def refusal(status: int, body: bytes) -> SightlineError:
    """Give what a server's refusal of a connection means, in its own words where it has some."""
    try:
        told = json.loads(body)
        message, hint = str(told["detail"]), told.get("hint")
    except (ValueError, TypeError, KeyError):
        message, hint = f"the server answered {status}", None
    if status == HTTPStatus.UNAUTHORIZED:
        return AuthenticationError(message, hint="give --api-key or --token")
    kind = AccessDeniedError if status == HTTPStatus.FORBIDDEN else SourceUnavailableError
    return kind(message, hint=hint)


def play(
    client: StreamClient,
    pictures: Iterable[tuple[float, bytes]],
    *,
    every_frame: bool = False,
    first_answered: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Send pictures at their own pace.

    Args:
        client: Open.
        pictures: Time in seconds from the first one on, and the picture's file.
        every_frame: Wait for each answer before the next is sent, and send no more than the stream's `fps_limit`, so that
            none is left out.
        first_answered: Begin to keep pace when the first picture is answered: by then the server's models are open. A
            camera waits for nobody.
        stop: Asked before each.
    """
    begun_s = time.monotonic()
    epoch_s = time.time()
    gap_s = 1.0 / float(client.tally.config.get("fps_limit", math.inf)) if every_frame else 0.0
    next_s = 0.0
    for t_s, picture in pictures:
        if stop():
            return
        ahead_s = max(t_s, next_s) - (time.monotonic() - begun_s)
        if ahead_s > 0:
            time.sleep(ahead_s)
        next_s = time.monotonic() - begun_s + gap_s
        client.send(picture, captured_s=epoch_s + t_s)
        if every_frame and not client.wait(_ANSWER_WITHIN_S):
            # It may have been left out: nothing comes back for it.
            client.settle(_OPEN_WITHIN_S)
        elif first_answered:
            client.wait(_OPEN_WITHIN_S)
            begun_s, epoch_s, first_answered = time.monotonic() - t_s, time.time() - t_s, False


def _in_query(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
