"""In which coordinate system a point lies; a point never floats without one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sightline.core.arrays import Float64, frozen
from sightline.core.errors import CalibrationError


class Space(StrEnum):
    """A coordinate system.

    `IMAGE_PX`: source-image pixels, origin top left, y down.
    `GROUND_M`: metres on the ground of a scene, origin and axes as its homography's author chose.
    `PITCH_M`: metres, origin at the centre spot, x along the length, y to the left of it.
    `ROAD_M`: metres on the road plane, origin below the camera, x ahead, y to the left.
    """

    IMAGE_PX = "image_px"
    GROUND_M = "ground_m"
    PITCH_M = "pitch_m"
    ROAD_M = "road_m"


def homogeneous_rows(matrices: Float64, points: Float64) -> Float64:
    """Map each point by a matrix of its own.

    Args:
        matrices: `(n, 3, 3)`.
        points: `(n, 2)`.

    Returns:
        `(n, 3)`, still to be divided by the last column, whose sign tells which side of the horizon a point is on.
    """
    return np.asarray(np.einsum("nij,nj->ni", matrices, np.c_[points, np.ones(len(points))]), np.float64)


def project_rows(matrices: Float64, points: Float64) -> Float64:
    """Project each point by a matrix of its own; NaN on or behind the horizon, and where a matrix is NaN.

    Args:
        matrices: `(n, 3, 3)`.
        points: `(n, 2)`.
    """
    mapped = homogeneous_rows(matrices, points)
    ahead = mapped[:, 2] > 1e-9
    result = np.full((len(points), 2), np.nan)
    result[ahead] = mapped[ahead, :2] / mapped[ahead, 2:]
    return result


@dataclass(frozen=True, slots=True)
class Homography:
    """A plane-to-plane map with its two ends named.

    Attributes:
        matrix: `(3, 3)` float64, last entry 1; or -1 where the origin of `source` lies behind the horizon,
            as a picture's top left corner in the sky does. The sign is kept: it tells which side is ahead.
        source: Where points come from.
        target: Where they go.
    """

    matrix: Float64
    source: Space = Space.IMAGE_PX
    target: Space = Space.GROUND_M

    def __post_init__(self) -> None:
        matrix = np.asarray(self.matrix, np.float64)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
            raise CalibrationError(f"a homography is a finite (3, 3) matrix, got shape {matrix.shape}")
        if abs(np.linalg.det(matrix)) < 1e-12 or abs(matrix[2, 2]) < 1e-12:
            raise CalibrationError(
                "the homography is singular", hint="give four points, no three on one line"
            )
        object.__setattr__(self, "matrix", frozen("matrix", matrix / abs(matrix[2, 2]), (3, 3), np.float64))

    def project(self, points: Float64) -> Float64:
        """Give where points of `source` lie in `target`.

        Args:
            points: `(n, 2)`, `(x, y)` in `source`.

        Returns:
            `(n, 2)` float64 in `target`; rows on or behind the horizon are NaN.

        Source:
            Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 2.3.
        """
        points = np.asarray(points, np.float64).reshape(-1, 2)
        mapped = np.c_[points, np.ones(len(points))] @ self.matrix.T
        ahead = mapped[:, 2] > 1e-9
        result = np.full((len(points), 2), np.nan)
        result[ahead] = mapped[ahead, :2] / mapped[ahead, 2:]
        return result

    def inverse(self) -> Homography:
        """Give the map back from `target` to `source`."""
        return Homography(
            np.linalg.inv(self.matrix).astype(np.float64), source=self.target, target=self.source
        )
