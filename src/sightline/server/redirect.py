"""Sends whoever comes by plain HTTP to https."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import URL, Headers
from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

_HTTPS_PORT = 443


class RedirectApp:
    """Answers every request with the same address under https.

    Args:
        port: Where https is spoken.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect by 308, so that a POST stays one; a request without a host cannot be redirected."""
        if scope["type"] != "http":
            return
        answer: Response
        if Headers(scope=scope).get("host"):
            port = None if self._port == _HTTPS_PORT else self._port
            answer = RedirectResponse(
                str(URL(scope=scope).replace(scheme="https", port=port)), status_code=308
            )
        else:
            answer = PlainTextResponse("use https", status_code=400)
        await answer(scope, receive, send)
