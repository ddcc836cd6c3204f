"""Finds the camera from points on painted lines that nobody has named.

A book of views, cameras as they stand in stadiums turned and zoomed in steps, is held against a map of how close
the nearest paint is. The best views are moved downhill on that map, then judged by how much of what they show is
there and how much of what is there they show. The winner names the points, and is refined like a drawn picture.

Source:
    Barrow et al., "Parametric correspondence and chamfer matching", IJCAI 1977; Sharma et al., "Automated top view
    registration of broadcast football videos", WACV 2018 (a book of synthetic views). Book, score and descent are
    our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.camera import rotations
from sightline.analytics.pitch.markings import Markings, Segment, markings_of
from sightline.analytics.pitch.observed import STANDARD_PX
from sightline.analytics.pitch.residuals import BEND, LOG_FOCAL, PAN, PARAMETERS, ROLL, TILT, X, Y, Z

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float32, Float64

_CELLS = 240
_DIRECTIONS = 8
_ALIKE_RAD = np.radians(20.0)
_JUMP = 0.5
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
_BOOK_STEP_M = 4.5
_NEAR_PX = 22.0
_HALF_X_M, _HALF_Y_M = 58.0, 38.0


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

    rows = _rows(picture)
    place = np.round(points * (_CELLS / 2) + np.array([(_CELLS - 1) / 2, (rows - 1) / 2])).astype(np.int64)
    inside = (place >= 0).all(1) & (place[:, 0] < _CELLS) & (place[:, 1] < rows)
    place, directions = place[inside], directions_rad[inside]
    distances = np.full((_DIRECTIONS, rows, _CELLS), limit_px, np.float32)
    for number in range(_DIRECTIONS):
        off = np.abs((directions - number * np.pi / _DIRECTIONS + np.pi / 2) % np.pi - np.pi / 2)
        alike = place[off <= _ALIKE_RAD]
        if len(alike):
            free = np.ones((rows, _CELLS), bool)
            free[alike[:, 1], alike[:, 0]] = False
            found = distance_transform_edt(free) * (2 * STANDARD_PX / _CELLS)
            distances[number] = np.minimum(found, limit_px)
    return Nearness(distances, limit_px)


def directions_of(seen: Float64) -> Float64:
    """Give the direction, 0..pi, in which `(k, n, 2)` samples of markings run in the picture."""
    along = np.diff(seen, axis=1, append=seen[:, -1:])
    jump = (np.abs(along) > _JUMP).any(2) | ~np.isfinite(along).all(2)
    jump[:, -1] = True
    before = np.roll(along, 1, axis=1)
    along = np.where(jump[..., None], before, along)
    return np.nan_to_num(np.arctan2(along[..., 1], along[..., 0]) % np.pi)


def bins_of(directions_rad: Float64) -> NDArray[np.int64]:
    """Give the number of the nearest of the map's directions."""
    return np.round(directions_rad * (_DIRECTIONS / np.pi)).astype(np.int64) % _DIRECTIONS


def _rows(picture: tuple[int, int]) -> int:
    return round(_CELLS * picture[0] / picture[1])


@dataclass(frozen=True, slots=True)
class Book:
    """Views to begin with.

    Attributes:
        cameras: `(k, 8)`.
        cells: `(k, n)` int32, the map's cell that each sampled point of the markings falls into; one past the
            last for those out of view.
        shown: `(k,)` how many are in view.
    """

    cameras: Float64
    cells: NDArray[np.int32]
    shown: Float64


