"""A camera over a flat road: from boxes in the picture to metres on the ground, with their uncertainty.

The road is taken to be the plane below the wheels. Where it rises or falls, and while the car pitches, distances are
off; `pitch_sd_deg` says by how much the pitch wavers and goes into every uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.arrays import frozen
from sightline.core.errors import MissingSpaceError, SettingsError

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_NEVER = 1e-9
_STEP = 1e-4
HINT = "give the camera's height over the road, its pitch and its focal length (or field of view)"


@dataclass(frozen=True, slots=True)
class RoadCamera:
    """A camera that looks ahead over a road.

    Attributes:
        size: `(height, width)` of the source picture in pixels; the principal point is its centre.
        focal_px: Focal length in source pixels.
        height_m: Of the optical centre over the road.
        pitch_deg: Turn downwards from the horizontal.
        focal_sd: Standard deviation of the focal length, as a share of it.
        height_sd_m: Standard deviation of the height.
        pitch_sd_deg: Standard deviation of the pitch, the car's own movement included.
        edge_sd_px: Standard deviation of a box's edges.
    """

    size: tuple[int, int]
    focal_px: float
    height_m: float
    pitch_deg: float = 0.0
    focal_sd: float = 0.02
    height_sd_m: float = 0.03
    pitch_sd_deg: float = 0.3
    edge_sd_px: float = 1.5

    def __post_init__(self) -> None:
        values = (self.focal_px, self.height_m, self.pitch_deg, self.focal_sd, self.height_sd_m)
        spread = (self.focal_sd, self.height_sd_m, self.pitch_sd_deg, self.edge_sd_px)
        if not np.isfinite([*values, *spread]).all() or min(spread) < 0:
            raise SettingsError("the camera's numbers must be finite, uncertainties 0 or more", hint=HINT)
        if not (self.focal_px > 0 and self.height_m > 0 and -30 <= self.pitch_deg < 80):
            raise SettingsError(
                f"no camera has focal length {self.focal_px:g} px, height {self.height_m:g} m and pitch "
                f"{self.pitch_deg:g} degrees",
                hint="focal length and height above 0, pitch -30..80 degrees, positive downwards",
            )

    @classmethod
    def of(
        cls,
        size: tuple[int, int],
        *,
        height_m: float | None,
        pitch_deg: float | None,
        focal_px: float | None = None,
        hfov_deg: float | None = None,
    ) -> RoadCamera:
        """Give the camera that settings describe.

        Args:
            size: `(height, width)` of the picture in pixels.
            height_m: Height over the road.
            pitch_deg: Turn downwards from the horizontal.
            focal_px: Focal length in source pixels, or else
            hfov_deg: The angle between the picture's left and right edge.

        Raises:
            MissingSpaceError: One of height, pitch and focal length was not given: metres would be a guess.
            SettingsError: A number is out of range.
        """
        if focal_px is None and hfov_deg is not None:
            if not 1 < hfov_deg < 170:
                raise SettingsError(f"a field of view of {hfov_deg:g} degrees", hint="1 to 170")
            focal_px = size[1] / 2 / float(np.tan(np.deg2rad(hfov_deg / 2)))
        if height_m is None or pitch_deg is None or focal_px is None:
            given = (("height", height_m), ("pitch", pitch_deg), ("focal length", focal_px))
            missing = ", ".join(name for name, value in given if value is None)
            raise MissingSpaceError(f"no metres without the camera's {missing}", hint=HINT)
        return cls(size, float(focal_px), float(height_m), float(pitch_deg))

    @property
    def horizon_px(self) -> float:
        """Row of the horizon; it may lie outside the picture."""
        return self.size[0] / 2 - self.focal_px * float(np.tan(np.deg2rad(self.pitch_deg)))


@dataclass(frozen=True, slots=True)
class OnRoad:
    """Boxes as flat things on the road, one row per box; NaN where a box reaches the horizon.

    Attributes:
        places_m: `(n, 2)` their middles in `road_m`: ahead, to the left.
        sizes_m: `(n, 2)` length along the road and width across it.
        sizes_sd_m: `(n, 2)` standard deviations of the sizes from those of camera and box edges.
        distance_sd_m: `(n,)` standard deviation of the distance ahead.
    """

    places_m: Float64
    sizes_m: Float64
    sizes_sd_m: Float64
    distance_sd_m: Float64

    def __post_init__(self) -> None:
        for name, shape in (("places_m", (None, 2)), ("sizes_m", (None, 2)), ("sizes_sd_m", (None, 2)), ("distance_sd_m", (None,))):  # fmt: skip
            object.__setattr__(self, name, frozen(name, getattr(self, name), shape, np.float64))

    def __len__(self) -> int:
        return len(self.places_m)


def on_road(camera: RoadCamera, boxes_px: Float64) -> OnRoad:
    """Give place and size of what boxes hold, taken as ellipses that lie flat on the road.

    An ellipse whose axes run along and across the road is found exactly from its box; so is a straight line along or
    across the road. Uncertainty is carried over to first order, edges and camera taken as independent.

    Args:
        camera: Over the road.
        boxes_px: `(n, 4)` `x1 y1 x2 y2` in source pixels.

    Source:
        Tangents from a point to an ellipse; first-order propagation of variance.
    """
    boxes = np.asarray(boxes_px, np.float64).reshape(-1, 4)
    best = _ellipses(camera, boxes)
    variance = np.zeros_like(best)
    for changed, step, spread in (
        (replace(camera, focal_px=camera.focal_px * (1 + _STEP)), _STEP, camera.focal_sd),
        (
            replace(camera, height_m=camera.height_m * (1 + _STEP)),
            _STEP,
            camera.height_sd_m / camera.height_m,
        ),
        (replace(camera, pitch_deg=camera.pitch_deg + _STEP), _STEP, camera.pitch_sd_deg),
    ):
        variance += ((_ellipses(changed, boxes) - best) / step * spread) ** 2
    for edge in range(4):
        moved = boxes.copy()
        moved[:, edge] += _STEP
        variance += ((_ellipses(camera, moved) - best) / _STEP * camera.edge_sd_px) ** 2
    sd = np.sqrt(variance)
    return OnRoad(best[:, :2], best[:, 2:], sd[:, 2:], sd[:, 0])


def _ellipses(camera: RoadCamera, boxes: Float64) -> Float64:
    """Give `(n, 4)`: ahead, left, length, width.

    Distances are counted from where the optical centre would have to be for the road's depth to be its distance:
    `height * tan(pitch)` behind the camera, with `focal / cos(pitch)` in place of the focal length.
    """
    pitch = np.deg2rad(camera.pitch_deg)
    behind_m = camera.height_m * np.tan(pitch)
    focal = camera.focal_px / np.cos(pitch)
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = (boxes[:, [3, 1]] - camera.size[0] / 2) / camera.focal_px
        down = np.sin(pitch) + rise * np.cos(pitch)
        ahead = np.where(
            down > _NEVER, camera.height_m * (np.cos(pitch) - rise * np.sin(pitch)) / down, np.nan
        )
        near, far = ahead[:, 0] + behind_m, ahead[:, 1] + behind_m
        middle, half = (near + far) / 2, (far - near) / 2
        squares = near * far
        slopes = (boxes[:, [0, 2]] - camera.size[1] / 2) / focal
        total, spread = slopes.sum(axis=1), slopes[:, 1] - slopes[:, 0]
        right = total * squares / (2 * middle)
        across = (spread**2 * squares**2 / 4 - right**2 * half**2) / squares
        width = 2 * np.sqrt(np.maximum(across, 0.0))
    return np.stack([middle - behind_m, -right, 2 * half, width], axis=1)
