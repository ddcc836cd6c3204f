"""What the juggling application lets a user choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sightline.core.errors import SettingsError


class JugglingSettings(BaseModel):
    """Settings of the juggling application, with their defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(default="balls", description="Detector where none is named.")
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

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> JugglingSettings:
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
