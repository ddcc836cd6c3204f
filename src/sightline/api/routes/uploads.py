"""Resumable uploads, as tus 1.0 has them: creation, checksum, expiration, termination."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import replace
from email.utils import formatdate
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from sightline.api.body import pass_on
from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.routes.videos import TAKING
from sightline.asgi.problems import listed
from sightline.asgi.security import may, public
from sightline.core.accounts import Principal
from sightline.core.errors import (
    ChecksumError,
    ConflictError,
    ContentTypeError,
    NotFoundError,
    PreconditionError,
    RequestError,
)
from sightline.core.videos import Video, VideoState
from sightline.service.platform import Platform
from sightline.service.videos.find import find_video
from sightline.service.videos.uploads import Offer, begin, finish, offset_of, remove, touched, writing

router = APIRouter(prefix=PREFIX, tags=["uploads"])
Creator = Annotated[Principal, Depends(may("videos.create"))]
UploadId = Annotated[
    str, Path(max_length=64, pattern=r"^[\w-]+$", description="Id of the upload, and of its video.")
]
Spoken = Annotated[
    str,
    Header(
        alias="Tus-Resumable",
        max_length=20,
        description="The version of tus that is spoken.",
        json_schema_extra={"enum": ["1.0.0"]},
    ),
]
_VERSION = "1.0.0"
_ALGORITHMS = ("sha256", "sha1", "md5")
_CONTENT_TYPE = "application/offset+octet-stream"


def _headers(**more: str) -> dict[str, str]:
    return {"Tus-Resumable": _VERSION, **{name.replace("_", "-"): value for name, value in more.items()}}


def _check_version(spoken: str) -> None:
    if spoken != _VERSION:
        raise PreconditionError(
            f"Tus-Resumable {spoken[:20]!r} is not spoken here",
            hint=f"send Tus-Resumable: {_VERSION}",
            headers={"Tus-Version": _VERSION},
        )


@router.options(
    "/uploads",
    operation_id="describe_uploads",
    summary="Say what of tus is spoken",
    status_code=204,
    dependencies=[Depends(public("clients ask before they sign in; it tells no more than the docs"))],
)
def describe_uploads(platform: PlatformHere) -> Response:
    """Give version, extensions and limits as headers."""
    headers = _headers(
        Tus_Version=_VERSION,
        Tus_Extension="creation,expiration,checksum,termination",
        Tus_Max_Size=str(platform.settings.max_file_bytes),
        Tus_Checksum_Algorithm=",".join(_ALGORITHMS),
    )
    return Response(status_code=204, headers=headers)


@router.post(
    "/uploads",
    operation_id="create_upload",
    summary="Begin a resumable upload",
    status_code=201,
    response_class=Response,
    responses=listed(*TAKING, PreconditionError) | {201: {"description": "Send its bytes to `Location`."}},
)
def create_upload(
    platform: PlatformHere,
    who: Creator,
    spoken: Spoken,
    upload_length: Annotated[int, Header(ge=1, le=2**53, description="Bytes of the whole file.")],
    upload_metadata: Annotated[
        str, Header(max_length=4000, description="`filename <base64>,tags <base64>`.")
    ] = "",
) -> Response:
    """Make place for a file of a declared length."""
    _check_version(spoken)
    told = _metadata(upload_metadata)
    tags = tuple(tag.strip() for tag in told.get("tags", "").split(",") if tag.strip())
    video = begin(platform, who, Offer(told.get("filename", "video"), upload_length, tags))
    return Response(
        status_code=201,
        headers=_headers(Location=f"{PREFIX}/uploads/{video.id}", Upload_Expires=_expiry(video)),
    )


def _metadata(text: str) -> dict[str, str]:
    """Read `key base64,key base64`."""
    found = {}
    for pair in filter(None, text.split(",")):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise RequestError(
                f"Upload-Metadata: {key[:40]!r} is not base64 of text",
                hint="send each value as base64 of its UTF-8",
            ) from None
    return found


def _expiry(video: Video) -> str:
    return formatdate(video.expires_s or video.updated_s, usegmt=True)


@router.head(
    "/uploads/{upload_id}",
    operation_id="get_upload",
    summary="Ask how much of an upload has come",
    response_class=Response,
    responses=listed(NotFoundError, PreconditionError) | {200: {"description": "`Upload-Offset` says it."}},
)
def get_upload(platform: PlatformHere, who: Creator, upload_id: UploadId, spoken: Spoken) -> Response:
    """Give offset and length as headers."""
    _check_version(spoken)
    video = _upload(platform, who, upload_id)
    headers = _headers(
        Upload_Offset=str(offset_of(platform, video)),
        Upload_Length=str(video.size_bytes),
        Cache_Control="no-store",
    )
    return Response(status_code=200, headers=headers)


def _upload(platform: Platform, who: Principal, upload_id: str) -> Video:
    """Give an upload that goes on, or has just ended.

    Raises:
        NotFoundError: There is none, it was refused, or it has expired.
    """
    video = find_video(platform, who, upload_id, "videos.change")
    gone = video.expires_s is not None and video.expires_s <= platform.clock.now_s()
    if gone or video.state is VideoState.REFUSED:
        raise NotFoundError(f"the upload {upload_id!r} has ended", hint="begin a new one")
    return video


@router.patch(
    "/uploads/{upload_id}",
    operation_id="append_to_upload",
    summary="Send some more of an upload",
    status_code=204,
    response_class=Response,
    responses=listed(*TAKING, NotFoundError, PreconditionError, ChecksumError)
    | {204: {"description": "`Upload-Offset` says how much is here; the video is ready once all is."}},
    openapi_extra={
        "requestBody": {"content": {_CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def append_to_upload(
    request: Request,
    platform: PlatformHere,
    who: Creator,
    upload_id: UploadId,
    spoken: Spoken,
    upload_offset: Annotated[int, Header(ge=0, le=2**53, description="Where these bytes belong.")],
    upload_checksum: Annotated[
        str, Header(max_length=200, description="`sha256 <base64>` of these bytes.")
    ] = "",
) -> Response:
    """Write the bytes to disk as they come; what came before a connection broke stays."""
    _check_version(spoken)
    if request.headers.get("content-type", "").partition(";")[0].strip() != _CONTENT_TYPE:
        raise ContentTypeError("not the bytes of an upload", hint=f"send Content-Type: {_CONTENT_TYPE}")
    digest, expected = _checksum(upload_checksum)
    video = await run_in_threadpool(_upload, platform, who, upload_id)
    if video.state is VideoState.READY:
        raise ConflictError(f"the upload {upload_id} is complete", hint="there is nothing left to send")
    with writing(platform, video) as file:
        start = file.size_bytes
        if start != upload_offset:
            raise ConflictError(
                f"the upload stands at {start}, not at {upload_offset}", hint="ask for the offset by HEAD"
            )

        def write(piece: bytes) -> None:
            if file.size_bytes + len(piece) > video.size_bytes:
                raise RequestError(
                    "more came than was declared", hint="begin a new upload with the right length"
                )
            file.write(piece)
            if digest is not None:
                digest.update(piece)

        try:
            await pass_on(request, write)
        finally:
            if digest is not None and digest.digest() != expected:
                await run_in_threadpool(file.take_back, start)
        await run_in_threadpool(file.sync)
        offset, sha256 = file.size_bytes, file.written_sha256 if start == 0 else None
    if digest is not None and digest.digest() != expected:
        raise ChecksumError("these bytes are not those that were sent", hint="send them again")
    video = await run_in_threadpool(_taken, platform, video, offset, sha256)
    return Response(
        status_code=204, headers=_headers(Upload_Offset=str(offset), Upload_Expires=_expiry(video))
    )


def _taken(platform: Platform, video: Video, offset: int, sha256: str | None) -> Video:
    if offset == video.size_bytes:
        return finish(platform, replace(video), sha256=sha256)
    return touched(platform, video)


def _checksum(header: str) -> tuple[Any, bytes]:
    if not header:
        return None, b""
    algorithm, _, text = header.partition(" ")
    if algorithm not in _ALGORITHMS:
        raise RequestError(
            f"checksums by {algorithm[:20]!r} are not known", hint=f"use {', '.join(_ALGORITHMS)}"
        )
    try:
        expected = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise RequestError(
            "Upload-Checksum is not base64", hint="send the algorithm, a space, and the digest in base64"
        ) from None
    return hashlib.new(algorithm, usedforsecurity=False), expected


@router.delete(
    "/uploads/{upload_id}",
    operation_id="end_upload",
    summary="Give an upload up",
    status_code=204,
    response_class=Response,
    responses=listed(NotFoundError, ConflictError, PreconditionError),
)
def end_upload(platform: PlatformHere, who: Creator, upload_id: UploadId, spoken: Spoken) -> Response:
    """Remove what came of it."""
    _check_version(spoken)
    video = _upload(platform, who, upload_id)
    if video.state is VideoState.READY:
        raise ConflictError(
            "the upload is complete: it is a video now", hint=f"DELETE {PREFIX}/videos/{video.id}"
        )
    remove(platform, video)
    return Response(status_code=204, headers=_headers())
