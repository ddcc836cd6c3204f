"""Runs the application on granian, in this process, until it is asked to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server

from sightline.core.errors import AdapterUnavailableError, SettingsError
from sightline.server.redirect import RedirectApp

if TYPE_CHECKING:
    from fastapi import FastAPI

_MOST_AT_ONCE = 8192  # requests, listeners to events among them
_BACKLOG = 2048
_TRIES, _TRY_EVERY_S = 400, 0.05
_HEADERS_WITHIN_MS = 10_000  # a client that dribbles its headers is cut off


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen.

    Attributes:
        host: Address of one of this machine's networks.
        port: TCP port.
        tls_cert: Certificate chain, PEM; None for plain HTTP.
        tls_key: Its key, PEM.
        redirect_port: With TLS: port on which plain HTTP is answered by a redirect; None for none.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    tls_cert: Path | None = None
    tls_key: Path | None = None
    redirect_port: int | None = None

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsError("TLS needs a certificate and its key", hint="give --tls-cert and --tls-key")
        if self.redirect_port is not None and self.tls_cert is None:
            raise SettingsError(
                "a redirect to https needs TLS",
                hint="give --tls-cert and --tls-key, or leave the redirect out",
            )
        for path in (self.tls_cert, self.tls_key):
            if path is not None and not path.is_file():
                raise SettingsError(f"{path} is not there", hint="give a PEM file")

    @property
    def is_tls(self) -> bool:
        """Whether it speaks TLS."""
        return self.tls_cert is not None

    @property
    def url(self) -> str:
        """Address for people to open."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}"


def serve(app: FastAPI, listen: Listen, *, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGINT or SIGTERM; what is being answered then is finished first.

    Args:
        app: What `build_server` gave.
        listen: Where.
        ready: Called once the port is open.

    Raises:
        AdapterUnavailableError: The port is taken, or may not be opened.
        SettingsError: The certificate or key cannot be read.
    """
    asyncio.run(_serve(app, listen, ready))


async def _serve(app: FastAPI, listen: Listen, ready: Callable[[], None]) -> None:
    _check_free(listen.host, listen.port)
    servers = [_server(app, listen.host, listen.port, listen)]
    if listen.redirect_port is not None:
        _check_free(listen.host, listen.redirect_port)
        servers.append(_server(RedirectApp(listen.port), listen.host, listen.redirect_port))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        app.state.closing.set()  # ends the streams of events, which would go on for ever
        for server in servers:
            server.stop()  # type: ignore[no-untyped-call]

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    async with app.router.lifespan_context(app):
        tasks = [loop.create_task(server.serve()) for server in servers]
        await _answering(listen)
        _keep_what_is_loaded()
        ready()
        await asyncio.gather(*tasks)


def _server(app: Any, host: str, port: int, tls: Listen | None = None) -> Server:
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,  # the lifespan is entered above, where its errors can be told
        backlog=_BACKLOG,
        backpressure=_MOST_AT_ONCE,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_WITHIN_MS),
        log_enabled=False,
        ssl_cert=tls.tls_cert if tls else None,
        ssl_key=tls.tls_key if tls else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )


def _check_free(host: str, port: int) -> None:
    """Refuse a port that somebody has: granian would share it, and requests would go now here, now there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise AdapterUnavailableError(
                f"cannot listen on {host}:{port}: {error.strerror}", hint="choose another --port or --host"
            ) from None


def _keep_what_is_loaded() -> None:
    """Have the garbage collector look no more at what was loaded: a full collection would stop the loop for 0.1 s each time."""
    gc.collect()
    gc.freeze()


async def _answering(listen: Listen) -> None:
    """Return once the port takes connections."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104 - looked up, not bound
    for _ in range(_TRIES):
        try:
            _, writer = await asyncio.open_connection(host, listen.port)
        except OSError:
            await asyncio.sleep(_TRY_EVERY_S)
        else:
            writer.close()
            return
    raise AdapterUnavailableError(
        f"{listen.url} does not take connections", hint="see whether the port is free, and what the log says"
    )
