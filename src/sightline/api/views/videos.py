"""Videos as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from sightline.api.views.pipelines import Failure, Tag, when
from sightline.core.videos import Video, VideoState


class Media(BaseModel):
    """What a file says of itself."""

    container: str
    codec: str
    width_px: int
    height_px: int
    rotation_deg: int
    pixel_aspect: float = Field(1.0, description="Width of a pixel over its height as players show it.")
    frame_rate_hz: float | None
    variable_frame_rate: bool
    duration_s: float
    frames: int
    audio_codec: str | None


class VideoView(BaseModel):
    """A video that was given to the server."""

    id: str
    name: str
    state: VideoState
    owner: str = Field(description="Id of the user whose it is.")
    size_bytes: int
    received_bytes: int = Field(description="How much of it is here.")
    sha256: str | None
    media: Media | None = Field(description="What the file says of itself; null until it is ready.")
    tags: list[str]
    origin: str = Field(description="`upload`, or where it was fetched from.")
    created: datetime
    updated: datetime
    expires: datetime | None = Field(description="When an unfinished upload is given up.")
    error: Failure | None = Field(description="Why it was refused.")

    @classmethod
    def of(cls, video: Video, received_bytes: int) -> Self:
        """Give a video as JSON has it."""
        return cls(
            id=video.id,
            name=video.name,
            state=video.state,
            owner=video.owner,
            size_bytes=video.size_bytes,
            received_bytes=received_bytes,
            sha256=video.sha256 or None,
            media=Media(**video.media) if video.media else None,
            tags=list(video.tags),
            origin=video.origin,
            created=when(video.created_s),
            updated=when(video.updated_s),
            expires=None if video.expires_s is None else when(video.expires_s),
            error=Failure(**video.error) if video.error else None,
        )


class VideoPage(BaseModel):
    """Some videos, newest first."""

    items: list[VideoView]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


class FetchVideo(BaseModel):
    """A video to be fetched."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"url": "https://example.org/clip.mp4"}}
    )

    url: str = Field(min_length=1, max_length=4096, description="`https://...` or `s3://bucket/key`.")
    name: str = Field("", max_length=200, description="What to call it; else as in the address.")
    tags: list[Tag] = Field(default_factory=list, max_length=32)
