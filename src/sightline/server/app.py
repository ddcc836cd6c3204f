"""Builds the one application that `sightline serve` runs: the API, and all that every request passes through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

import sightline
from sightline.api import app as api
from sightline.api.feed import EventFeed
from sightline.api.platform import PREFIX
from sightline.api.status_fast_path import StatusFastPath
from sightline.api.statuses import StatusCache
from sightline.asgi import problems
from sightline.asgi.metrics import HttpMetrics
from sightline.asgi.middleware import BodyLimitMiddleware, RequestMiddleware
from sightline.live import app as live
from sightline.server.metrics import ServiceMetrics
from sightline.service.housekeeping.chores import Housekeeper
from sightline.service.pipelines.progress import ProgressBoard
from sightline.service.watch.watcher import WatchKeeper
from sightline.worker.pool import WorkerPool

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_UPLOADS = (f"{PREFIX}/videos", f"{PREFIX}/uploads")
_ABOUT = """Turns video into data.

Upload a video or name one, start a pipeline on it, follow its events, and fetch tables, reports and pictures.
Refusals are problem details (RFC 9457) with a stable `code`, a `hint` and the `request_id` to find it in the logs.
"""


def build_server(platform: Platform, *, tls: bool = False) -> FastAPI:
    """Join the doors into one application.

    Args:
        platform: The adapters.
        tls: The application is served over TLS, so browsers are told to insist on it.
    """
    settings = platform.settings
    app = FastAPI(
        title="Sightline",
        version=sightline.__version__,
        description=_ABOUT,
        lifespan=_lifespan,
        redirect_slashes=False,
        docs_url=None,  # the framework's page takes its scripts from elsewhere; api/routes/reference.py has ours
        redoc_url=None,
    )
    metrics = HttpMetrics()
    app.state.service_metrics = ServiceMetrics(platform, metrics)
    app.state.platform = platform
    app.state.metrics = metrics
    app.state.closing = asyncio.Event()
    app.state.board = ProgressBoard()
    app.state.statuses = StatusCache(platform, app.state.board)
    app.state.feed = EventFeed(platform, app.state.closing, metrics.listeners.set)
    problems.install(app)
    for router in (*api.routers(), *live.routers()):
        app.include_router(router)
    # The last one added is the first to see a request.
    app.add_middleware(StatusFastPath, statuses=app.state.statuses)
    app.add_middleware(
        BodyLimitMiddleware,
        limit_bytes=settings.max_body_bytes,
        upload_limit_bytes=settings.max_file_bytes,
        uploads=_UPLOADS,
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["*"],
        )
    app.add_middleware(RequestMiddleware, metrics=metrics, tls=tls, changed=app.state.statuses.forget)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    platform: Platform = app.state.platform
    housekeeper = Housekeeper(platform)
    settings = platform.settings
    workers = WorkerPool(platform, settings.workers, relays=True, niceness=settings.run_niceness)
    ends = [
        platform.bus.subscribe(app.state.metrics.take),
        platform.bus.subscribe(app.state.service_metrics.take),
        platform.bus.subscribe(app.state.board.take),
        app.state.feed.start(),
    ]
    watching = WatchKeeper(platform, settings.watch)
    workers.start()
    housekeeper.start()
    watching.start()
    try:
        yield
    finally:
        for end in ends:
            end()
        await run_in_threadpool(watching.close)
        await run_in_threadpool(housekeeper.close)
        await run_in_threadpool(workers.close)


def _document(app: FastAPI) -> dict[str, Any]:
    """Give the OpenAPI document, with the shape of problems in it."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = problems.Problem.model_json_schema()
    return app.openapi_schema or {}
