"""Cameras: add, look, follow, remove."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from sightline.asgi.problems import listed
from sightline.asgi.security import may, public
from sightline.core.accounts import Principal
from sightline.core.errors import (
    AddressRefusedError,
    CameraElsewhereError,
    QuotaExceededError,
    SettingsError,
    SourceUnavailableError,
    StreamNotFoundError,
)
from sightline.live.reply import as_event
from sightline.live.waking import waking
from sightline.service.accounts.access import allow, can
from sightline.service.live.cameras.guard import guarded
from sightline.service.live.cameras.registry import CameraRegistry
from sightline.service.live.cameras.request import CameraRequest

if TYPE_CHECKING:
    from sightline.service.live.cameras.camera import Camera

router = APIRouter(prefix="/api/v1/cameras", tags=["cameras"])

_Creates = Annotated[Principal, Depends(may("cameras.create"))]
_Reads = Annotated[Principal, Depends(may("cameras.read"))]
_Deletes = Annotated[Principal, Depends(may("cameras.delete"))]
_PING_EVERY_S = 15.0
_BOUNDARY = "frame"


class CameraFacts(BaseModel):
    """A camera and how it goes."""

    model_config = ConfigDict(extra="allow")

    id: str
    name: str
    address: str = Field(description="Without password and query.")
    server: str = Field(description="Which server works on it; its pictures, events and clips are there.")
    connection: dict[str, Any] = Field(description="`state`, since when, tries, the last error.")


class HlsAddress(BaseModel):
    """Where a camera can be watched."""

    playlist: str = Field(
        description="Path of the playlist; whoever knows it may watch while it is being watched."
    )


class Cameras(BaseModel):
    """Cameras that one may see."""

    items: list[CameraFacts]


def _cameras(connection: HTTPConnection) -> CameraRegistry:
    found: CameraRegistry = connection.app.state.cameras
    return found


CamerasHere = Annotated[CameraRegistry, Depends(_cameras)]


@router.post(
    "",
    operation_id="add_camera",
    summary="Add a camera",
    status_code=201,
    responses=listed(AddressRefusedError, SourceUnavailableError, SettingsError, QuotaExceededError),
)
def add_camera(body: CameraRequest, cameras: CamerasHere, who: _Creates, request: Request) -> CameraFacts:
    """Begin to work on a camera: tables, events and clips, run after run, until it is removed."""
    camera = cameras.add(guarded(request.app.state.platform.settings, body), owner=who.user_id)
    return CameraFacts(**cameras.facts(camera.id))


@router.get("", operation_id="list_cameras", summary="List cameras", responses=listed())
def list_cameras(cameras: CamerasHere, who: _Reads) -> Cameras:
    """Give the cameras that one may see, whichever server works on them."""
    seen = cameras.all_facts(lambda owner: can(who, "cameras.read", owner_id=owner))
    return Cameras(items=[CameraFacts(**facts) for facts in seen])


@router.get(
    "/{camera_id}",
    operation_id="get_camera",
    summary="How a camera goes",
    responses=listed(StreamNotFoundError),
)
def get_camera(camera_id: str, cameras: CamerasHere, who: _Reads) -> CameraFacts:
    """Give its state, counts and runs; of one that another server works on, which server that is."""
    _allow(cameras, who, camera_id)
    return CameraFacts(**cameras.facts(camera_id))


@router.delete(
    "/{camera_id}",
    operation_id="remove_camera",
    summary="Remove a camera",
    responses=listed(StreamNotFoundError),
)
def remove_camera(camera_id: str, cameras: CamerasHere, who: _Deletes) -> CameraFacts:
    """Hang up and make the last run's results; runs and clips stay. Another server lets go within ten seconds."""
    _allow(cameras, who, camera_id, "cameras.delete")
    return CameraFacts(**cameras.remove(camera_id))


@router.get(
    "/{camera_id}/view",
    operation_id="view_camera",
    summary="Watch a camera with its boxes (MJPEG)",
    response_class=StreamingResponse,
    responses=listed(StreamNotFoundError, CameraElsewhereError),
)
async def view_camera(
    camera_id: str, cameras: CamerasHere, who: _Reads, request: Request
) -> StreamingResponse:
    """Send a JPEG whenever there is a newer one; a slow reader gets fewer."""
    camera = _camera(cameras, who, camera_id)
    return StreamingResponse(
        _pictures(camera, request.app.state.closing),
        media_type=f"multipart/x-mixed-replace; boundary={_BOUNDARY}",
        headers={"Cache-Control": "no-store"},
    )


