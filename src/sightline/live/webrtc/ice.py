"""Which STUN and TURN servers browsers are told of, and by which addresses they reach this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from sightline.settings import Settings

_GOOD_FOR_S = 86_400
_STUN, _TURN = ("stun:", "stuns:"), ("turn:", "turns:")
_ADDRESS, _FOUNDATION, _PRIORITY = 4, 0, 3


def ice_servers(settings: Settings, *, user: str, now_s: float) -> list[dict[str, Any]]:
    """Give the servers as `RTCPeerConnection` takes them.

    Where no user is set for the TURN servers, one is made: the time at which it ends and the id of who asks, with a
    password that the secret signs. So no browser ever has a password that lasts.

    Args:
        settings: How this machine is set up.
        user: Id of who asks.
        now_s: Seconds since the Unix epoch.

    Raises:
        SettingsError: An address is not a STUN or TURN server's, or a TURN server has no secret.

    Source:
        draft-uberti-behave-turn-rest-00, section 2.2, as coturn's `use-auth-secret` has it.
    """
    stun = [url for url in settings.stream_ice_servers if url.startswith(_STUN)]
    turn = [url for url in settings.stream_ice_servers if url.startswith(_TURN)]
    for url in settings.stream_ice_servers:
        if not url.startswith(_STUN + _TURN):
            raise SettingsError(
                f"{url} is not a STUN or TURN server", hint="as in stun:host:3478, turn:host:3478"
            )
    found: list[dict[str, Any]] = [{"urls": stun}] if stun else []
    if not turn:
        return found
    secret = settings.stream_turn_secret.get_secret_value()
    if not secret:
        raise SettingsError("a TURN server without a secret", hint="set SIGHTLINE_STREAM_TURN_SECRET")
    name, password = settings.stream_turn_user, secret
    if not name:
        name = f"{int(now_s) + _GOOD_FOR_S}:{user}"
        signed = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
        password = base64.b64encode(signed).decode()
    return [*found, {"urls": turn, "username": name, "credential": password}]


def as_links(servers: Sequence[dict[str, Any]]) -> str:
    """Give the servers as a `Link` header.

    Example:
        >>> as_links([{"urls": ["stun:a:3478"]}])
        '<stun:a:3478>; rel="ice-server"'

    Source:
        RFC 9725, section 4.6.
    """
    links = []
    for server in servers:
        who = ""
        if "username" in server:
            name, password = (_quoted(server[key]) for key in ("username", "credential"))
            who = f'; username="{name}"; credential="{password}"; credential-type="password"'
        links += [f'<{url}>; rel="ice-server"{who}' for url in server["urls"]]
    return ", ".join(links)


def checked_addresses(addresses: Sequence[str]) -> tuple[str, ...]:
    """Give the addresses that answers name besides the machine's own.

    Raises:
        SettingsError: One is not an IP address.
    """
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise SettingsError(
                f"{address} is not an IP address",
                hint="as in SIGHTLINE_STREAM_WEBRTC_ADDRESSES='[\"203.0.113.7\"]'",
            ) from None
    return tuple(addresses)


def with_addresses(answer: str, addresses: Sequence[str]) -> str:
    """Name further addresses in an answer, each with the ports of the machine's own addresses of its kind.

    Args:
        answer: SDP.
        addresses: IPv4 or IPv6.

    Source:
        RFC 8839, section 5.1.
    """
    lines = []
    for line in answer.splitlines():
        lines.append(line)
        head, _, text = line.partition("a=candidate:")
        parts = text.split()
        if head or "typ host" not in text or len(parts) <= _ADDRESS:
            continue
        for number, address in enumerate(addresses, 1):
            if ipaddress.ip_address(address).version != ipaddress.ip_address(parts[_ADDRESS]).version:
                continue
            more = list(parts)
            more[_ADDRESS] = address
            more[_FOUNDATION] = f"{parts[_FOUNDATION][:24]}n{number}"
            more[_PRIORITY] = str(max(int(parts[_PRIORITY]) - number, 1))
            lines.append("a=candidate:" + " ".join(more))
    return "\r\n".join(lines) + "\r\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
