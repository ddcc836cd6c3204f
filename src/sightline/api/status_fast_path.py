"""Answers who asks again and again how far a run is, before the framework looks at the request.

It does so only where nothing has to be waited for: the caller is known, may look at the run and is within their pace, and
the status was read a moment ago because many ask for it. All else, every refusal too, goes the way of all requests.
"""

from __future__ import annotations

import re
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from sightline.api.platform import PREFIX
from sightline.asgi.security import known_caller

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from sightline.api.statuses import StatusCache

_PATH = re.compile(rf"{PREFIX}/pipeline/([\w-]+)/status")
_ROUTE = SimpleNamespace(path=f"{PREFIX}/pipeline/{{pipeline_id}}/status")


class StatusFastPath:
    """Passes requests on, but for those that it answers.

    Args:
        app: What answers the others.
        statuses: Has the statuses.
    """

    def __init__(self, app: ASGIApp, *, statuses: StatusCache) -> None:
        self._app = app
        self._statuses = statuses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        body = self._at_hand(scope)
        if body is None:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _at_hand(self, scope: Scope) -> bytes | None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        named = _PATH.fullmatch(scope["path"])
        if named is None:
            return None
        caller = partial(known_caller, HTTPConnection(scope), "runs.read")
        body = self._statuses.at_hand(named[1], caller)
        if body is not None:
            scope["route"] = _ROUTE  # names it in the log and the metrics, as the framework would
        return body
