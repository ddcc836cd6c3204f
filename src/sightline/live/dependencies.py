"""What routes are handed: the live streams, and the one that an address names."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import Depends, FastAPI
from starlette.requests import HTTPConnection

from sightline.core.errors import StreamNotFoundError
from sightline.live.metrics import LiveCollector
from sightline.live.webrtc.peers import Peers
from sightline.service.accounts.access import allow
from sightline.service.live.build import build_live
from sightline.service.live.cameras.registry import CameraRegistry
from sightline.service.live.streams import LiveStreams

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.service.live.stream.session import Stream


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Have live streams and cameras while the server runs; nothing is opened before the first stream is."""
    live = getattr(app.state, "live", None) or build_live(app.state.platform)
    app.state.live = live
    app.state.cameras = cameras = CameraRegistry(app.state.platform, live)
    cameras.start()
    settings = app.state.platform.settings
    app.state.peers = peers = Peers(settings.stream_max_webrtc, port=settings.stream_webrtc_port)
    collector = LiveCollector(live, each=settings.stream_metrics_each)
    registry = app.state.metrics.registry
    registry.register(collector)
    try:
        yield
    finally:
        registry.unregister(collector)
        await peers.shut()
        await to_thread.run_sync(cameras.shut)
        await to_thread.run_sync(live.shut)


def _live(connection: HTTPConnection) -> LiveStreams:
    found: LiveStreams = connection.app.state.live
    return found


LiveHere = Annotated[LiveStreams, Depends(_live)]


def stream_for(live: LiveStreams, who: Principal, client_id: str, action: str) -> Stream:
    """Give a stream that whoever asks may do `action` to.

    Raises:
        StreamNotFoundError: There is none that they may know of.
        AccessDeniedError: They may see it, and not do that.
    """
    stream = live.get(client_id)
    missing = StreamNotFoundError(  # in the words of `get`: nobody learns which streams there are
        "no such stream", hint="it was closed or timed out; open one with POST /stream/sessions"
    )
    allow(who, action, owner_id=stream.owner, missing=missing)
    return stream


def own_stream(live: LiveStreams, who: Principal, client_id: str) -> Stream:
    """Give a stream to its owner, who may feed it: whoever opened it had the right to.

    Raises:
        StreamNotFoundError: It is somebody else's, or not there.
    """
    return live.get(client_id, owner=who.user_id)


def settings_of(query: Mapping[str, str]) -> dict[str, Any]:
    """Give a stream's settings as an address has them; `app_settings` is JSON, `roi` too, or `x1,y1,x2,y2`."""
    found: dict[str, Any] = {
        name: value for name, value in query.items() if name not in ("ticket", "client_id", "token", "share")
    }
    if "roi" in found and not found["roi"].lstrip().startswith("["):
        found["roi"] = f"[{found['roi']}]"
    for name in ("roi", "app_settings"):
        with suppress(ValueError, RecursionError, KeyError):  # what is not JSON is told by its name
            found[name] = json.loads(found[name])
    return found
