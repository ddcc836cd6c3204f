"""What happens to every request: an id, one line in the log, its metrics, headers that protect browsers.

Here stands the web doors' one `except Exception`: whatever nobody foresaw becomes a 500 with the id of the request, and
the trace goes to the log.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request

from sightline.asgi.problems import TOO_LARGE_HINT, of_error, problem
from sightline.core.errors import BodyTooLargeError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sightline.asgi.metrics import HttpMetrics

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_log = structlog.get_logger("sightline.http")

SAFE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
}
"""Sent where a route says nothing else."""
HSTS = "max-age=31536000; includeSubDomains"


class RequestMiddleware:
    """Wraps an application's every request.

    Args:
        app: What answers.
        metrics: Counts and times the requests.
        tls: The server speaks TLS, so browsers may be told to insist on it.
        changed: Called when a request that may have changed something is about to be answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: HttpMetrics,
        tls: bool = False,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._changed = changed
        headers = {**SAFE, "Strict-Transport-Security": HSTS} if tls else SAFE
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(self._app, scope, receive, send, self._headers)
        if scope.get("method", "GET") not in _READING:
            exchange.begins = self._changed
        await exchange.answer(self._metrics)


class _Exchange:
    """One request and what came of it."""

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, headers: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = headers
        self._status = 0
        self._sent_bytes = 0
        self._length = ""
        self.begins: Callable[[], None] | None = None
        given = Headers(scope=scope).get("x-request-id", "")
        self.id = given if _ID.fullmatch(given) else uuid4().hex
        scope["sightline.request_id"] = self.id

    async def answer(self, metrics: HttpMetrics) -> None:
        """Pass the request on; tell of it when it is done."""
        started_s = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=self.id):
            try:
                await self._app(self._scope, self._receive, self._sending)
            except Exception as error:
                _log.exception("request_crashed", path=self._scope["path"])
                if self._status or self._scope["type"] != "http":
                    raise  # the answer has begun; breaking it off is all that is left
                await self._apologise(error)
            finally:
                self._tell(metrics, time.perf_counter() - started_s)

    async def _apologise(self, error: Exception) -> None:
        answer = problem(
            self.id,
            500,
            "internal",
            f"something unforeseen happened: {type(error).__name__}",
            hint="report it with this request id",
        )
        await answer(self._scope, self._receive, self._sending)

    async def _sending(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            if self.begins is not None:
                self.begins()
            self._length = self._completed(message)
        elif message["type"] == "http.response.body":
            self._sent_bytes += len(message.get("body", b""))
        elif message["type"] == "http.response.pathsend":  # the server reads the file by itself
            self._sent_bytes += int(self._length or 0)
        elif message["type"] == "websocket.accept":
            self._status = 101
        await self._send(message)

    def _completed(self, message: Message) -> str:
        """Add what an answer's headers lack; gives the body's length as they declare it, empty where they do not."""
        headers = message["headers"] = list(message.get("headers", ()))
        given: dict[bytes, bytes] = {name.lower(): value for name, value in headers}
        headers += [one for one in self._headers if one[0] not in given]
        headers.append((b"x-request-id", self.id.encode()))
        return given.get(b"content-length", b"").decode("latin-1")

    def _tell(self, metrics: HttpMetrics, took_s: float) -> None:
        route = route_of(self._scope)
        method = self._scope.get("method", "WEBSOCKET")
        metrics.observe(method, route, self._status, took_s)
        client = self._scope.get("client") or ("", 0)
        _log.info(
            "request",
            method=method,
            path=self._scope["path"],  # never the query: tickets and signatures travel in it
            route=route,
            status=self._status,
            ms=round(took_s * 1000, 2),
            sent_bytes=self._sent_bytes,
            client=client[0],
            user=self._scope.get("sightline.user", ""),
        )


def route_of(scope: MutableMapping[str, Any]) -> str:
    """Give the route's template, so that metrics have as many series as there are routes."""
    return str(getattr(scope.get("route"), "path", "")) or "none"


class BodyLimitMiddleware:
    """Refuses bodies over a limit, by what they declare and by what really comes.

    Args:
        app: What answers.
        limit_bytes: For every request but uploads.
        upload_limit_bytes: For addresses under `uploads`.
        uploads: Beginnings of addresses that take files.
    """

    def __init__(
        self, app: ASGIApp, *, limit_bytes: int, upload_limit_bytes: int, uploads: tuple[str, ...]
    ) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._upload_limit_bytes = upload_limit_bytes
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its body stops at the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["path"].startswith(self._uploads)
        limit_bytes = self._upload_limit_bytes if is_upload else self._limit_bytes
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > limit_bytes:
            answer = of_error(Request(scope), BodyTooLargeError(_too_large(limit_bytes), hint=TOO_LARGE_HINT))
            await answer(scope, receive, send)
            return
        came_bytes = 0

        async def counted() -> Message:
            nonlocal came_bytes
            message = await receive()
            came_bytes += len(message.get("body", b""))
            if came_bytes > limit_bytes:
                # FastAPI passes on what is an HTTPException, and takes all else for a body it cannot parse.
                raise HTTPException(413, _too_large(limit_bytes))
            return message

        await self._app(scope, counted, send)


def _too_large(limit_bytes: int) -> str:
    return f"the request's body is over {limit_bytes} bytes"
