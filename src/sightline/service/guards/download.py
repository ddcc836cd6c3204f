"""Fetches a video from an address that a user named, without lending them this server's place in the network.

A name is looked up once, every address it has is judged, and the connection goes to the very one that was judged: a
name that leads elsewhere a moment later (DNS rebinding) gains nothing. Each redirect is judged anew. Size and time are
bounded, whatever the other side declares; nothing is unpacked on the way.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from sightline.core.addresses import Address, Network, checked_address, networks
from sightline.core.errors import (
    AddressRefusedError,
    MediaTooLargeError,
    OutputFullError,
    RunTimeoutError,
    SourceUnavailableError,
)

if TYPE_CHECKING:
    import httpx

    from sightline.settings import Settings

_PORTS = {"https": 443, "http": 80}
_LONGEST_URL = 4096
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class DownloadRules:
    """What may be fetched, and what it may cost.

    Attributes:
        most_bytes: Largest file.
        most_s: Longest time for all of it, redirects included.
        silence_s: Longest silence of the other side.
        redirects: Most redirects that are followed.
        schemes: How it may be fetched; plain `http` lets others on the way change the file.
        ports: Ports that may be called; others are seldom web servers.
        networks: Networks beside the public ones.
    """

    most_bytes: int
    most_s: float = 3600.0
    silence_s: float = 30.0
    redirects: int = 5
    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({443, 80, 8443, 8080})
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> DownloadRules:
        """Give what the settings allow."""
        return cls(
            most_bytes=settings.max_file_bytes,
            most_s=settings.fetch_s,
            schemes=frozenset(settings.fetch_schemes),
            networks=networks(settings.fetch_networks),
        )


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came.

    Attributes:
        url: Where it was in the end.
        size_bytes: How much it was.
        content_type: What the other side says it is; not to be trusted.
    """

    url: str
    size_bytes: int
    content_type: str


def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system for a name's addresses."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def download(url: str, out: BinaryIO, rules: DownloadRules, *, resolve: Resolve = look_up) -> Fetched:
    """Write the file behind an address to `out`, block by block.

    Raises:
        AddressRefusedError: It, or where it redirects to, may not be called.
        SourceUnavailableError: Nobody answers, or not with a file.
        MediaTooLargeError: It is over the limit.
        RunTimeoutError: It takes too long.
        OutputFullError: The disk is full.
    """
    with _Deadline(rules.most_s) as deadline:
        for _ in range(rules.redirects + 1):
            parts = checked_url(url, rules)
            with _asked(parts, _address(parts, rules, resolve), rules, deadline) as answer:
                if answer.status_code not in _REDIRECTS:
                    size_bytes = _written(answer, out, rules)
                    return Fetched(url, size_bytes, answer.headers.get("content-type", "")[:200])
                url = urljoin(url, answer.headers.get("location", ""))
    raise SourceUnavailableError(
        f"the address redirects more than {rules.redirects} times", hint="give the address of the file itself"
    )


def checked_url(url: str, rules: DownloadRules) -> SplitResult:
    """Give an address in parts; whether its host may be called is judged when that is looked up.

    Raises:
        AddressRefusedError: Its scheme or port may not be used, or it holds a name and password.
    """
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefusedError("not an address", hint="as in https://example.org/clip.mp4")
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise AddressRefusedError("not an address", hint="as in https://example.org/clip.mp4") from None
    if parts.scheme not in rules.schemes:
        raise AddressRefusedError(
            f"only {' and '.join(sorted(rules.schemes))} may be fetched, not {parts.scheme[:20]!r}",
            hint="upload the video instead",
        )
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise AddressRefusedError("an address has a host and no password", hint="use a signed link instead")
    if port not in rules.ports:
        raise AddressRefusedError(f"port {port} may not be called", hint="upload the video instead")
    return parts


def _address(parts: SplitResult, rules: DownloadRules, resolve: Resolve) -> Address:
    """Look the host up, once, and judge every address it has."""
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError):
        found = ()
    if not found:
        raise SourceUnavailableError(f"nobody knows {host[:100]}", hint="check the address")
    judged = [checked_address(one, allowed=rules.networks) for one in found]
    return judged[0]


class _Deadline:
    """Breaks the connection off when the time is up: a timeout of the socket alone begins anew with every byte."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._break)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Take the socket that is in use now; called by httpcore at each step."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = info["return_value"].get_extra_info("socket")
            if self.passed:
                self._break()

    def _break(self) -> None:
        self.passed = True
        if self._socket is not None:
            with suppress(OSError):  # closed already
                self._socket.shutdown(socket.SHUT_RDWR)


@contextmanager
def _asked(
    parts: SplitResult, address: Address, rules: DownloadRules, deadline: _Deadline
) -> Iterator[httpx.Response]:
    """Ask the judged address, under the name that was given."""
    import httpx

    port = parts.port or _PORTS[parts.scheme]
    place = f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"
    headers = {"host": parts.netloc, "accept-encoding": "identity", "user-agent": "sightline"}
    try:
        with (
            httpx.Client(timeout=rules.silence_s, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "GET",
                urlunsplit(parts._replace(netloc=place, fragment="")),
                headers=headers,
                extensions={"sni_hostname": parts.hostname, "trace": deadline.watch},
            ) as answer,
        ):
            yield answer
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        if deadline.passed:
            raise RunTimeoutError(
                f"fetching the video took longer than {rules.most_s:g} s", hint="upload it instead"
            ) from None
        reason = str(error) or type(error).__name__
        raise SourceUnavailableError(
            f"{parts.hostname} does not answer: {reason}", hint="try again later, or upload the video"
        ) from error


def _written(answer: httpx.Response, out: BinaryIO, rules: DownloadRules) -> int:
    if answer.status_code != HTTPStatus.OK:
        raise SourceUnavailableError(f"the address answers {answer.status_code}", hint="check the address")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise SourceUnavailableError("the address answers in a packed form", hint="upload the video instead")
    declared = answer.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > rules.most_bytes:
        raise _too_large(rules)
    size_bytes = 0
    for block in answer.iter_raw():
        size_bytes += len(block)
        if size_bytes > rules.most_bytes:
            raise _too_large(rules)
        try:
            out.write(block)
        except OSError as error:
            raise OutputFullError(
                f"the video cannot be kept: {error.strerror}", hint="free some room"
            ) from error
    return size_bytes


def _too_large(rules: DownloadRules) -> MediaTooLargeError:
    return MediaTooLargeError(
        f"the video is over the limit of {rules.most_bytes:,} bytes", hint="cut it into parts"
    )
