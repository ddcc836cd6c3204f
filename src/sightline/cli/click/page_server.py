"""Serves the page of `service.football.clicks` on this machine alone, until somebody has saved the points."""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from sightline.core.errors import SightlineError

if TYPE_CHECKING:
    from sightline.service.football.clicks.session import Clicks

_HOST = "127.0.0.1"
_LONGEST_BODY = 1 << 20
_WAKE_S = 0.2


class PageServer:
    """The page behind an address that only who started it knows; it is good for one set of points."""

    def __init__(self, clicks: Clicks, *, port: int = 0) -> None:
        self.clicks = clicks
        self.token = secrets.token_urlsafe(24)
        self.kept: Path | None = None
        self.done = threading.Event()
        self._server = _Server(self, port)

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{_HOST}:{self._server.server_port}/{self.token}/"

    def knows(self, host: str, path: str) -> str | None:
        """Give what is asked for; None where the address or the name of the machine is another."""
        port = self._server.server_port
        token, _, what = path.removeprefix("/").partition("/")
        if host not in {f"{_HOST}:{port}", f"localhost:{port}"}:
            return None  # a page from elsewhere that has its name point here
        return what if secrets.compare_digest(token.encode(), self.token.encode()) else None

    def wait(self) -> Path:
        """Answer until the points are saved.

        Raises:
            KeyboardInterrupt: The user stopped it.
        """
        thread = threading.Thread(target=self._server.serve_forever, args=(_WAKE_S,), daemon=True)
        thread.start()
        try:
            while not self.done.wait(_WAKE_S):
                pass
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
        return self.kept or self.clicks.out


def can_open() -> bool:
    """Tell whether a browser window can appear on this machine; a browser in the terminal would be in the way."""
    return sys.platform in {"darwin", "win32"} or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: PageServer, port: int) -> None:
        super().__init__((_HOST, port), _Answers)
        self.owner = owner


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        what = self.server.owner.knows(self.headers.get("Host", ""), asked.path)
        if what == "":
            page = self.server.owner.clicks.page(served=True)
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page.encode())
        elif what == "frame" and (jpeg := self._frame(parse_qs(asked.query).get("t", [""])[0])):
            self._answer(HTTPStatus.OK, "image/jpeg", jpeg)
        else:
            self._refuse()

    def do_POST(self) -> None:
        what = self.server.owner.knows(self.headers.get("Host", ""), urlsplit(self.path).path)
        data = self._body()
        if data is None or what not in {"solve", "keep"}:
            self._refuse()
            return
        told = self.server.owner.clicks.solve(data) if what == "solve" else self._keep(data)
        self._answer(HTTPStatus.OK, "application/json", json.dumps(told).encode())
        if what == "keep" and "problem" not in told:
            self.server.owner.done.set()

    def _keep(self, data: dict[str, Any]) -> dict[str, Any]:
        try:
            self.server.owner.kept = self.server.owner.clicks.keep(data)
        except SightlineError as error:
            return {"problem": error.message}
        return {"path": str(self.server.owner.kept)}

    def _frame(self, t_s: str) -> bytes | None:
        try:
            return self.server.owner.clicks.frame(float(t_s))
        except (ValueError, OverflowError, SightlineError):
            return None

    def _body(self) -> dict[str, Any] | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            return None
        try:
            data = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return None
        return data if isinstance(data, dict) else None

    def _refuse(self) -> None:
        self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"nothing here\n")

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is the user's."""
