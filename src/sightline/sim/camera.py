"""A pinhole camera that can pan, tilt, roll, zoom and shake, and where the ground lies in its picture.

World axes: x to the right, y ahead, z up, metres, origin on the ground below the camera. Camera axes: x right,
y down, z forward. Image coordinates are continuous: pixel (column i, row j) covers i..i+1, j..j+1, so that boxes
measured in them are box edges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.space import Homography, Space

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

NEAR_M = 0.05
"""Closest distance in front of the camera at which a point still has a picture."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a camera stands, where it looks, and how large its picture is.

    Attributes:
        size: `(height, width)` of the picture in pixels.
        focal_px: Focal length; the principal point is the picture's centre, pixels are square.
        position_m: `(x, y, z)` of the optical centre in the world.
        pan_deg: Turn to the right, seen from above; 0 looks along y.
        tilt_deg: Turn downwards from the horizontal.
        roll_deg: Clockwise turn of the camera about its own axis.
    """

    size: tuple[int, int]
    focal_px: float
    position_m: tuple[float, float, float]
    pan_deg: float = 0.0
    tilt_deg: float = 0.0
    roll_deg: float = 0.0

    def rotation(self) -> Float64:
        """Give the `(3, 3)` turn from world axes to camera axes."""
        pan, tilt, roll = np.deg2rad([self.pan_deg, self.tilt_deg, self.roll_deg])
        turn = np.array([[np.cos(pan), -np.sin(pan), 0.0], [np.sin(pan), np.cos(pan), 0.0], [0.0, 0.0, 1.0]])
        axes = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
        down = np.array(
            [[1.0, 0.0, 0.0], [0.0, np.cos(tilt), -np.sin(tilt)], [0.0, np.sin(tilt), np.cos(tilt)]]
        )
        lean = np.array(
            [[np.cos(roll), np.sin(roll), 0.0], [-np.sin(roll), np.cos(roll), 0.0], [0.0, 0.0, 1.0]]
        )
        result: Float64 = lean @ down @ axes @ turn
        return result

    def intrinsics(self) -> Float64:
        """Give the `(3, 3)` matrix from camera axes to image pixels."""
        height, width = self.size
        return np.array(
            [[self.focal_px, 0.0, width / 2], [0.0, self.focal_px, height / 2], [0.0, 0.0, 1.0]], np.float64
        )

    def project(self, points_m: Float64) -> tuple[Float64, Float64]:
        """Give where world points appear.

        Args:
            points_m: `(n, 3)` in world metres.

        Returns:
            `(n, 2)` image pixels and `(n,)` depths in metres along the optical axis. Points nearer than
            `NEAR_M`, and those behind the camera, have NaN pixels.

        Source:
            Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 6.1.
        """
        seen = (np.asarray(points_m, np.float64) - self.position_m) @ self.rotation().T
        depth_m = seen[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            points_px = seen[:, :2] * (self.focal_px / depth_m)[:, None]
        points_px += np.array([self.size[1] / 2, self.size[0] / 2])
        points_px[depth_m < NEAR_M] = np.nan
        return points_px, depth_m

    def ground_to_image(self) -> Homography:
        """Give the map from ground metres `(x, y, 0)` to image pixels.

        Raises:
            CalibrationError: The camera lies on the ground, or looks such that the map is singular.
        """
        turn = self.rotation()
        shift = -turn @ np.array(self.position_m)
        matrix = self.intrinsics() @ np.c_[turn[:, 0], turn[:, 1], shift]
        return Homography(matrix, source=Space.GROUND_M, target=Space.IMAGE_PX)

    def image_to_ground(self) -> Homography:
        """Give the map from image pixels to ground metres; points above the horizon have no ground."""
        return self.ground_to_image().inverse()

    def picture_map(self, other: Camera) -> Float64:
        """Give the `(3, 3)` map from this camera's pixels to those of another one at the same place.

        A camera that only turns and zooms sees every point, near or far, move by this one map, so a
        picture drawn once can be turned into what it sees at any later moment.

        Source:
            Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 8.4.2.
        """
        turn = other.rotation() @ self.rotation().T
        result: Float64 = other.intrinsics() @ turn @ np.linalg.inv(self.intrinsics())
        return result

    def turned(
        self, *, pan_deg: float = 0.0, tilt_deg: float = 0.0, roll_deg: float = 0.0, zoom: float = 1.0
    ) -> Camera:
        """Give the camera turned by so much more, its focal length multiplied by `zoom`."""
        return replace(
            self,
            pan_deg=self.pan_deg + pan_deg,
            tilt_deg=self.tilt_deg + tilt_deg,
            roll_deg=self.roll_deg + roll_deg,
            focal_px=self.focal_px * zoom,
        )

    def widened(self, margin_px: int) -> Camera:
        """Give the camera with so many more pixels on each side and nothing else changed."""
        height, width = self.size
        return replace(self, size=(height + 2 * margin_px, width + 2 * margin_px))


@dataclass(frozen=True, slots=True)
class CameraMotion:
    """How a camera's view wanders about its rest: a slow sweep and a seeded shake.

    The shake is a sum of five sines per axis between 0.4 and 7 Hz, falling off with frequency, as of a
    mast in the wind; its standard deviation is `shake_px` on each axis.

    Attributes:
        rest: The camera at rest.
        shake_px: Standard deviation of the shake at the picture's centre, pixels.
        sweep_deg: How far the pan swings to each side.
        sweep_period_s: How long one swing there and back takes.
        seed: Chooses the shake.
    """

    rest: Camera
    shake_px: float = 0.0
    sweep_deg: float = 0.0
    sweep_period_s: float = 24.0
    seed: int = 0

    @property
    def still(self) -> bool:
        """Whether the camera never moves."""
        return self.shake_px == 0.0 and self.sweep_deg == 0.0

    def at(self, t_s: float) -> Camera:
        """Give the camera at a time; the same time always gives the same camera."""
        if self.still:
            return self.rest
        rng = np.random.default_rng([self.seed, 0xCA3E])
        frequencies_hz = np.array([0.4, 0.9, 1.9, 3.7, 7.0]) * rng.uniform(0.85, 1.15, (3, 5))
        phases_rad = rng.uniform(0.0, 2 * np.pi, (3, 5))
        weights = np.array([1.0, 0.7, 0.5, 0.3, 0.2])
        weights = weights * np.sqrt(2.0 / np.sum(weights**2))
        waves = np.sin(2 * np.pi * frequencies_hz * t_s + phases_rad) @ weights
        shake_deg = np.rad2deg(np.arctan(self.shake_px / self.rest.focal_px)) * waves
        sweep_deg = self.sweep_deg * np.sin(2 * np.pi * t_s / self.sweep_period_s)
        return self.rest.turned(
            pan_deg=float(shake_deg[0] + sweep_deg),
            tilt_deg=float(shake_deg[1]),
            roll_deg=float(0.3 * shake_deg[2]),
        )

    def margin_px(self) -> int:
        """Give how many pixels beyond the picture at rest the camera may ever see, with room to spare."""
        if self.still:
            return 0
        height, width = self.rest.size
        focal_px = self.rest.focal_px
        half_deg = np.rad2deg(np.arctan(max(height, width) / 2 / focal_px))
        edge_px = focal_px * np.tan(np.deg2rad(min(half_deg + self.sweep_deg, 80.0))) - max(height, width) / 2
        return int(np.ceil(edge_px + 8.0 * self.shake_px)) + 4
