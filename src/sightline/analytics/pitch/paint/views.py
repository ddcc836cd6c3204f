"""A table of views: cameras as they stand in stadiums, turned and zoomed in steps.

Held against a map of paint, the views that agree best are what a search begins with.

Source:
    Sharma et al., "Automated top view registration of broadcast football videos", WACV 2018 (a dictionary of synthetic
    views). The table and its score are our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.observed import STANDARD_PX
from sightline.analytics.pitch.paint.nearness import (
    CELLS,
    DIRECTIONS,
    Nearness,
    bins_of,
    directions_of,
    ground_samples,
    projected,
    rows_of,
)
from sightline.analytics.pitch.residuals import LOG_FOCAL, PAN, TILT, X, Y

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64, UInt8

_STANDS_M = tuple(
    (x, y, z)
    for y, z in ((-48.0, 10.0), (-56.0, 17.0), (-70.0, 16.0), (-78.0, 27.0), (-98.0, 30.0))
    for x in (-14.0, 0.0, 14.0)
)
_ENDS_M = (
    (-66.0, 0.0, 12.0),
    (-75.0, 0.0, 22.0),
    (-84.0, 0.0, 36.0),
    (-86.0, 0.0, 52.0),
    (-105.0, 0.0, 40.0),
)
_FOCALS = tuple(0.9 * 1.16**step for step in range(14))
_STEP = 0.13
_STEP_M = 5.5
_NEAR_PX = 22.0
_AT_ONCE = 2000
_LEAST_SHOWN_PX = 700.0
_LONGEST_PX = 250.0
_HALF_X_M, _HALF_Y_M = 58.0, 38.0


@dataclass(frozen=True, slots=True)
class ViewTable:
    """Views to begin with.

    Attributes:
        cameras: `(k, 8)`.
        cells: `(k, n)` int32, the map's cell that each sampled point of the markings falls into; one past the
            last for those out of view.
        lengths: `(k, n)` uint8, how much of a marking's length in the picture each stands for, standard pixels.
        shown: `(k,)` the length of all markings in view.
    """

    cameras: Float64
    cells: NDArray[np.int32]
    lengths: UInt8
    shown: Float64


@lru_cache(maxsize=4)
def view_table(size: PitchSize, picture: tuple[int, int], ends: bool) -> ViewTable:  # noqa: FBT001 - cached by position
    """Give the views of a pitch in a picture of that shape; made once."""
    cameras = np.concatenate([_views(stand, picture) for stand in _STANDS_M + (_ENDS_M if ends else ())])
    points, names = ground_samples(markings_of(size), _STEP_M)
    last = np.append(np.array(names[:-1]) != np.array(names[1:]), np.True_)
    rows = rows_of(picture)
    middle = np.array([(CELLS - 1) / 2, (rows - 1) / 2], np.float32)
    beyond = DIRECTIONS * rows * CELLS
    cells = np.empty((len(cameras), len(points)), np.int32)
    lengths = np.empty((len(cameras), len(points)), np.uint8)
    for start in range(0, len(cameras), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        seen = projected(cameras[part].astype(np.float32), points.astype(np.float32))
        place = np.nan_to_num(np.round(seen * np.float32(CELLS / 2) + middle), nan=-1.0).astype(np.int32)
        inside = (place >= 0).all(2) & (place[..., 0] < CELLS) & (place[..., 1] < rows)
        flat = (bins_of(directions_of(seen)).astype(np.int32) * rows + place[..., 1]) * CELLS + place[..., 0]
        cells[part] = np.where(inside, flat, beyond)
        lengths[part] = np.where(inside, _lengths(seen, last), 0)
    shown = lengths.sum(1, dtype=np.int64).astype(np.float64)
    kept = shown >= _LEAST_SHOWN_PX
    return ViewTable(cameras[kept], cells[kept], lengths[kept], shown[kept])


def _lengths(seen: NDArray[np.float32], last: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give how far each sample is from the next of its marking, the last as the one before, `(k, n)`."""
    along = np.diff(seen, axis=1, append=seen[:, -1:])
    length = np.hypot(along[..., 0], along[..., 1]) * np.float32(STANDARD_PX)
    length[:, last] = length[:, np.flatnonzero(last) - 1]
    return np.asarray(np.minimum(np.nan_to_num(length), _LONGEST_PX), np.float32)


def best_views(near: Nearness, table: ViewTable, *, paint_px: float, kept: int) -> Float64:
    """Give the `(kept, 8)` views that agree best with the map, similar ones once.

    Agreement is twice the length that markings and paint share, by the length of both.

    Args:
        near: The map.
        table: The views.
        paint_px: The length of all paint in the picture, in standard pixels.
        kept: How many views to give at most.
    """
    closeness = np.exp(-0.5 * (near.distances / _NEAR_PX) ** 2).reshape(-1)
    lookup = np.append(closeness, np.float32(0))
    agreeing = np.einsum("kn,kn->k", lookup[table.cells], table.lengths, dtype=np.float32, casting="unsafe")
    scores = 2 * agreeing / (table.shown + paint_px)
    order = np.argsort(-scores, kind="stable")[: kept * 4]
    chosen: list[int] = []
    for place in order:
        if len(chosen) == kept:
            break
        one = table.cameras[place]
        if all(_differ(one, table.cameras[other]) for other in chosen):
            chosen.append(int(place))
    return table.cameras[chosen]


def _views(stand: tuple[float, float, float], picture: tuple[int, int]) -> Float64:
    """Give cameras at one place, turned and zoomed in steps, whose middle lies on or near the pitch."""
    found: list[Float64] = []
    for focal in _FOCALS:
        angle = _STEP / focal
        pans = np.arange(-1.2, 1.2, angle) + (0.0 if stand[1] else np.pi / 2)
        tilts = np.arange(np.radians(45), np.radians(89), angle)
        pan, tilt = (grid.reshape(-1) for grid in np.meshgrid(pans, tilts))
        reach = stand[2] * np.tan(tilt)
        x, y = stand[0] + reach * np.sin(pan), stand[1] + reach * np.cos(pan)
        kept = (np.abs(x) < _HALF_X_M) & (np.abs(y) < _HALF_Y_M)
        zeros = np.zeros(int(kept.sum()))
        rows = np.column_stack(
            [pan[kept], tilt[kept], zeros, zeros + np.log(focal), *(zeros + v for v in stand), zeros]
        )
        found.append(rows)
    del picture
    return np.concatenate(found)


def _differ(one: Float64, other: Float64) -> bool:
    scale = np.exp(one[LOG_FOCAL])
    turned = np.abs(one[[PAN, TILT]] - other[[PAN, TILT]]).max() * scale
    return bool(
        turned > 0.2
        or abs(one[LOG_FOCAL] - other[LOG_FOCAL]) > 0.2
        or np.abs(one[[X, Y]] - other[[X, Y]]).max() > 1
    )
