"""Videos: send one, have one fetched, look at them, remove them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from sightline.api.body import FormFile, pass_on
from sightline.api.file_answer import file_answer, named
from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.views.videos import FetchVideo, VideoPage, VideoView
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal, Resource, Role
from sightline.core.errors import (
    AddressRefusedError,
    ConflictError,
    ContentRefusedError,
    ContentTypeError,
    MediaTooLargeError,
    NotFoundError,
    OutputFullError,
    QuotaExceededError,
    RangeInvalidError,
    RunTimeoutError,
    SettingsError,
    SourceUnavailableError,
    UnsupportedFormatError,
)
from sightline.core.videos import Video, VideoFilter, VideoState
from sightline.service.accounts.shares import shared_ids
from sightline.service.pipelines.artifacts import Artifact
from sightline.service.platform import Platform
from sightline.service.videos.facts import MEDIA_TYPES, UNKNOWN_TYPE, media_type_of
from sightline.service.videos.find import find_video, ready_file
from sightline.service.videos.incoming import IncomingFile
from sightline.service.videos.sources import fetch_video
from sightline.service.videos.uploads import Offer, begin, delete, finish, offset_of, remove, writing

router = APIRouter(prefix=PREFIX, tags=["videos"])
Reader = Annotated[Principal, Depends(may("videos.read"))]
Creator = Annotated[Principal, Depends(may("videos.create"))]
Remover = Annotated[Principal, Depends(may("videos.delete"))]
VideoId = Annotated[str, Path(max_length=64, pattern=r"^[\w-]+$", description="Id of a video.")]
TAKING = (
    ConflictError,
    ContentTypeError,
    ContentRefusedError,
    UnsupportedFormatError,
    MediaTooLargeError,
    OutputFullError,
    QuotaExceededError,
)
_KINDS = sorted({*MEDIA_TYPES.values(), UNKNOWN_TYPE})
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "tags": {
                            "type": "string",
                            "description": "Words, with commas between; before the file.",
                        },
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            },
            "application/json": {"schema": FetchVideo.model_json_schema()},
        },
    }
}


@router.post(
    "/videos",
    operation_id="add_video",
    summary="Upload a video, or have one fetched",
    status_code=201,
    response_model=VideoView,
    responses=listed(*TAKING, AddressRefusedError, SourceUnavailableError, RunTimeoutError),
    openapi_extra=_BODY,
)
async def add_video(request: Request, response: Response, platform: PlatformHere, who: Creator) -> VideoView:
    """Take a form with a file, written to disk as it comes; or JSON with an address to fetch from."""
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/json"):
        video = await _fetched(request, platform, who)
    else:
        video = await _uploaded(request, platform, who, content_type)
    response.headers["Location"] = f"{PREFIX}/videos/{video.id}"
    return VideoView.of(video, video.size_bytes)


async def _fetched(request: Request, platform: Platform, who: Principal) -> Video:
    try:
        wanted = FetchVideo.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "body"
        raise SettingsError(f"{place}: {first['msg']}", hint='send {"url": "https://..."}') from None
    return await run_in_threadpool(
        fetch_video, platform, who, wanted.url, name=wanted.name, tags=tuple(wanted.tags)
    )


async def _uploaded(request: Request, platform: Platform, who: Principal, content_type: str) -> Video:
    """Write a form's file to disk; what does not come whole leaves nothing behind."""
    length = request.headers.get("content-length", "")
    taken: list[tuple[Video, IncomingFile]] = []

    def open_file(fields: dict[str, list[str]], name: str) -> IncomingFile:
        tags = tuple(tag.strip() for said in fields.get("tags", ()) for tag in said.split(",") if tag.strip())
        offer = Offer(name, int(length) if length.isdecimal() else None, tags)
        video = begin(platform, who, offer)
        file = writing(platform, video)
        taken.append((video, file))
        return file.__enter__()

    form = FormFile(content_type, open_file)
    try:
        await pass_on(request, form.write)
        file = form.finish()
        await run_in_threadpool(file.sync)
        sha256 = file.written_sha256
    except BaseException:
        for video, opened in taken:
            opened.__exit__(None, None, None)
            await run_in_threadpool(remove, platform, video)
        raise
    video, opened = taken[0]
    opened.__exit__(None, None, None)
    return await run_in_threadpool(
        finish, platform, replace(video, size_bytes=file.size_bytes), sha256=sha256
    )


@router.get("/videos", operation_id="list_videos", summary="List videos, newest first", responses=listed())
def list_videos(
    platform: PlatformHere,
    who: Reader,
    state: Annotated[VideoState | None, Query(description="Only these.")] = None,
    tag: Annotated[str, Query(max_length=64, description="Only those with this tag.")] = "",
    sha256: Annotated[str, Query(max_length=64, description="Only those with these bytes.")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Most to give.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=64, description="`next_cursor` of the page before.")
    ] = None,
) -> VideoPage:
    """Give one page of those that whoever asks may see."""
    owner = "" if who.role is Role.ADMIN else who.user_id
    shared = shared_ids(platform, who, Resource.VIDEO)
    wanted = VideoFilter(state=state, tag=tag, sha256=sha256, owner=owner, shared_ids=shared)
    found = platform.videos.list(wanted, limit=limit + 1, before=cursor)
    more = len(found) > limit
    return VideoPage(
        items=[VideoView.of(video, offset_of(platform, video)) for video in found[:limit]],
        next_cursor=found[limit - 1].id if more else None,
    )


@router.get(
    "/videos/{video_id}",
    operation_id="get_video",
    summary="Show a video",
    responses=listed(NotFoundError),
)
def get_video(platform: PlatformHere, who: Reader, video_id: VideoId) -> VideoView:
    """Give what is known of it."""
    video = find_video(platform, who, video_id)
    return VideoView.of(video, offset_of(platform, video))


@router.get(
    "/videos/{video_id}/content",
    operation_id="get_video_content",
    summary="Fetch a video's bytes, or a range of them",
    response_class=Response,
    responses=listed(NotFoundError, ConflictError, RangeInvalidError)
    | {
        status: {
            "description": words,
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _KINDS},
        }
        for status, words in ((200, "The file."), (206, "The range that was asked for."))
    }
    | {304: {"description": "It is what the client has already."}},
)
def get_video_content(
    platform: PlatformHere,
    who: Reader,
    video_id: VideoId,
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
    if_range: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Give the file as it was sent, as the kind of video that it was found to be; the ETag is its SHA-256."""
    video = find_video(platform, who, video_id)
    path = ready_file(platform, video)
    file = Artifact(video.name, path, video.size_bytes, video.sha256, media_type_of(video))
    answer = file_answer(file, asked=range_, if_none_match=if_none_match, if_range=if_range)
    answer.headers["Content-Disposition"] = named(video.name, is_shown=file.media_type != UNKNOWN_TYPE)
    return answer


@router.delete(
    "/videos/{video_id}",
    operation_id="delete_video",
    summary="Remove a video",
    status_code=204,
    responses=listed(NotFoundError, ConflictError),
)
def delete_video(platform: PlatformHere, who: Remover, video_id: VideoId) -> None:
    """Remove its bytes and what is known of it; results of pipelines stay, and one that needs it is in the way."""
    delete(platform, find_video(platform, who, video_id, "videos.delete"))
