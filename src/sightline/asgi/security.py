"""Who is asking, and what they may do.

Deny by default: without the server's own token nothing but the health pages answers. Accounts take this file over.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from fastapi import Request

from sightline.core.errors import AuthenticationError


def may(action: str) -> Callable[[Request], None]:
    """Give a dependency that lets a request pass whose sender may do `action`, as in `runs.read`."""

    def check(request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), str(request.app.state.token).encode()):
            raise AuthenticationError("nobody is signed in", hint="send Authorization: Bearer <token>")

    check.action = action  # type: ignore[attr-defined]
    return check
