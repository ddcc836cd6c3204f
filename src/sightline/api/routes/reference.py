"""Where people begin, and the API's reference for them."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from sightline.api.views.reference import POLICY, STYLE, reference_page
from sightline.api.views.start import start_page
from sightline.asgi.security import public

router = APIRouter(
    tags=["health"],
    include_in_schema=False,
    dependencies=[Depends(public("what the routes are is in the source anyway"))],
)


@router.get("/", response_class=HTMLResponse)
def start(request: Request) -> HTMLResponse:
    """Say what this is, and what to do first."""
    return HTMLResponse(start_page(request.app.version), headers={"Content-Security-Policy": POLICY})


@router.get("/docs", response_class=HTMLResponse)
def page(request: Request) -> HTMLResponse:
    """Show every route."""
    return HTMLResponse(reference_page(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


@router.get("/docs.css")
def style() -> Response:
    """Give how it looks."""
    return Response(STYLE, media_type="text/css")
