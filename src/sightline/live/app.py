"""Gives the routes of live streams; the server joins them with the API's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter


def routers() -> Sequence[APIRouter]:
    """Give every route of live streams; the first one's lifespan opens and closes what they share."""
    from sightline.live.routes import cameras, events, page, sessions, socket, whip

    return (sessions.router, events.router, socket.router, whip.router, page.router, cameras.router)
