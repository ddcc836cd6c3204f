"""What the football application lets a user choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sightline.core.errors import SettingsError


class FootballSettings(BaseModel):
    """Settings of the football application, with their defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(
        default=None, description="Detector where none is named; left out, the platform's default."
    )
    min_score: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Lowest score of a detection that is kept; low, because the ball is small and its candidates weak.",
    )
    iou: float = Field(
        default=0.7, gt=0, le=1, description="Overlap above which the weaker of two boxes is dropped."
    )
    max_detections: int = Field(
        default=300, ge=1, le=10_000, description="Most boxes a frame, the best ones."
    )
    person_classes: list[str] = Field(
        default=["person", "player", "goalkeeper", "referee"],
        description="Names that a model may give to people on the pitch.",
    )
    ball_classes: list[str] = Field(
        default=["ball", "sports ball", "football"], description="Names that a model may give to the ball."
    )

    kit_every: int = Field(
        default=3, ge=1, le=250, description="Shirts are looked at in every n-th frame of the source."
    )

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> FootballSettings:
        """Check settings given as plain data.

        Raises:
            SettingsError: One is unknown, or out of range.
        """
        try:
            return cls.model_validate(dict(settings))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(step) for step in first["loc"])
            raise SettingsError(
                f"{name}: {first['msg']}", hint=f"settings are {', '.join(cls.model_fields)}"
            ) from None
