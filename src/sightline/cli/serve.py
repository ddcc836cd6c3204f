"""`sightline serve`: the HTTP API on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.console import note
from sightline.cli.lazy import leaf


@leaf(
    "serve",
    "sightline serve",
    "sightline serve --port 9000",
    "sightline serve --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem --redirect-port 80",
)
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate chain, PEM: speak https.", show_default=False)
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="The certificate's key, PEM.", show_default=False)
    ] = None,
    redirect_port: Annotated[
        int | None,
        typer.Option(help="Port on which http is sent to https.", show_default=False, min=1, max=65535),
    ] = None,
) -> None:
    """Run the HTTP API, with workers in the same process.

    Stop it with Ctrl-C: what is being answered is finished, and runs go on when it starts again. A database
    server that is away at the start is waited for.
    """
    from sightline.cli.session import await_platform, stoppable
    from sightline.server.app import build_server
    from sightline.server.serve import Listen
    from sightline.server.serve import serve as run_server
    from sightline.service.accounts.users import first_admin, setup_path

    listen = Listen(host, port, tls_cert, tls_key, redirect_port)
    with stoppable() as asked:
        platform = await_platform(asked)
    if platform is None:
        return
    app = build_server(platform, tls=listen.is_tls)

    def ready() -> None:
        note(f"Sightline listens; {listen.url} says what to do first, {listen.url}/docs shows the API")
        invited = first_admin(platform)
        if invited is not None:
            note(f"nobody can sign in yet: set {invited.user.name}'s password, once, at")
            note(f"{listen.url}{setup_path(invited.setup_token)}")

    run_server(app, listen, ready=ready)