@lru_cache(maxsize=4)
def book_of(size: PitchSize, picture: tuple[int, int], ends: bool) -> Book:  # noqa: FBT001 - cached by position
    """Give the views of a pitch in a picture of that shape; made once."""
    cameras = np.concatenate([_views(stand, picture) for stand in _STANDS_M + (_ENDS_M if ends else ())])
    points = ground_samples(markings_of(size), _BOOK_STEP_M)[0]
    rows = _rows(picture)
    middle = np.array([(_CELLS - 1) / 2, (rows - 1) / 2])
    beyond = _DIRECTIONS * rows * _CELLS
    cells = np.empty((len(cameras), len(points)), np.int32)
    for start in range(0, len(cameras), 2000):
        part = slice(start, start + 2000)
        seen = projected(cameras[part], points)
        place = np.nan_to_num(np.round(seen * (_CELLS / 2) + middle), nan=-1.0)
        inside = (place >= 0).all(2) & (place[..., 0] < _CELLS) & (place[..., 1] < rows)
        flat = (bins_of(directions_of(seen)) * rows + place[..., 1]) * _CELLS + place[..., 0]
        cells[part] = np.where(inside, flat, beyond).astype(np.int32)
    shown = (cells < beyond).sum(1)
    kept = shown >= 12
    return Book(cameras[kept], cells[kept], shown[kept].astype(np.float64))


def ground_samples(markings: Markings, step_m: float) -> tuple[Float64, tuple[str, ...]]:
    """Give `(n, 3)` points along all markings on the grass, and each one's marking."""
    sampled = {
        name: one.sample(step_m)
        for name, one in markings.all.items()
        if not isinstance(one, Segment) or one.on_ground
    }
    names = tuple(name for name, points in sampled.items() for _ in points)
    return np.concatenate(list(sampled.values())), names


def projected(cameras: Float64, points_m: Float64) -> Float64:
    """Give `(k, n, 2)` centred picture points of `(n, 3)` pitch points; NaN behind a camera."""
    turn = rotations(np.degrees(cameras[:, [PAN, TILT, ROLL]]))
    local = (points_m[None] - cameras[:, None, [X, Y, Z]]) @ np.swapaxes(turn, 1, 2)
    ahead = np.where(local[..., 2:] > 1.0, local[..., 2:], np.nan)
    straight = local[..., :2] / ahead * np.exp(cameras[:, LOG_FOCAL])[:, None, None]
    squared = (straight**2).sum(2)[..., None]
    bent = straight * (1 + cameras[:, BEND][:, None, None] * squared)
    return np.asarray(np.where(squared < 9.0, bent, np.nan), np.float64)


def best_views(near: Nearness, book: Book, *, kept: int) -> Float64:
    """Give the `(kept, 8)` views that agree best with the map, similar ones once."""
    closeness = np.exp(-0.5 * (near.distances / _NEAR_PX) ** 2).reshape(-1)
    lookup = np.append(closeness, np.float32(0))
    agreeing = lookup[book.cells].sum(1)
    scores = agreeing / np.sqrt(book.shown + 12.0)
    order = np.argsort(-scores, kind="stable")[: kept * 4]
    chosen: list[int] = []
    for place in order:
        if len(chosen) == kept:
            break
        one = book.cameras[place]
        if all(_differ(one, book.cameras[other]) for other in chosen):
            chosen.append(int(place))
    return book.cameras[chosen]


def descend(
    cameras: Float64, near: Nearness, points_m: Float64, *, rounds: int, reach_px: float, spread: Float64
) -> tuple[Float64, Float64]:
    """Move cameras so that their markings come to lie on paint.

    Args:
        cameras: `(k, 8)`.
        near: The map.
        points_m: `(n, 3)` samples of the markings.
        rounds: Steps.
        reach_px: Distance at which paint begins to be too far to be the marking's.
        spread: `(8,)` how far each parameter may be expected to be from where it starts, one deviation.

    Returns:
        Cameras `(k, 8)` and their costs `(k,)`.
    """
    start = cameras.copy()
    free = np.flatnonzero(spread > 0)
    damping = np.full(len(cameras), 1e-2)
    costs, normal, slope = _slopes(cameras, start, near, points_m, reach_px, spread, free)
    for _ in range(rounds):
        diagonal = np.einsum("kii->ki", normal)
        damped = normal + (damping[:, None] * diagonal + 1e-9)[:, :, None] * np.eye(len(free))
        tried = cameras.copy()
        tried[:, free] -= np.linalg.solve(damped, slope[:, :, None])[..., 0]
        after = _slopes(tried, start, near, points_m, reach_px, spread, free)
        better = after[0] < costs
        cameras = np.where(better[:, None], tried, cameras)
        costs = np.where(better, after[0], costs)
        normal = np.where(better[:, None, None], after[1], normal)
        slope = np.where(better[:, None], after[2], slope)
        damping = np.clip(np.where(better, damping * 0.3, damping * 5), 1e-6, 1e6)
    return cameras, costs


