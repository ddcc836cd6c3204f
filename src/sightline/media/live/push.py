"""Pushes pictures to a server of somebody else's, again and again when it goes away."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av

from sightline.media.live.coding import LiveEncoder
from sightline.media.live.connection import CameraState, Connection

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.time import Clock

FORMATS = {"rtsp": "rtsp", "rtsps": "rtsp", "rtmp": "flv", "rtmps": "flv"}
"""Schemes that can be pushed to, and what is spoken there."""

_SILENCE_S = 10
_LONGEST_WAIT_S = 30.0

Pictures = Callable[[threading.Event], "Iterator[tuple[UInt8, float]]"]
"""Gives pictures and their times as they come, until an event is set."""


@dataclass(slots=True)
class Push:
    """A stream to somebody else's server; works in the thread that runs it.

    Attributes:
        url: Where to.
        pictures: Gives them.
        clock: Tells the time.
        rng: Draws the jitter.
        connection: How it went so far.
        ended: Set to stop.
    """

    url: str
    pictures: Pictures
    clock: Clock
    rng: random.Random = field(default_factory=random.Random)
    connection: Connection = field(default_factory=Connection)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Push until `ended` is set, or there are no more pictures."""
        connection = self.connection
        while not self.ended.is_set():
            self._become(CameraState.CONNECTING)
            try:
                self._once()
            except (OSError, av.FFmpegError, ValueError) as error:
                connection.failures += 1
                connection.error = (str(error) or type(error).__name__).replace(self.url, "the server")[:300]
            else:
                break
            doubled = 0.5 * 2 ** min(connection.failures - 1, 10)
            connection.retry_in_s = min(doubled, _LONGEST_WAIT_S) * self.rng.uniform(0.5, 1.5)
            self._become(CameraState.WAITING)
            self.ended.wait(connection.retry_in_s)
        self._become(CameraState.STOPPED)

    def _once(self) -> None:
        pictures = self.pictures(self.ended)
        first = next(pictures, None)
        if first is None:
            return
        scheme = self.url.partition("://")[0].lower()
        options = (
            {"rtsp_transport": "tcp"} if FORMATS[scheme] == "rtsp" else {"flvflags": "no_duration_filesize"}
        )
        with av.open(
            self.url, "w", format=FORMATS[scheme], container_options=options, timeout=_SILENCE_S
        ) as sink:
            image, begun_s = first
            encoder = LiveEncoder(sink, (image.shape[0], image.shape[1]))
            size = image.shape
            sink.mux(encoder.encode(image, 0.0))
            for image, t_s in pictures:
                if image.shape != size:
                    raise ValueError("the picture's size has changed")
                sink.mux(encoder.encode(image, t_s - begun_s))
                if self.connection.state is not CameraState.STREAMING:
                    self._become(CameraState.STREAMING)
                    self.connection.connects += 1
                    self.connection.failures = 0

    def _become(self, state: CameraState) -> None:
        self.connection.state = state
        self.connection.since_s = self.clock.now_s()