@router.get(
    "/{camera_id}/hls",
    operation_id="open_camera_hls",
    summary="Watch a camera with its boxes (HLS)",
    responses=listed(StreamNotFoundError, CameraElsewhereError),
)
def open_camera_hls(camera_id: str, cameras: CamerasHere, who: _Reads) -> HlsAddress:
    """Give the address of the playlist; it is encoded while somebody fetches it."""
    camera = _camera(cameras, who, camera_id)
    return HlsAddress(playlist=f"{router.prefix}/{camera.id}/hls/{camera.hls().key}/index.m3u8")


@router.get(
    "/{camera_id}/hls/{key}/{name}",
    operation_id="camera_hls",
    summary="A playlist or segment of HLS",
    response_class=Response,
    responses=listed(StreamNotFoundError, CameraElsewhereError),
    dependencies=[
        Depends(public("players fetch it without headers; its address holds a key that was given out"))
    ],
)
def camera_hls(camera_id: str, key: str, name: str, cameras: CamerasHere) -> Response:
    """Give `index.m3u8`, or a segment that it names."""
    view = cameras.get(camera_id).hls_of(key)
    number = name.removesuffix(".ts")
    if name == "index.m3u8":
        text = view.playlist()
        found, kind = None if text is None else text.encode(), "application/vnd.apple.mpegurl"
    else:
        found, kind = view.segment(int(number)) if number.isdecimal() else None, "video/mp2t"
    if found is None:
        raise StreamNotFoundError("nothing is shown", hint="ask again when the camera streams")
    return Response(found, media_type=kind, headers={"Cache-Control": "no-store"})


@router.get(
    "/{camera_id}/events",
    operation_id="follow_camera",
    summary="Follow a camera's results and events",
    response_class=StreamingResponse,
    responses=listed(StreamNotFoundError, CameraElsewhereError),
)
async def follow_camera(
    camera_id: str,
    cameras: CamerasHere,
    who: _Reads,
    request: Request,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> StreamingResponse:
    """Send server-sent events; `Last-Event-ID` goes on where a reader left off."""
    camera = _camera(cameras, who, camera_id)
    return StreamingResponse(
        _events(camera, last_event_id or 0, request.app.state.closing), media_type="text/event-stream"
    )


@router.get(
    "/{camera_id}/clips/{name}",
    operation_id="camera_clip",
    summary="Fetch the clip of an event",
    response_class=FileResponse,
    responses=listed(StreamNotFoundError, CameraElsewhereError),
)
def camera_clip(camera_id: str, name: str, cameras: CamerasHere, who: _Reads) -> Response:
    """Give an event's clip; the event names it."""
    return FileResponse(_camera(cameras, who, camera_id).clip(name), media_type="video/mp4")


def _allow(cameras: CameraRegistry, who: Principal, camera_id: str, action: str = "cameras.read") -> None:
    missing = StreamNotFoundError("no such camera", hint="GET /api/v1/cameras lists them")
    allow(who, action, owner_id=cameras.owner_of(camera_id), missing=missing)


def _camera(cameras: CameraRegistry, who: Principal, camera_id: str) -> Camera:
    """Give a camera that is worked on here to those who may see it."""
    _allow(cameras, who, camera_id)
    return cameras.get(camera_id)


async def _pictures(camera: Camera, closing: asyncio.Event) -> AsyncIterator[bytes]:
    seen = -1
    async with waking(camera.outbox, closing) as news:
        while not (camera.outbox.closed or closing.is_set()):
            if camera.frames != seen:
                seen = camera.frames
                picture = await to_thread.run_sync(camera.showing.jpeg)
                if picture is not None:
                    head = (
                        f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                    )
                    yield head.encode() + picture + b"\r\n"
            await news(1.0)


async def _events(camera: Camera, number: int, closing: asyncio.Event) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async with waking(camera.outbox, closing) as news:
        while True:
            for message in camera.outbox.after(number):
                number = message.number
                yield as_event(number, message.kind, message.data)
            if camera.outbox.closed or closing.is_set():
                return
            if not await news(_PING_EVERY_S):
                yield "event: ping\ndata: {}\n\n"
