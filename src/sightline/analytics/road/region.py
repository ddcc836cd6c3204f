"""The part of the picture in which hazards are believed: the road's trapezoid.

Boxes outside it are trees, signs, cars and kerbs. Where the camera is known, the trapezoid is a strip of road seen in
perspective. Where it is not, it is the usual dashcam's: the horizon at two fifths of the height, the road as wide as the
picture at the bottom and a fifth as wide near the horizon. Either may be replaced by four points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.geometry import crosses_itself, inside
from sightline.core.arrays import Float64, frozen
from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.road.camera import RoadCamera
    from sightline.analytics.rows import Mask

USUAL_HORIZON = 0.4
_BELOW_HORIZON = 0.08
_TOP_WIDTH = 0.2
_LEAST_ROWS_PX = 4.0


@dataclass(frozen=True, slots=True)
class RoadRegion:
    """A polygon in source pixels.

    Attributes:
        corners_px: `(n, 2)` float64, n >= 3, in order; they may lie outside the picture.
        source: `camera`, `picture` or `given`: where it comes from.
        camera: Over the road, where the region is a strip of it that bends as the car's way does.
    """

    corners_px: Float64
    source: str
    camera: RoadCamera | None = None

    def __post_init__(self) -> None:
        corners = np.asarray(self.corners_px, np.float64)
        if corners.ndim != 2 or len(corners) < 3 or not np.isfinite(corners).all() or crosses_itself(corners):
            raise SettingsError(
                "the region of interest needs three or more points in order around it",
                hint="as in --roi 0.4,0.45,0.6,0.45,1,1,0,1 (x, y as shares of width and height)",
            )
        object.__setattr__(self, "corners_px", frozen("corners_px", corners, (None, 2), np.float64))

    @classmethod
    def of_camera(
        cls, camera: RoadCamera, *, left_m: float = 5.0, right_m: float = 2.5, far_m: float = 15.0
    ) -> RoadRegion:
        """Give the strip of road that lies ahead, down to the picture's edge.

        It is straight where the way's bend is not known: there it leaves the road, the sooner the tighter the bend, so
        it should not be long.

        Args:
            camera: Over the road.
            left_m: How far it reaches to the left of the camera.
            right_m: How far to the right.
            far_m: How far ahead.
        """
        height, width = camera.size
        behind_m = camera.height_m * float(np.tan(np.deg2rad(camera.pitch_deg)))
        cos = float(np.cos(np.deg2rad(camera.pitch_deg)))
        top = camera.horizon_px + camera.focal_px * camera.height_m / cos**2 / (far_m + behind_m)
        top = min(max(top, 0.0), height - _LEAST_ROWS_PX)
        scales = [cos / camera.height_m * (row - camera.horizon_px) for row in (top, float(height))]
        corners = [
            (width / 2 - left_m * scales[0], top),
            (width / 2 + right_m * scales[0], top),
            (width / 2 + right_m * scales[1], height),
            (width / 2 - left_m * scales[1], height),
        ]
        return cls(np.array(corners, np.float64), "camera", camera)

    @classmethod
    def of_picture(cls, size: tuple[int, int], *, horizon: float = USUAL_HORIZON) -> RoadRegion:
        """Give the usual dashcam's trapezoid.

        Args:
            size: `(height, width)` of the picture in pixels.
            horizon: Row of the horizon as a share of the height, 0..0.9.

        Raises:
            SettingsError: The horizon is not in the picture.
        """
        if not 0 <= horizon <= 0.9:
            raise SettingsError(f"a horizon at {horizon:g} of the height", hint="0 (top) to 0.9")
        height, width = size
        top, half = (horizon + _BELOW_HORIZON) * height, _TOP_WIDTH * width / 2
        corners = [(width / 2 - half, top), (width / 2 + half, top), (width, height), (0, height)]
        return cls(np.array(corners, np.float64), "picture")

    @classmethod
    def given(cls, size: tuple[int, int], shares: Sequence[float]) -> RoadRegion:
        """Give the polygon that a user drew: `x, y, x, y, ...` as shares of the picture's width and height.

        Raises:
            SettingsError: They are not a polygon.
        """
        if len(shares) % 2 or len(shares) < 6:
            raise SettingsError(
                f"a region of interest of {len(shares)} numbers", hint="pairs x, y; three points or more"
            )
        return cls(np.array(shares, np.float64).reshape(-1, 2) * (size[1], size[0]), "given")

    def holds(self, boxes_px: Float64, *, bend_per_m: float = 0.0) -> Mask:
        """Tell which boxes lie on the road: those whose middle and middle of the lower edge do.

        Args:
            boxes_px: `(n, 4)` `x1 y1 x2 y2` in source pixels.
            bend_per_m: How tightly the car's way bends, positive to the left; only a camera's strip bends with it.
        """
        boxes = np.asarray(boxes_px, np.float64).reshape(-1, 4)
        middles = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2], axis=1)
        # A hair above the edge: a box that ends at the picture's last row would otherwise lie on the border.
        feet = np.stack([middles[:, 0], boxes[:, 3] - 0.5], axis=1)
        if bend_per_m and self.camera is not None:
            middles, feet = (straightened(self.camera, points, bend_per_m) for points in (middles, feet))
        return inside(middles, self.corners_px) & inside(feet, self.corners_px)


def straightened(camera: RoadCamera, points_px: Float64, bend_per_m: float) -> Float64:
    """Give where points of a bent road would be seen if it were straight.

    The way is a circle through the camera, which it meets head on: `ahead_m` before the camera it is
    `bend_per_m * ahead_m ** 2 / 2` to the left.

    Args:
        camera: Over the road.
        points_px: `(n, 2)` in source pixels; those at the horizon and above stay where they are.
        bend_per_m: One over the circle's radius, positive to the left.
    """
    cos = float(np.cos(np.deg2rad(camera.pitch_deg)))
    behind_m = camera.height_m * float(np.tan(np.deg2rad(camera.pitch_deg)))
    below_px = points_px[:, 1] - camera.horizon_px
    on_road = below_px > _LEAST_ROWS_PX
    below_px = np.where(on_road, below_px, np.inf)
    ahead_m = camera.focal_px * camera.height_m / cos**2 / below_px - behind_m
    px_per_m = np.where(on_road, cos / camera.height_m * below_px, 0.0)
    right_px = bend_per_m * ahead_m**2 / 2 * px_per_m
    return np.stack([points_px[:, 0] + right_px, points_px[:, 1]], axis=1)
