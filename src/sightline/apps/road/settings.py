"""What the road application lets a user choose, and what follows from it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from sightline.analytics.road.camera import RoadCamera
from sightline.analytics.road.hazards import WatchSettings
from sightline.analytics.road.quality import GateSettings, SightGate
from sightline.analytics.road.region import USUAL_HORIZON, RoadRegion
from sightline.analytics.road.severity import SeverityBands
from sightline.analytics.road.watch import HazardWatch
from sightline.settings import AppSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.road.kinds import HazardKind

Pair = tuple[float, float]


class RoadSettings(AppSettings):
    """Settings of the road application, with their defaults."""

    model: str | None = Field(default="sightline-hazard-n", description="Detector where none is named.")
    classes: list[str] | None = Field(
        default=None,
        description="What the model's classes are, in its own order, as D00,D10,D20,D40; needed where its file names none.",
    )
    min_score: float = Field(default=0.1, ge=0, le=1, description="Lowest score of a detection that is kept.")
    iou: float = Field(
        default=0.45, gt=0, le=1, description="Overlap above which the weaker of two boxes is dropped."
    )
    max_detections: int = Field(default=50, ge=1, le=1000, description="Most boxes a frame, the best ones.")
    confirm_score: float = Field(
        default=0.3, ge=0, le=1, description="Score that a box needs to count towards a new hazard."
    )
    keep_score: float = Field(default=0.15, ge=0, le=1, description="Score that keeps a confirmed hazard.")
    hits: int = Field(default=3, ge=1, le=100, description="A hazard is confirmed by so many hits ...")
    hits_of: int = Field(default=5, ge=1, le=100, description="... in the last so many judged frames.")
    lost_s: float = Field(
        default=1.0, gt=0, le=60, description="A hazard that is not hit for so long is behind."
    )
    roi: list[float] | None = Field(
        default=None,
        description="Where in the picture the road is: x,y,x,y,... as shares of its width and height. Left out: "
        "from the camera, or the usual dashcam's trapezoid.",
    )
    horizon: float | None = Field(
        default=None,
        ge=0,
        le=0.9,
        description="Row of the horizon as a share of the height; with a focal length it gives the pitch.",
    )
    road_left_m: float = Field(
        default=5.0,
        gt=0,
        le=50,
        description="How far to the left the road reaches; swap with the right where one drives on the left.",
    )
    road_right_m: float = Field(default=2.5, gt=0, le=50, description="How far to the right.")
    road_far_m: float = Field(
        default=15.0,
        gt=2,
        le=500,
        description="How far ahead hazards are believed; bends leave a long strip.",
    )
    camera_height_m: float | None = Field(
        default=None, gt=0, le=20, description="Height of the camera over the road."
    )
    camera_pitch_deg: float | None = Field(
        default=None, ge=-30, lt=80, description="How far the camera looks downwards."
    )
    camera_focal_px: float | None = Field(
        default=None, gt=0, description="Focal length in pixels of the source picture; or else"
    )
    camera_hfov_deg: float | None = Field(
        default=None, gt=1, lt=170, description="the angle between the picture's left and right edge."
    )
    camera_height_sd_m: float = Field(
        default=0.03, ge=0, le=5, description="How sure the height is, standard deviation."
    )
    camera_pitch_sd_deg: float = Field(
        default=0.3, ge=0, le=20, description="How sure the pitch is, the car's own movement included."
    )
    gpx: str | None = Field(default=None, description="GPX file of the drive.")
    video_start: str | None = Field(
        default=None,
        description="Wall-clock time of the first frame, as 2024-05-01T10:00:00Z; left out: the first fix's time.",
    )
    gps_offset_s: float = Field(
        default=0.0, ge=-86_400, le=86_400, description="Added to the time of every fix."
    )
    dedupe_m: float = Field(
        default=10.0, ge=0, le=1000, description="A hazard so near to one of an earlier pass is that one."
    )
    dedupe_heading_deg: float = Field(
        default=45.0, ge=0, le=180, description="... if the car drove the same way, within so much."
    )
    pass_gap_s: float = Field(
        default=15.0, ge=0, description="A hazard is never the same as one last seen more recently than so."
    )
    gate: bool = Field(default=True, description="Leave out frames that are too dark, washed out or blurred.")
    darkest: float = Field(default=22.0, ge=0, le=255, description="Lowest mean grey level that is judged.")
    flattest: float = Field(default=5.0, ge=0, le=128, description="Lowest contrast that is judged.")
    bluriest: float = Field(
        default=0.4, ge=0, le=1, description="Lowest sharpness that is judged, as a share of the usual."
    )
    pothole_bands_m: Pair = Field(
        default=(0.2, 0.45), description="Mean diameters from which a pothole is medium and high."
    )
    crack_bands_m: Pair = Field(default=(1.0, 3.0), description="Lengths from which a crack is.")
    alligator_bands_m2: Pair = Field(
        default=(1.0, 4.0), description="Areas from which an alligator crack is."
    )

    @field_validator("roi", "classes", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        """Take a list that was written with commas, as an option is."""
        return [part.strip() for part in given.split(",")] if isinstance(given, str) else given

    def camera(self, size: tuple[int, int]) -> RoadCamera | None:
        """Give the camera over the road; None where nothing is said of it, so that there are no metres.

        Args:
            size: `(height, width)` of the source picture.

        Raises:
            MissingSpaceError: Something is said of it, but not enough.
            SettingsError: A number is out of range.
        """
        said = (self.camera_height_m, self.camera_pitch_deg, self.camera_focal_px, self.camera_hfov_deg)
        if all(value is None for value in said):
            return None
        pitch_deg = self.camera_pitch_deg
        focal_px = self.camera_focal_px
        if focal_px is None and self.camera_hfov_deg is not None:
            focal_px = size[1] / 2 / math.tan(math.radians(self.camera_hfov_deg / 2))
        if pitch_deg is None and self.horizon is not None and focal_px is not None:
            pitch_deg = math.degrees(math.atan((0.5 - self.horizon) * size[0] / focal_px))
        camera = RoadCamera.of(size, height_m=self.camera_height_m, pitch_deg=pitch_deg, focal_px=focal_px)
        return RoadCamera(
            size,
            camera.focal_px,
            camera.height_m,
            camera.pitch_deg,
            height_sd_m=self.camera_height_sd_m,
            pitch_sd_deg=self.camera_pitch_sd_deg,
            edge_sd_px=max(1.0, 0.0015 * size[1]),
        )

    def region(self, size: tuple[int, int]) -> RoadRegion:
        """Give where in the picture hazards are believed: as drawn, by the camera, or the usual dashcam's.

        Raises:
            SettingsError: What was drawn is not a polygon.
        """
        if self.roi is not None:
            return RoadRegion.given(size, self.roi)
        camera = self.camera(size)
        if camera is not None:
            return RoadRegion.of_camera(
                camera, left_m=self.road_left_m, right_m=self.road_right_m, far_m=self.road_far_m
            )
        return RoadRegion.of_picture(size, horizon=USUAL_HORIZON if self.horizon is None else self.horizon)

    def watch(self, size: tuple[int, int]) -> HazardWatch:
        """Give a watch that has seen nothing yet.

        Raises:
            MissingSpaceError: The camera is only half known.
            SettingsError: A setting is out of range.
        """
        chosen = WatchSettings(
            hits=self.hits,
            of=self.hits_of,
            confirm_score=self.confirm_score,
            keep_score=self.keep_score,
            lost_s=self.lost_s,
            dedupe_m=self.dedupe_m,
            dedupe_heading_deg=self.dedupe_heading_deg,
            pass_gap_s=self.pass_gap_s,
            bands=SeverityBands(self.pothole_bands_m, self.crack_bands_m, self.alligator_bands_m2),
        )
        return HazardWatch(self.region(size), chosen, self.camera(size))

    def sight_gate(self) -> SightGate | None:
        """Give the judge of frames; None where all are to be judged."""
        if not self.gate:
            return None
        return SightGate(GateSettings(self.darkest, self.flattest, self.bluriest))

    def kinds(self, class_names: Sequence[str]) -> list[HazardKind | None]:
        """Give what each of a model's classes means, by its names or by `classes`."""
        from sightline.analytics.road.kinds import kind_of

        return [kind_of(name) for name in (class_names if self.classes is None else self.classes)]
