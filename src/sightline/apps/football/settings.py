"""What the football application lets a user choose."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from sightline.settings import AppSettings


class FootballSettings(AppSettings):
    """Settings of the football application, with their defaults."""

    # -- finding --
    model: str | None = Field(default="sightline-football-n", description="Detector where none is named.")
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

    # -- teams --
    kit_every: int = Field(
        default=3, ge=1, le=250, description="Shirts are looked at in every n-th frame of the source."
    )
    home_kit: str | None = Field(
        default=None,
        description="The home team's shirt, as in `red` or `#d5202f`; left out, found by itself.",
    )
    away_kit: str | None = Field(default=None, description="The away team's shirt.")
    home_name: str | None = Field(
        default=None, max_length=60, description="What the page calls the home team; left out, after its kit."
    )
    away_name: str | None = Field(
        default=None, max_length=60, description="What the page calls the away team."
    )

    # -- the pitch --
    calibration: str = Field(
        default="auto",
        description="`auto` looks for the pitch's lines, `none` does not, `click` asks a person; or a camera file, as "
        "`sightline football calibrate` writes it, or one of points; see docs/football/calibration.md.",
    )
    pitch_model: str | None = Field(
        default="sightline-pitch-n",
        description="Model that names the pitch's points, asked where its lines are not found; null for none.",
    )
    pitch_length_m: float = Field(default=105.0, ge=80, le=130, description="Length of the field of play, m.")
    pitch_width_m: float = Field(default=68.0, ge=40, le=100, description="Width of the field of play, m.")
    pitch_every: int = Field(
        default=5, ge=1, le=250, description="The camera is looked for in every n-th frame of the source."
    )
    min_pitch_quality: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Frames whose camera is worse give no positions in metres and no metric.",
    )
    smooth_camera: bool = Field(
        default=True,
        description="Cameras found in the pictures are smoothed over each shot before anything is measured.",
    )
    periods: list[tuple[float, float]] | None = Field(
        default=None,
        description="Start and end of each half in seconds of the video; left out, all is one period.",
    )

    # -- the ball --
    tracking_method: Literal["kalman", "particle", "graph"] = Field(
        default="graph", description="How the ball is followed through its candidates."
    )
    max_missing_frames: int = Field(
        default=25,
        ge=0,
        le=500,
        description="Longest time that the ball is filled in where it was not seen, frames.",
    )
    min_ball_radius: float = Field(default=0.5, ge=0, description="Smallest ball in the picture, px.")
    max_ball_radius: float = Field(default=40.0, gt=0, description="Largest ball in the picture, px.")

    # -- the report --
    speed_zones_kmh: list[float] = Field(
        default=[7.0, 15.0, 20.0, 25.0],
        description="Limits between the speed zones, km/h; FIFA's by default.",
    )
    window_min: float = Field(default=5.0, gt=0, le=60, description="Length of a window for formations, min.")
    highlights: int = Field(default=10, ge=0, le=100, description="Most highlights.")
    before_s: float = Field(default=6.0, ge=0, le=60, description="A highlight's lead-in, s.")
    after_s: float = Field(default=4.0, ge=0, le=60, description="A highlight's lead-out, s.")

    # -- positions that came from elsewhere --
    match: dict[str, Any] | None = Field(
        default=None,
        description="What tracking data says beside positions: periods, players, pitch. Not for people to set.",
    )

    @field_validator("speed_zones_kmh")
    @classmethod
    def _zones_rise(cls, limits: list[float]) -> list[float]:
        if not all(earlier < later for earlier, later in pairwise([0.0, *limits, float("inf")])):
            raise ValueError("limits of speed zones must rise, from above 0, as in [7, 15, 20, 25]")
        return limits

    @field_validator("periods")
    @classmethod
    def _periods_follow_one_another(
        cls, spans: list[tuple[float, float]] | None
    ) -> list[tuple[float, float]] | None:
        edges = [edge for span in spans or [] for edge in span]
        if not all(0 <= earlier <= later for earlier, later in pairwise(edges)) or any(
            start_s == stop_s for start_s, stop_s in spans or []
        ):
            raise ValueError(
                "each period must end after it starts and before the next, as in [[0, 2700], [3600, 6300]]"
            )
        return spans

    @model_validator(mode="after")
    def _radii_rise(self) -> Self:
        if self.min_ball_radius >= self.max_ball_radius:
            raise ValueError("min_ball_radius must be less than max_ball_radius")
        return self
