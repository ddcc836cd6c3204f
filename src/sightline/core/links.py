"""Links that open one thing for whoever holds them, for a while."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from sightline.core.errors import AccessDeniedError

_EXPIRES, _SIGNATURE = "expires", "signature"


def signed_link(base: str, path: str, *, secret: bytes, until_s: float) -> str:
    """Give `base/path` with the time it holds until and a signature over both.

    Args:
        base: Address in front of the path, without a slash at its end.
        path: What the link opens.
        secret: Known to the server alone.
        until_s: Wall clock, seconds since the Unix epoch.
    """
    until = int(until_s)
    query = urlencode({_EXPIRES: until, _SIGNATURE: _signature(path, until, secret)})
    return f"{base}/{quote(path)}?{query}"


def checked_link(path: str, query: str, *, secret: bytes, now_s: float) -> str:
    """Give `path` back when the query of its link was signed by us and still holds.

    Raises:
        AccessDeniedError: It was not, or does not any more.
    """
    given = parse_qs(urlsplit(f"?{query}").query)
    until = given.get(_EXPIRES, [""])[0]
    signature = given.get(_SIGNATURE, [""])[0]
    whole = until.isascii() and until.isdigit() and len(until) <= 12
    if not whole or not hmac.compare_digest(
        signature.encode(), _signature(path, int(until), secret).encode()
    ):
        raise AccessDeniedError("the link is not one of ours", hint="ask for a new one")
    if int(until) <= now_s:
        raise AccessDeniedError("the link has run out", hint="ask for a new one")
    return path


def _signature(path: str, until: int, secret: bytes) -> str:
    return hmac.new(secret, f"{until}\n{path}".encode(), hashlib.sha256).hexdigest()
