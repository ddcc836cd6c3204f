"""The API's reference, for people."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from sightline.api.views.reference import POLICY, STYLE, reference_page
from sightline.asgi.security import public

router = APIRouter(
    tags=["health"],
    include_in_schema=False,
    dependencies=[Depends(public("what the routes are is in the source anyway"))],
)


@router.get("/docs", response_class=HTMLResponse)
def page(request: Request) -> HTMLResponse:
    """Show every route."""
    return HTMLResponse(reference_page(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


@router.get("/docs.css")
def style() -> Response:
    """Give how it looks."""
    return Response(STYLE, media_type="text/css")
