"""How close the nearest paint is, for every place in a picture and every direction of a line.

Source:
    Barrow et al., "Parametric correspondence and chamfer matching", IJCAI 1977; with directions: Liu et al., "Fast
    directional chamfer matching", CVPR 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.pitch.camera import rotations
from sightline.analytics.pitch.markings import Markings, Segment
from sightline.analytics.pitch.observed import STANDARD_PX
from sightline.analytics.pitch.residuals import BEND, LOG_FOCAL, PAN, ROLL, TILT, X, Y, Z

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32, Float64

    Floats = NDArray[Any]

CELLS = 240
DIRECTIONS = 8
ALIKE_RAD = float(np.radians(20.0))
_JUMP = 0.5
_WIDEST = 9.0


@dataclass(frozen=True, slots=True)
class Nearness:
    """How close the nearest paint is that runs in a given direction, over the picture.

    Attributes:
        distances: `(directions, rows, cells)` float32, standard pixels, cut off at `limit_px`.
        limit_px: Where it is cut off.
    """

    distances: Float32
    limit_px: float

    def at(self, points: Float64, bins: NDArray[np.int64]) -> Float64:
        """Give the distance at `(..., 2)` centred points to paint of `(...)` directions, bilinear; NaN outside."""
        _, rows, cells = self.distances.shape
        place = points * (cells / 2) + np.array([(cells - 1) / 2, (rows - 1) / 2])
        across, down = place[..., 0], place[..., 1]
        inside = (across >= 0) & (down >= 0) & (across <= cells - 1.001) & (down <= rows - 1.001)
        across, down = np.where(inside, across, 0.0), np.where(inside, down, 0.0)
        column, row = across.astype(np.int64), down.astype(np.int64)
        across, down = across - column, down - row
        flat = (bins * rows + row) * cells + column
        values = self.distances.reshape(-1)
        upper = values[flat] * (1 - across) + values[flat + 1] * across
        lower = values[flat + cells] * (1 - across) + values[flat + cells + 1] * across
        return np.where(inside, upper * (1 - down) + lower * down, np.nan)


def nearness_of(
    points: Float64, directions_rad: Float64, picture: tuple[int, int], *, limit_px: float = 60.0
) -> Nearness:
    """Make the map from `(n, 2)` centred points on paint and the directions `(n,)` that the lines run in."""
    from scipy.ndimage import distance_transform_edt

    rows = rows_of(picture)
    place = np.round(points * (CELLS / 2) + np.array([(CELLS - 1) / 2, (rows - 1) / 2])).astype(np.int64)
    inside = (place >= 0).all(1) & (place[:, 0] < CELLS) & (place[:, 1] < rows)
    place, directions = place[inside], directions_rad[inside]
    distances = np.full((DIRECTIONS, rows, CELLS), limit_px, np.float32)
    for number in range(DIRECTIONS):
        off = np.abs((directions - number * np.pi / DIRECTIONS + np.pi / 2) % np.pi - np.pi / 2)
        alike = place[off <= ALIKE_RAD]
        if len(alike):
            free = np.ones((rows, CELLS), bool)
            free[alike[:, 1], alike[:, 0]] = False
            found = distance_transform_edt(free) * (2 * STANDARD_PX / CELLS)
            distances[number] = np.minimum(found, limit_px)
    return Nearness(distances, limit_px)


def directions_of(seen: Floats) -> Floats:
    """Give the direction, 0..pi, in which `(k, n, 2)` samples of markings run in the picture."""
    along = np.diff(seen, axis=1, append=seen[:, -1:])
    long = np.maximum(np.abs(along[..., 0]), np.abs(along[..., 1]))
    jump = ~(long <= _JUMP)  # also where a point is behind the camera
    jump[:, -1] = True
    before = np.roll(along, 1, axis=1)
    along = np.where(jump[..., None], before, along)
    angles = np.arctan2(along[..., 1], along[..., 0])
    return np.asarray(np.nan_to_num(np.where(angles < 0, angles + np.pi, angles)), seen.dtype)


def bins_of(directions_rad: Floats) -> NDArray[np.int64]:
    """Give the numbers of the nearest of the map's directions, in the shape of the angles given."""
    return np.round(directions_rad * (DIRECTIONS / np.pi)).astype(np.int64) % DIRECTIONS


def rows_of(picture: tuple[int, int]) -> int:
    """Give how many rows of cells a map of a picture of `(height, width)` has."""
    return round(CELLS * picture[0] / picture[1])


def ground_samples(markings: Markings, step_m: float) -> tuple[Float64, tuple[str, ...]]:
    """Give `(n, 3)` points along all markings on the grass, and each one's marking."""
    sampled = {
        name: one.sample(step_m)
        for name, one in markings.all.items()
        if not isinstance(one, Segment) or one.on_ground
    }
    names = tuple(name for name, points in sampled.items() for _ in points)
    return np.concatenate(list(sampled.values())), names


def projected(cameras: Floats, points_m: Floats) -> Floats:
    """Give `(k, n, 2)` centred picture points of `(n, 3)` pitch points, as precise as `cameras`; NaN behind one."""
    turn = rotations(np.degrees(cameras[:, [PAN, TILT, ROLL]])).astype(cameras.dtype)
    local = (points_m[None] - cameras[:, None, [X, Y, Z]]) @ np.swapaxes(turn, 1, 2)
    ahead = np.where(local[..., 2:] > 1.0, local[..., 2:], np.nan)
    straight = local[..., :2] / ahead * np.exp(cameras[:, LOG_FOCAL])[:, None, None]
    squared = (straight**2).sum(2)[..., None]
    bent = straight * (1 + cameras[:, BEND][:, None, None] * squared)
    bent[squared[..., 0] > _WIDEST] = np.nan
    return np.asarray(bent, cameras.dtype)
