"""What the people application lets a user choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sightline.core.errors import SettingsError


class PeopleSettings(BaseModel):
    """Settings of the people application, with their defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Lowest score of a detection that is kept; the tracker has its own.",
    )
    iou: float = Field(
        default=0.7, gt=0, le=1, description="Overlap above which the weaker of two boxes is dropped."
    )
    max_detections: int = Field(
        default=300, ge=1, le=10_000, description="Most boxes a frame, the best ones."
    )
    classes: list[str] | None = Field(
        default=None,
        description="Names of the classes to report on. If left out: people where there are any, else everything.",
    )
    min_seen_s: float = Field(
        default=1.0,
        ge=0,
        le=3600,
        description="Tracks that lived shorter are not counted among the people seen.",
    )
    rules: dict[str, Any] | None = Field(
        default=None, description="Lines, zones, speed limits and ground plane, as in a rules file."
    )

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> PeopleSettings:
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
