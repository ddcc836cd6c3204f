"""From a plane's map to a whole camera: where things above the ground appear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_LEAST_HEIGHT_M = 0.5


def projections_of(ground: Float64, positions_m: Float64, size: tuple[int, int]) -> Float64:
    """Give the projections of cameras whose map from the picture to the ground is known.

    With the camera's place known the rest follows: its centre is what the projection maps to nothing. Without it,
    pixels are taken to be square and the axis to meet the picture's middle.

    Args:
        ground: `(n, 3, 3)` from pixels to `Space.PITCH_M`, third coordinate positive for what is ahead; NaN where
            not known.
        positions_m: `(n, 3)` where the camera is; NaN where not known.
        size: `(height, width)` of the picture.

    Returns:
        `(n, 3, 4)` from metres, z up, to pixels; NaN where the map is not known or fits no such camera.

    Source:
        Zhang, "A flexible new technique for camera calibration", IEEE PAMI 22 (2000), section 3.1.
    """
    found = np.full((len(ground), 3, 4), np.nan)
    rows = np.flatnonzero(np.isfinite(ground).all(axis=(1, 2)))
    if not len(rows):
        return found
    maps: Float64 = np.linalg.inv(ground[rows]).astype(np.float64)
    places = positions_m[rows]
    unknown = ~np.isfinite(places).all(axis=1)
    places[unknown] = _places(maps[unknown], size)
    with np.errstate(divide="ignore", invalid="ignore"):
        up = -(maps[:, :, 2] + places[:, None, 0] * maps[:, :, 0] + places[:, None, 1] * maps[:, :, 1])
        up /= np.where(places[:, 2] > _LEAST_HEIGHT_M, places[:, 2], np.nan)[:, None]
    whole = np.stack([maps[:, :, 0], maps[:, :, 1], up, maps[:, :, 2]], axis=2)
    known = np.isfinite(whole).all(axis=(1, 2))
    found[rows[known]] = whole[known]
    return found


def _places(maps: Float64, size: tuple[int, int]) -> Float64:
    """Give `(n, 3)` places of cameras from `(n, 3, 3)` maps of the ground to pixels; NaN where none fits."""
    shift = np.array([[1.0, 0.0, -size[1] / 2], [0.0, 1.0, -size[0] / 2], [0.0, 0.0, 1.0]])
    first, second, offset = np.moveaxis(shift @ maps, 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = -(first[:, :2] * second[:, :2]).sum(axis=1) / (first[:, 2] * second[:, 2])
        focals = np.sqrt(np.where(squared > 0, squared, np.nan))
    scale = np.stack([1 / focals, 1 / focals, np.ones(len(focals))], axis=1)
    first, second, offset = (column * scale for column in (first, second, offset))
    with np.errstate(invalid="ignore"):
        length = np.sqrt(np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1))[:, None]
        first, second, offset = first / length, second / length, offset / length
    third = np.cross(first, second)
    turns = np.stack([first, second, third], axis=2)
    places: Float64 = -np.einsum("nji,nj->ni", turns, offset)
    return places
