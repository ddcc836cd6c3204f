"""What is asked of a camera."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from sightline.media.live.connection import NETWORK
from sightline.media.live.push import FORMATS
from sightline.settings import AppSettings


class CameraRequest(AppSettings):
    """A camera and what is to be made of it."""

    name: str = Field(default="camera", min_length=1, max_length=80, description="What people call it.")
    address: str = Field(
        min_length=1,
        max_length=2000,
        description="rtsp, rtmp, http(s) (HLS, MJPEG), or a file played at its own pace.",
    )
    listens: bool = Field(default=False, description="Wait for rtmp or rtsp to be pushed to this address.")
    app: str = Field(default="people", description="Application.")
    app_settings: dict[str, Any] = Field(default_factory=dict, description="Its settings.")
    model: str | None = Field(default=None, description="Detector; the server's for streams by default.")
    fps_limit: float = Field(
        default=10, ge=0.2, le=60, description="Most pictures a second that are looked at."
    )
    segment_s: float = Field(default=10, ge=1, le=600, description="Rows are written so often.")
    run_s: float = Field(
        default=3600,
        ge=5,
        le=86_400,
        description="Length of one run: then results are made, and another begins.",
    )
    keep_runs: int = Field(
        default=24, ge=1, le=10_000, description="Runs kept; older ones go with their files."
    )
    keep_days: float = Field(
        default=0, ge=0, le=36_500, description="Runs that ended longer ago go; 0 keeps them."
    )
    keep_bytes: int = Field(
        default=0, ge=0, description="The oldest runs go where all together take more; 0 keeps them."
    )
    silence_s: float = Field(
        default=10, ge=1, le=300, description="Without a picture for so long, it is dialled again."
    )
    clip_before_s: float = Field(default=3, ge=0, le=20, description="Part of an event's clip before it.")
    clip_after_s: float = Field(default=3, ge=0, le=20, description="Part after it.")
    clips: bool = Field(default=True, description="Keep a clip of each event; clips are never blurred.")
    blur: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="Classes whose boxes are made unrecognisable in every annotated view, as in `person`.",
    )
    rtsp_push: str | None = Field(
        default=None,
        max_length=2000,
        description="rtsp or rtmp address of a server that the annotated view is pushed to.",
    )
    webhook_cooldown_s: float | None = Field(
        default=None, ge=0, le=86_400, description="In place of the server's, for this camera."
    )

    @field_validator("address", "rtsp_push")
    @classmethod
    def _printable(cls, given: str | None) -> str | None:
        if given is not None and not given.isprintable():
            raise ValueError("an address holds no control characters")
        return given

    @field_validator("address")
    @classmethod
    def _known(cls, given: str) -> str:
        scheme, separator, _ = given.partition("://")
        if separator and scheme.lower() not in NETWORK:
            raise ValueError(f"addresses begin with one of {', '.join(NETWORK)}, or name a file")
        return given

    @field_validator("rtsp_push")
    @classmethod
    def _pushable(cls, given: str | None) -> str | None:
        if given is not None and given.partition("://")[0].lower() not in FORMATS:
            raise ValueError(f"pushed to addresses that begin with one of {', '.join(FORMATS)}")
        return given
