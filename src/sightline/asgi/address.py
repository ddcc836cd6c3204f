"""Where a request comes from."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection


def client_address(connection: HTTPConnection) -> str:
    """Give the address of whoever asks: the nearest one that is not a trusted proxy's.

    `X-Forwarded-For` counts only as far as trusted proxies have written it; anybody can send the rest.
    """
    here = connection.client.host if connection.client else ""
    trusted = connection.app.state.platform.settings.trusted_proxies
    if not trusted:
        return here
    passed = [one.strip() for one in connection.headers.get("x-forwarded-for", "").split(",") if one.strip()]
    for hop in [here, *reversed(passed)]:
        if not _is_in(hop, trusted):
            return hop if _is_address(hop) else here
    return here


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, networks: tuple[str, ...]) -> bool:
    return _is_address(text) and any(
        ip_address(text) in ip_network(network, strict=False) for network in networks
    )
