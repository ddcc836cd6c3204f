"""What the juggling application lets a user choose."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sightline.settings import AppSettings


class JugglingSettings(AppSettings):
    """Settings of the juggling application, with their defaults."""

    model: str | None = Field(default="sightline-juggling-n", description="Detector where none is named.")
    mode: Literal["auto", "toss", "keepie-uppie"] = Field(
        default="auto",
        description="What is done with the ball: `toss` (thrown and caught), `keepie-uppie` (a football kept up), "
        "or `auto` to find out.",
    )
    pose_model: str | None = Field(
        default=None,
        description="Model of bodies that tells hands and body parts, as movenet; left out, none is used.",
    )
    min_score: float = Field(
        default=0.15, ge=0, le=1, description="Lowest score of a ball candidate that is kept."
    )
    max_detections: int = Field(
        default=40, ge=1, le=1000, description="Most ball candidates a frame, the best ones."
    )
    ball_classes: list[str] = Field(
        default=["ball", "sports ball", "football"], description="Names that a model may give to a ball."
    )
    person_classes: list[str] = Field(
        default=["person", "player"], description="Names that a model may give to a person."
    )
