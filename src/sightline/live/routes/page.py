"""The page that turns a phone into a camera of this server."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Depends, Response

from sightline.asgi.security import public

router = APIRouter(prefix="/stream", include_in_schema=False)

_WHY = "the page holds no data; what it opens asks who is there"
_KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; media-src blob:; "
    "img-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def _asset(name: str) -> Response:
    text = (files("sightline.live") / "page" / name).read_text(encoding="utf-8")
    return Response(
        text,
        media_type=f"{_KINDS[name.rpartition('.')[2]]}; charset=utf-8",
        headers={
            "Content-Security-Policy": _POLICY,
            "Permissions-Policy": "camera=(self), geolocation=(self), screen-wake-lock=(self)",
        },
    )


@router.get("/view", dependencies=[Depends(public(_WHY))])
def view() -> Response:
    """Give the page; a phone's browser lends it the camera over https alone."""
    return _asset("view.html")


@router.get("/view.js", dependencies=[Depends(public(_WHY))])
def script() -> Response:
    """Give its script."""
    return _asset("view.js")


@router.get("/view.css", dependencies=[Depends(public(_WHY))])
def style() -> Response:
    """Give its style."""
    return _asset("view.css")
