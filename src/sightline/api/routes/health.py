"""Whether the server lives, whether it can work, and its metrics."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

import sightline
from sightline.api.platform import PlatformHere
from sightline.asgi.metrics import CONTENT_TYPE, HttpMetrics
from sightline.asgi.security import public
from sightline.service.readiness import check_readiness

router = APIRouter(
    tags=["health"], dependencies=[Depends(public("whoever watches the server has no account"))]
)


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"] = "ok"
    version: str = Field(description="Of Sightline.")


class Dependency(BaseModel):
    """One thing that the server cannot work without."""

    name: str
    ok: bool
    detail: str = Field(description="What is wrong with it; empty where nothing is.")


class Readiness(BaseModel):
    """Whether the server can take work."""

    ready: bool
    dependencies: list[Dependency]


@router.get("/health", operation_id="health", summary="Whether the server answers, and its version")
@router.get("/livez", operation_id="livez", summary="Whether the process lives")
async def health() -> Health:
    """Answer at once, whatever else is broken: a server that only lacks its database need not be restarted."""
    return Health(version=sightline.__version__)


@router.get(
    "/readyz",
    operation_id="readyz",
    summary="Whether the server can take work, and which dependency is down",
    responses={503: {"description": "A dependency is down.", "model": Readiness}},
)
def readyz(platform: PlatformHere, response: Response) -> Readiness:
    """Ask each dependency; 503 where one does not answer."""
    found = [Dependency(name=one.name, ok=one.ok, detail=one.detail) for one in check_readiness(platform)]
    ready = all(one.ok for one in found)
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, dependencies=found)


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request) -> Response:
    """Give requests by route, stages by name, what waits and who listens."""
    found: HttpMetrics = request.app.state.metrics
    return Response(found.text(), media_type=CONTENT_TYPE)