def agreement_scores(
    cameras: Float64, near: Nearness, points_m: Float64, paint: Float64, reach_px: float
) -> Float64:
    """Give how well each camera and the paint explain each other, `(k,)`, 0..1.

    The harmonic mean of two shares: of the length of markings in view that has paint within reach, and of paint
    that has a marking within reach. Lengths are measured in the picture.
    """
    seen = projected(cameras, points_m)
    directions = directions_of(seen)
    distances = near.at(seen, bins_of(directions))
    length = np.linalg.norm(np.diff(seen, axis=1, append=seen[:, -1:]), axis=2)
    length = np.where(np.isfinite(distances) & (length < 0.3), length, 0.0)
    hit = (np.where(np.isfinite(distances), distances, np.inf) <= reach_px) * length
    shown = length.sum(1)
    precision = hit.sum(1) / np.maximum(shown, 1e-9)
    recall = np.array(
        [
            _recall(seen[k][length[k] > 0], directions[k][length[k] > 0], paint, reach_px)
            for k in range(len(cameras))
        ]
    )
    return np.asarray(2 * precision * recall / np.maximum(precision + recall, 1e-9), np.float64)


def _recall(markings: Float64, directions: Float64, paint: Float64, reach_px: float) -> float:
    """Give the share of paint, `(n, 3)` with its direction, near a marking that runs the same way."""
    from scipy.spatial import cKDTree

    if not len(markings) or not len(paint):
        return 0.0
    near, which = cKDTree(markings).query(paint[:, :2], distance_upper_bound=3 * reach_px / STANDARD_PX)
    found = np.isfinite(near)
    off = np.full(len(paint), np.pi)
    turned = paint[found, 2] - directions[which[found]]
    off[found] = np.abs((turned + np.pi / 2) % np.pi - np.pi / 2)
    return float(((near * STANDARD_PX <= 1.6 * reach_px) & (off <= 1.5 * _ALIKE_RAD)).mean())


def _slopes(
    cameras: Float64,
    start: Float64,
    near: Nearness,
    points_m: Float64,
    reach_px: float,
    spread: Float64,
    free: NDArray[np.int64],
) -> tuple[Float64, Float64, Float64]:
    count, width = len(cameras), len(free)
    steps = np.array([2e-3, 2e-3, 2e-3, 2e-3, 0.1, 0.1, 0.1, 1e-3])[free]
    moved = np.repeat(cameras[:, None], width + 1, axis=1)
    moved[:, np.arange(1, width + 1), free] += steps
    seen = projected(moved.reshape(-1, PARAMETERS), points_m).reshape(count, width + 1, -1, 2)
    bins = np.broadcast_to(bins_of(directions_of(seen[:, 0]))[:, None], seen.shape[:3])
    found = near.at(seen, bins) / reach_px
    limit = near.limit_px / reach_px
    base = found[:, 0]
    shown = np.isfinite(base)
    slopes = np.where(
        np.isfinite(found[:, 1:]) & shown[:, None], (found[:, 1:] - base[:, None]) / steps[:, None], 0.0
    )
    value = np.where(shown, base, 0.0)
    weight = np.where(shown & (base < limit * 0.98), 1 / (1 + value**2) ** 2, 0.0)
    ours = ((cameras - start)[:, free]) / spread[free]
    normal = np.einsum("kan,kn,kbn->kab", slopes, weight, slopes) + np.diag(1 / spread[free] ** 2)
    slope = np.einsum("kan,kn->ka", slopes, weight * value) + ours / spread[free]
    # Geman-McClure's bounded cost, as a gain: a point on paint lowers the cost, one far from any raises it a little.
    gain = np.where(shown, value**2 / (1 + value**2) - 0.75, 0.0)
    return gain.sum(1) + 0.5 * (ours**2).sum(1), normal, slope


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
