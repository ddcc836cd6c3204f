"""What the people application lets a user choose."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sightline.settings import AppSettings


class PeopleSettings(AppSettings):
    """Settings of the people application, with their defaults."""

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
