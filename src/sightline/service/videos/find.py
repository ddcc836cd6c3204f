"""Finds videos for somebody: theirs, shared with them, or none at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.accounts import Resource
from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.videos import Video, VideoState
from sightline.service.accounts.access import allow
from sightline.service.accounts.shares import shared_with
from sightline.service.videos.uploads import path_of

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.service.platform import Platform


def find_video(platform: Platform, who: Principal, video_id: str, action: str = "videos.read") -> Video:
    """Give a video that somebody may do `action` to.

    Raises:
        NotFoundError: There is none of that id, or none that they may know of.
        AccessDeniedError: They may look at it, and not do that.
    """
    missing = NotFoundError(
        f"there is no video {video_id!r}", hint="GET /api/v1/videos lists those there are"
    )
    try:
        video = platform.videos.get(video_id)
    except NotFoundError:
        raise missing from None
    groups = shared_with(platform, Resource.VIDEO, video.id)
    allow(who, action, owner_id=video.owner, shared_with=groups, missing=missing)
    return video


def ready_file(platform: Platform, video: Video) -> Path:
    """Give the file of a video that is all here.

    Raises:
        ConflictError: It is still coming, or was refused.
        NotFoundError: Its file is gone.
    """
    if video.state is not VideoState.READY:
        raise ConflictError(
            f"video {video.id} is {video.state}", hint="finish the upload, or upload another file"
        )
    path = path_of(platform, video)
    if not path.is_file():
        raise NotFoundError(f"the file of video {video.id} is gone", hint="upload it again")
    return path
