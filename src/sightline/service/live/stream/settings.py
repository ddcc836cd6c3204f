"""What a client may choose for its stream, while it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, field_validator

from sightline.core.errors import SettingsError
from sightline.settings import AppSettings

if TYPE_CHECKING:
    from sightline.settings import Settings

Quality = Literal["fast", "balanced", "accurate", "auto"]
_LONGEST_JSON = 20_000
_Share = Annotated[float, Field(ge=0, le=1)]


class StreamSettings(AppSettings):
    """A stream's settings, with their defaults."""

    fps_limit: float = Field(default=15, ge=1, le=60, description="Most frames a second that are looked at.")
    confidence_threshold: float = Field(default=0.5, ge=0, le=1, description="Lowest score of a detection.")
    iou_threshold: float = Field(
        default=0.7, gt=0, le=0.7, description="Overlap above which the weaker of two boxes is dropped."
    )
    enable_tracking: bool = Field(default=True, description="Give detections identities that last.")
    quality_mode: Quality = Field(
        default="balanced",
        description="`fast` and `accurate` look at smaller and larger pictures; `auto` follows the load.",
    )
    max_detections: int = Field(default=100, ge=1, le=300, description="Most boxes a frame, the best ones.")
    app: str | None = Field(default=None, description="Application whose events are wanted, as in `road`.")
    app_settings: dict[str, Any] = Field(
        default_factory=dict, description="The application's own settings, as `camera_height_m` of `road`."
    )
    roi: list[tuple[_Share, _Share]] | None = Field(
        default=None,
        description="Corners `x y` of the part that counts, as shares of the picture; a box counts by its centre.",
    )

    @field_validator("roi", mode="before")
    @classmethod
    def _polygon(cls, given: Any) -> Any:
        """Take a rectangle `x1 y1 x2 y2` too."""
        if isinstance(given, (list, tuple)):
            if len(given) == 4 and all(isinstance(side, int | float) for side in given):
                left, top, right, bottom = given
                return [(left, top), (right, top), (right, bottom), (left, bottom)]
            if not 3 <= len(given) <= 64:
                raise ValueError("give 3 to 64 corners, or x1 y1 x2 y2")
        return given

    @field_validator("app_settings")
    @classmethod
    def _told_again(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Keep what can be told again: it stands in every acknowledgement."""
        try:
            length = len(json.dumps(given, allow_nan=False))
        except (ValueError, TypeError, RecursionError):
            raise ValueError("it is not JSON") from None
        if length > _LONGEST_JSON:
            raise ValueError(f"it is longer than {_LONGEST_JSON} characters of JSON")
        return given

    @classmethod
    def from_platform(cls, settings: Settings) -> Self:
        """Give what a stream has when its client asks for nothing."""
        return cls(
            fps_limit=min(settings.stream_fps, settings.stream_max_fps),
            confidence_threshold=settings.stream_confidence,
            enable_tracking=settings.stream_tracking,
        )

    def changed(self, given: Mapping[str, Any], *, max_fps: float = 30.0) -> Self:
        """Give the settings with some changed.

        Raises:
            SettingsError: One is unknown or out of range.
        """
        changed = type(self).of({**self.model_dump(), **given})
        if changed.fps_limit > max_fps:
            raise SettingsError(
                f"fps_limit: {changed.fps_limit:g} is over this server's {max_fps:g}",
                hint="ask for fewer frames a second",
            )
        return changed
