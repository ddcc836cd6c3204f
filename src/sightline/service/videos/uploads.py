"""Takes a video in: a row while it comes, a file under its name once it is whole and has been looked at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.errors import ConflictError, NotFoundError, SightlineError
from sightline.core.runs import RunFilter, RunState
from sightline.core.videos import Video, VideoFilter, VideoState, safe_name
from sightline.service.accounts.quotas import check_storage_quota
from sightline.service.folder import sha256_of
from sightline.service.guards.probe_pool import PROBES
from sightline.service.submit import media_limits, new_run_id
from sightline.service.videos.facts import media_to_json
from sightline.service.videos.incoming import IncomingFile
from sightline.service.videos.look import look_into

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.service.platform import Platform

_PART = ".part"
_LARGE_BYTES = 64_000_000
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """A video that somebody wants to give.

    Attributes:
        name: Its file's name, as they have it.
        size_bytes: How large it is; None where they do not say.
        tags: Words to find it by.
        origin: Where it comes from.
    """

    name: str
    size_bytes: int | None = None
    tags: tuple[str, ...] = ()
    origin: str = "upload"


def begin(platform: Platform, who: Principal, offer: Offer) -> Video:
    """Make place for a video.

    Raises:
        ConfigError: Its tags are none.
        MediaTooLargeError: It is over the limit.
        OutputFullError: The disk has no room for it.
        QuotaExceededError: Their share of storage is full.
    """
    check_storage_quota(platform, who.user_id, more_bytes=offer.size_bytes or 0)
    now_s = platform.clock.now_s()
    video = Video(
        id=new_run_id(now_s),
        owner=who.user_id,
        name=safe_name(offer.name),
        size_bytes=offer.size_bytes or 0,
        tags=tuple(sorted(set(offer.tags))),
        origin=offer.origin,
        created_s=now_s,
        updated_s=now_s,
        expires_s=now_s + platform.settings.upload_expires_s,
    )
    try:
        with writing(platform, video) as file:
            file.check_room(offer.size_bytes or 0)
            platform.videos.add(video)
    except BaseException:
        shutil.rmtree(folder_of(platform, video), ignore_errors=True)
        raise
    if video.size_bytes >= _LARGE_BYTES:
        PROBES.make_ready()
    return video


def writing(platform: Platform, video: Video) -> IncomingFile:
    """Give the file of a video that is on its way in."""
    return IncomingFile(
        part_of(platform, video),
        limit_bytes=media_limits(platform).max_bytes,
        keep_free_bytes=platform.settings.min_free_bytes,
    )


def offset_of(platform: Platform, video: Video) -> int:
    """Give how many bytes of a video are here."""
    if video.state is VideoState.READY:
        return video.size_bytes
    path = part_of(platform, video)
    return path.stat().st_size if path.is_file() else 0


def touched(platform: Platform, video: Video) -> Video:
    """Give an upload more time: something of it has come."""
    now_s = platform.clock.now_s()
    expires_s = now_s + platform.settings.upload_expires_s
    return platform.videos.update(replace(video, updated_s=now_s, expires_s=expires_s))


def finish(platform: Platform, video: Video, *, sha256: str | None = None) -> Video:
    """Look into a video that is all here, and give it its name.

    Args:
        platform: The adapters.
        video: Its bytes are on disk.
        sha256: Of them, where it is known.

    Raises:
        MediaError: It is not a video that can be used; it is marked as refused and its bytes are removed.
        AccessError: Likewise.
        ConflictError: It was finished already.
    """
    if video.state is not VideoState.UPLOADING:
        raise ConflictError(f"video {video.id} is {video.state} already", hint="make a new upload")
    part = part_of(platform, video)
    try:
        check_storage_quota(platform, video.owner, more_bytes=part.stat().st_size, but=video.id)
        media = look_into(platform, part)
    except SightlineError as error:
        _refuse(platform, video, error)
        raise
    ready = replace(
        video,
        state=VideoState.READY,
        size_bytes=part.stat().st_size,
        sha256=sha256 or sha256_of(part),
        media=media_to_json(media),
        updated_s=platform.clock.now_s(),
        expires_s=None,
    )
    part.replace(path_of(platform, video))
    return platform.videos.update(ready)


def _refuse(platform: Platform, video: Video, error: SightlineError) -> None:
    said = {"code": error.code, "message": str(error), "hint": error.hint}
    platform.videos.update(
        replace(
            video,
            state=VideoState.REFUSED,
            error=said,
            updated_s=platform.clock.now_s(),
            expires_s=None,
        )
    )
    shutil.rmtree(folder_of(platform, video), ignore_errors=True)


def take_in(
    platform: Platform, who: Principal, offer: Offer, pieces: Callable[[IncomingFile], Any] | Iterable[bytes]
) -> Video:
    """Take a whole video in; what does not come whole leaves nothing behind.

    Args:
        platform: The adapters.
        who: Whose it will be.
        offer: What it is.
        pieces: Its bytes, or what writes them to the file.

    Raises:
        SightlineError: It cannot be taken.
    """
    video = begin(platform, who, offer)
    try:
        with writing(platform, video) as file:
            if callable(pieces):
                pieces(file)
            else:
                for piece in pieces:
                    file.write(piece)
            file.sync()
            sha256 = file.written_sha256 if file.size_bytes else None
    except BaseException:
        remove(platform, video)
        raise
    return finish(platform, video, sha256=sha256)


def remove(platform: Platform, video: Video) -> None:
    """Forget a video and remove its bytes; does nothing where it is gone."""
    shutil.rmtree(folder_of(platform, video), ignore_errors=True)
    try:
        platform.videos.delete(video.id)
    except NotFoundError:
        return


def delete(platform: Platform, video: Video) -> None:
    """Remove a video that nothing needs any more.

    Raises:
        ConflictError: A pipeline that waits or runs reads it.
    """
    for state in (RunState.QUEUED, RunState.RUNNING):
        if platform.runs.list(RunFilter(video_id=video.id, state=state), limit=1):
            raise ConflictError(
                f"a pipeline that is {state} needs the video", hint="cancel it first, or wait for its end"
            )
    remove(platform, video)


def give_up_expired(platform: Platform) -> int:
    """Remove uploads that nobody went on with, and say how many."""
    now_s, removed, before = platform.clock.now_s(), 0, None
    while page := platform.videos.list(VideoFilter(state=VideoState.UPLOADING), limit=_PAGE, before=before):
        before = page[-1].id
        for video in page:
            if video.expires_s is not None and video.expires_s <= now_s:
                remove(platform, video)
                removed += 1
    return removed


def folder_of(platform: Platform, video: Video) -> Path:
    """Give the folder of one video."""
    return platform.settings.videos / video.id


def path_of(platform: Platform, video: Video) -> Path:
    """Give where a ready video lies."""
    return folder_of(platform, video) / video.name


def part_of(platform: Platform, video: Video) -> Path:
    """Give where a video lies while it comes; its ending is kept, as some formats are told by it."""
    return folder_of(platform, video) / f"{_PART}-{video.name}"
