"""Streams over plain HTTP: open, send frames, look, change, close."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from sightline.asgi.problems import listed
from sightline.asgi.security import may, public
from sightline.core.accounts import Principal
from sightline.core.errors import (
    ContentTypeError,
    MessageInvalidError,
    QuotaExceededError,
    SettingsError,
    StreamNotFoundError,
    StreamOverloadedError,
)
from sightline.core.stream_messages import FrameMessage, frame_of, named_frame, read_object
from sightline.live.dependencies import LiveHere, lifespan, own_stream, stream_for

router = APIRouter(prefix="/stream", tags=["live"], lifespan=lifespan)

_Creates = Annotated[Principal, Depends(may("live.create"))]
_Reads = Annotated[Principal, Depends(may("live.read"))]
_Sends = Annotated[Principal, Depends(may("live.send"))]
_Changes = Annotated[Principal, Depends(may("live.change"))]
_PICTURES = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")


class Opened(BaseModel):
    """A stream, and where its frames go and its results come from."""

    client_id: str
    sse_endpoint: str = Field(description="Results, as server-sent events.")
    upload_endpoint: str = Field(description="Takes frames.")
    config: dict[str, Any] = Field(description="Its settings.")


class Taken(BaseModel):
    """What became of a frame at once."""

    frame_id: Any = None
    accepted: bool = Field(description="Whether it waits for its turn; a newer one may still push it out.")
    dropped: str | None = Field(description="Why it was left out, where it was.")


class Changed(BaseModel):
    """A stream's settings after a change."""

    client_id: str
    config: dict[str, Any]


class Statistics(BaseModel):
    """Counts and times; docs/live.md tells of each."""

    model_config = ConfigDict(extra="allow")


@router.post(
    "/sessions",
    operation_id="open_stream",
    summary="Open a stream",
    status_code=201,
    responses=listed(StreamOverloadedError, QuotaExceededError, SettingsError),
)
def open_stream(live: LiveHere, who: _Creates, config: dict[str, Any] | None = None) -> Opened:
    """Open a stream with some settings; 503 with `Retry-After` where the machine has no room for it."""
    given = config or {}
    inner = given.get("config")
    stream = live.open(inner if isinstance(inner, dict) else given, owner=who.user_id)
    return Opened(
        client_id=stream.id,
        sse_endpoint=f"/stream/events/{stream.id}",
        upload_endpoint=f"/stream/process/{stream.id}",
        config=stream.settings.model_dump(),
    )


@router.post(
    "/process/{client_id}",
    operation_id="send_frame",
    summary="Send a frame of a stream",
    status_code=202,
    responses=listed(StreamNotFoundError, MessageInvalidError, ContentTypeError),
    openapi_extra={
        "requestBody": {
            "content": {
                **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in _PICTURES[:3]},
                "application/json": {"schema": {"type": "object"}},
            },
            "required": True,
        }
    },
)
async def send_frame(
    client_id: str,
    request: Request,
    live: LiveHere,
    who: _Sends,
    frame_id: Annotated[str | None, Query(max_length=250, description="For a bare picture.")] = None,
    timestamp: Annotated[float | None, Query(allow_inf_nan=False, description="For a bare picture.")] = None,
) -> Taken:
    """Take a frame: a bare picture, a form with a file, or JSON as on the WebSocket. Its result comes as an event."""
    stream = own_stream(live, who, client_id)
    frame = await _frame(request, frame_id, timestamp)
    cause = stream.arrived(frame.picture, frame.frame_id, captured_s=frame.captured_s, extras=frame.extras)
    return Taken(frame_id=frame.frame_id, accepted=cause is None, dropped=cause)


@router.get(
    "/sessions/{client_id}/stats",
    operation_id="stream_statistics",
    summary="Statistics of one stream",
    responses=listed(StreamNotFoundError),
)
def stream_statistics(client_id: str, live: LiveHere, who: _Reads) -> Statistics:
    """Give what became of its frames and how long they took."""
    return Statistics(**stream_for(live, who, client_id, "live.read").to_json())


@router.patch(
    "/sessions/{client_id}/config",
    operation_id="change_stream",
    summary="Change a stream's settings while it runs",
    responses=listed(StreamNotFoundError, SettingsError),
)
def change_stream(client_id: str, config: dict[str, Any], live: LiveHere, who: _Changes) -> Changed:
    """Change what the body names; the rest stays."""
    stream = stream_for(live, who, client_id, "live.change")
    inner = config.get("config")
    settings = stream.configure(inner if isinstance(inner, dict) else config)
    return Changed(client_id=stream.id, config=settings.model_dump())


@router.delete(
    "/sessions/{client_id}",
    operation_id="close_stream",
    summary="Close a stream",
    responses=listed(StreamNotFoundError),
)
def close_stream(client_id: str, live: LiveHere, who: _Changes) -> Statistics:
    """Close it and give its last statistics."""
    stream = stream_for(live, who, client_id, "live.change")
    live.close(stream.id, within_s=5)
    return Statistics(**stream.to_json())


@router.get(
    "/health",
    operation_id="stream_health",
    summary="Whether live streams are served",
    dependencies=[Depends(public("load balancers ask it"))],
)
def stream_health(live: LiveHere) -> Statistics:
    """Give the state in a few words."""
    return Statistics(**live.health())


@router.get(
    "/stats",
    operation_id="all_stream_statistics",
    summary="Statistics of all streams together",
    responses=listed(),
)
def all_statistics(live: LiveHere, _who: _Reads) -> Statistics:
    """Give what became of all frames and how long they took."""
    return Statistics(**live.to_json())


@router.get(
    "/capacity",
    operation_id="stream_capacity",
    summary="How many streams this machine holds",
    responses=listed(),
)
def capacity(
    live: LiveHere,
    _who: _Reads,
    fps: Annotated[float, Query(ge=1, le=30, description="Frames a second of each.")] = 10,
    within_ms: Annotated[float, Query(gt=0, le=60_000, description="95 % answered within this.")] = 100,
) -> Statistics:
    """Answer from what frames really cost here; the first to ask has the machine measured."""
    return Statistics(**live.capacity(fps, within_ms / 1000))


async def _frame(request: Request, frame_id: str | None, timestamp: float | None) -> FrameMessage:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _PICTURES:
        return FrameMessage(await request.body(), frame_id, timestamp)
    if kind == "application/json":
        return frame_of(read_object(await request.body()))
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=8) as form:
            file = form.get("frame") or form.get("file") or form.get("image")
            if file is None or isinstance(file, str):
                raise MessageInvalidError("the form has no file", hint="name it frame, file or image")
            named = form.get("frame_id", frame_id)
            stamp = form.get("timestamp", timestamp)
            return named_frame(await file.read(), {"frame_id": named, "timestamp": _seconds(stamp)})
    raise ContentTypeError(
        f"not a frame: {kind[:60] or 'no content type'}",
        hint="send image/jpeg, image/png, image/webp, application/json or multipart/form-data",
    )


def _seconds(given: Any) -> float | None:
    try:
        return None if given is None else float(given)
    except (TypeError, ValueError):
        raise MessageInvalidError("timestamp is not a number", hint="seconds, as in 1641234567.123") from None
