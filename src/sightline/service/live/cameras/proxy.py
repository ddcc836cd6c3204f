"""The way out to http cameras: whatever one leads to is judged before it is called.

A camera's server may redirect, and its playlist may name segments anywhere: on networks, too, that users of this server
may not reach. So the demuxer fetches through this proxy on loopback. It looks each name up once, judges all of its
addresses, and calls one of those.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from sightline.core.addresses import checked_address
from sightline.core.errors import AddressRefusedError
from sightline.service.guards.download import look_up

if TYPE_CHECKING:
    from sightline.core.addresses import Network

_log = structlog.get_logger()
_CALL_WITHIN_S = 10.0
_BLOCK_BYTES = 65_536
Resolve = Callable[[str, int], Sequence[str]]
_OWN_HEADERS = ("proxy-connection", "proxy-authorization", "connection")


class GuardedProxy:
    """A proxy on loopback, from when its address is first asked for.

    Args:
        allowed: Networks beside the public ones.
        resolve: Gives a name's addresses.
    """

    def __init__(self, allowed: Sequence[Network] = (), resolve: Resolve = look_up) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._lock = threading.Lock()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Where the demuxer reaches it."""
        with self._lock:
            if self._server is None:
                self._server = _Server(self._call)
                threading.Thread(
                    target=self._server.serve_forever, name="sightline-camera-proxy", daemon=True
                ).start()
            return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Call nobody any more."""
        with self._lock:
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server = None

    def _call(self, host: str, port: int) -> socket.socket:
        judged = [checked_address(text, allowed=self._allowed) for text in self._resolve(host, port)]
        if not judged:
            raise AddressRefusedError(
                f"nobody knows {host}", hint="check how the address is spelled, and this server's DNS"
            )
        return socket.create_connection((str(judged[0]), port), timeout=_CALL_WITHIN_S)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, call: Callable[[str, int], socket.socket]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.call = call

    def handle_error(self, *_: object) -> None:
        """A side that hangs up in the middle is no news."""
        _log.debug("camera_gate", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """One request, handed on; the connection ends with it."""

    server: _Server
    timeout = _CALL_WITHIN_S  # for the request's head alone

    def do_CONNECT(self) -> None:
        """Open a tunnel, as for https."""
        host, _, port = self.path.rpartition(":")
        far = self._called(host.strip("[]"), port)
        if far is not None:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._carry(far)

    def do_GET(self) -> None:
        """Hand a request on, as it is but for what is said to proxies."""
        try:
            parts = urlsplit(self.path)
            host, port = parts.hostname or "", str(parts.port or 80)
        except ValueError:
            host, port = "", ""
        far = self._called(host, port)
        if far is None:
            return
        place = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        lines = [f"{self.command} {place} HTTP/1.1"]
        lines += [
            f"{name}: {value}" for name, value in self.headers.items() if name.lower() not in _OWN_HEADERS
        ]
        far.sendall(("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode("latin-1"))
        self._carry(far)

    def log_message(self, *_: object) -> None:
        """Say nothing; refusals are logged where they are made."""

    def _called(self, host: str, port: str) -> socket.socket | None:
        """Call a place, or answer that it may not or cannot be called."""
        self.close_connection = True
        try:
            return self.server.call(host, int(port))
        except AddressRefusedError as error:
            _log.warning("camera_led_away", host=host[:100], reason=error.message)
            self.send_error(HTTPStatus.FORBIDDEN)
        except (OSError, UnicodeError, ValueError, OverflowError):
            self.send_error(HTTPStatus.BAD_GATEWAY)
        return None

    def _carry(self, far: socket.socket) -> None:
        """Carry bytes both ways until either side ends; how long it may be silent, the demuxer decides."""
        near = self.connection
        near.settimeout(None)
        far.settimeout(None)
        with far:
            back = threading.Thread(target=_pour, args=(far, near), daemon=True)
            back.start()
            _pour(near, far)
            back.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_BLOCK_BYTES):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
