"""A Sightline server of its own for the load generator: `python live_server.py HOME PORT`; prints an API key."""

from __future__ import annotations

import sys
from pathlib import Path

from sightline.bootstrap import build_platform
from sightline.cli.logs import configure_logs
from sightline.core.accounts import LOCAL, Role
from sightline.core.errors import ConflictError
from sightline.server.app import build_server
from sightline.server.serve import Listen, serve
from sightline.service.accounts.keys import add_key
from sightline.service.accounts.users import add_user, named_user
from sightline.settings import read_settings


def main(home: str, port: str) -> None:
    settings = read_settings(home=Path(home))
    configure_logs(settings)
    platform = build_platform(settings)
    try:
        user = add_user(platform, LOCAL, "load", Role.ANALYST).user
    except ConflictError:  # the folder has been served before
        user = named_user(platform, "load")
    key = add_key(platform, LOCAL, "load", ("*",), user_id=user.id).text
    serve(build_server(platform), Listen(port=int(port)), ready=lambda: print(key, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:3])
