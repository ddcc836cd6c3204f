"""Keeps a camera connected: endless tries with jittered waits, a watchdog for silence, a state that can be seen."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import av

from sightline.core.errors import MediaError, SettingsError

if TYPE_CHECKING:
    from av.container import InputContainer

    from sightline.core.time import Clock

NETWORK = ("rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "rtp", "udp", "srt")
_OVER_NETWORK = "http,https,tcp,tls,crypto,rtp,udp,rtsp,rtmp,srt,httpproxy"
"""What an address may lead to: a playlist from the network never opens a file of this machine."""


class CameraState(StrEnum):
    """Where a camera stands.

    connecting -> streaming -> (lost) waiting -> connecting ...; a file that has been played is `ended`.
    """

    CONNECTING = "connecting"
    STREAMING = "streaming"
    WAITING = "waiting"
    ENDED = "ended"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a camera is to be found.

    Attributes:
        url: `rtsp://`, `rtmp://`, `http(s)://` (HLS or MJPEG), or a file's path.
        listens: Wait for the camera to push to us (`rtmp`, `rtsp`) instead of fetching.
        silence_s: Without a picture for so long, the connection counts as lost.
        longest_wait_s: Waits between tries double up to this.
        proxy: HTTP proxy that `http(s)` is fetched through, with all that it leads to; empty for none.
    """

    url: str
    listens: bool = False
    silence_s: float = 10.0
    longest_wait_s: float = 30.0
    proxy: str = ""

    def __post_init__(self) -> None:
        if self.listens and self.scheme not in ("rtmp", "rtsp"):
            raise SettingsError("only rtmp and rtsp can be pushed to us", hint="leave `listens` out")

    @property
    def scheme(self) -> str:
        """As in `rtsp`; empty for a file."""
        scheme, separator, _ = self.url.partition("://")
        return scheme.lower() if separator else ""

    @property
    def is_file(self) -> bool:
        """Whether it is played once, at its own pace."""
        return self.scheme not in NETWORK

    def options(self) -> dict[str, str]:
        """Options of the demuxer."""
        if self.is_file:
            return {}
        options = {"protocol_whitelist": _OVER_NETWORK, "fflags": "nobuffer", "analyzeduration": "2000000"}
        if self.scheme in ("rtsp", "rtsps"):
            options["rtsp_transport"] = "tcp"
            if self.listens:
                options["rtsp_flags"] = "listen"
                # In seconds; left out, it is taken from a time in microseconds, which is refused as too large.
                options["listen_timeout"] = str(max(1, round(self.silence_s)))
        elif self.listens:
            options["listen"] = "1"
        if self.proxy and self.scheme in ("http", "https"):
            options["http_proxy"] = self.proxy
        return options


@dataclass(slots=True)
class Connection:
    """How it went so far.

    Attributes:
        state: Where it stands.
        since_s: Since when, seconds since the Unix epoch.
        connects: How often it was connected.
        failures: Tries in a row that failed.
        error: What ended the last one.
        retry_in_s: Wait before the next.
    """

    state: CameraState = CameraState.CONNECTING
    since_s: float = 0.0
    connects: int = 0
    failures: int = 0
    error: str = ""
    retry_in_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "state": self.state.value,
            "since_s": self.since_s,
            "connects": self.connects,
            "failures": self.failures,
            "error": self.error,
            "retry_in_s": round(self.retry_in_s, 2),
        }


@dataclass(slots=True)
class Reconnector:
    """Opens an address again and again, and hands each open container on.

    Attributes:
        address: What is opened.
        clock: Tells the time.
        rng: Draws the jitter, so that many cameras do not come back at once.
        read: Reads a container to its end; tells of each picture by calling what it is handed.
        connection: How it went so far.
        ended: Set to hang up.
        changed: Told each new state.
    """

    address: Address
    clock: Clock
    read: Callable[[InputContainer, Callable[[], None]], None]
    rng: random.Random = field(default_factory=random.Random)
    connection: Connection = field(default_factory=Connection)
    ended: threading.Event = field(default_factory=threading.Event)
    changed: Callable[[CameraState], None] = lambda _: None

    def run(self) -> None:
        """Stay connected until `ended` is set, or a file has been played."""
        while not self.ended.is_set():
            self._become(CameraState.CONNECTING)
            try:
                self._once()
            except (OSError, av.FFmpegError, IndexError, ValueError, MediaError) as error:
                self._note(str(error) or type(error).__name__)
            else:
                if self.address.is_file:
                    self._become(CameraState.ENDED)
                    return
                self._note("the stream ended")
            if not self.ended.is_set():
                self._wait()
        self._become(CameraState.STOPPED)

    def _once(self) -> None:
        silence_s = self.address.silence_s
        with av.open(
            self.address.url,
            options=self.address.options(),
            timeout=None if self.address.is_file else (silence_s, silence_s),
        ) as container:
            self.read(container, self._arrived)

    def _arrived(self) -> None:
        """A picture came."""
        if self.connection.state is not CameraState.STREAMING:
            self._become(CameraState.STREAMING)
            self.connection.connects += 1
            self.connection.failures = 0

    def _note(self, error: str) -> None:
        self.connection.error = error.replace(self.address.url, "the camera")[:300]
        self.connection.failures += 1

    def _wait(self) -> None:
        if self.address.listens:
            self.ended.wait(0.1)  # nobody has called yet
            return
        doubled = 0.5 * 2 ** min(self.connection.failures - 1, 10)
        self.connection.retry_in_s = min(doubled, self.address.longest_wait_s) * self.rng.uniform(0.5, 1.5)
        self._become(CameraState.WAITING)
        self.ended.wait(self.connection.retry_in_s)

    def _become(self, state: CameraState) -> None:
        self.connection.state = state
        self.connection.since_s = self.clock.now_s()
        self.changed(state)
