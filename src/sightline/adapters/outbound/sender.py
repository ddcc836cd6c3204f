"""Brings webhooks to their addresses over HTTP.

A name is looked up once and the connection goes to the very address that was judged, so that a name which leads
elsewhere a moment later (DNS rebinding) gains nothing. Redirects are answers, and never followed.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from sightline.core.addresses import Address, Network, checked_address, networks
from sightline.core.errors import AdapterUnavailableError, AddressRefusedError

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring

_PORTS = {"http": 80, "https": 443}
_MOST_ANSWER_BYTES = 64_000
Resolve = Callable[[str, int], Sequence[str]]


def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system for a name's addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class HttpSender:
    """Posts to public addresses, and to networks that are allowed by name.

    Args:
        allowed: Networks beside the public ones.
        resolve: Gives a name's addresses.
    """

    def __init__(self, allowed: Sequence[Network] = (), resolve: Resolve = look_up) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve

    @classmethod
    def wired(cls, wiring: Wiring) -> HttpSender:
        """Make it as the settings say."""
        return cls(networks(wiring.settings.webhook_networks))

    def send(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> int:
        """Give the HTTP status of the answer; follows no redirect."""
        import httpx

        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        if not port or not parts.hostname:
            raise AddressRefusedError(
                f"only http and https are sent to, not {parts.scheme!r}",
                hint="give an address that begins with https://",
            )
        address = self._address(parts.hostname, port)
        place = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
        direct = urlunsplit(parts._replace(netloc=place, fragment=""))
        try:
            with (
                httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False) as client,
                client.stream(
                    "POST",
                    direct,
                    content=body,
                    headers={**headers, "host": parts.netloc},
                    extensions={"sni_hostname": parts.hostname},
                ) as answer,
            ):
                _drain(answer.iter_raw())
                return int(answer.status_code)
        except (httpx.HTTPError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise AdapterUnavailableError(
                f"{parts.hostname} does not answer: {reason}",
                hint="see whether it is up and can be reached from this server",
            ) from error

    def _address(self, host: str, port: int) -> Address:
        """Give the first address, once all of the name's are judged."""
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise AdapterUnavailableError(
                f"nobody knows {host}: {error}",
                hint="check how the address is spelled, and this server's DNS",
            ) from error
        judged = [checked_address(text, allowed=self._allowed) for text in found]
        if not judged:
            raise AdapterUnavailableError(
                f"nobody knows {host}", hint="check how the address is spelled, and this server's DNS"
            )
        return judged[0]


def _drain(chunks: Iterable[bytes]) -> None:
    """Read what is answered, so that the other side is not cut off; a flood is left alone."""
    left = _MOST_ANSWER_BYTES
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            return
