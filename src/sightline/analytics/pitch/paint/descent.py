"""Moves cameras downhill until their markings lie on paint, and judges how well they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.observed import STANDARD_PX
from sightline.analytics.pitch.paint.nearness import ALIKE_RAD, Nearness, bins_of, directions_of, projected
from sightline.analytics.pitch.residuals import PARAMETERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

_STEPS = np.array([2e-3, 2e-3, 2e-3, 2e-3, 0.1, 0.1, 0.1, 1e-3])


@dataclass(frozen=True, slots=True)
class Descent:
    """What cameras are moved by.

    Attributes:
        near: The map of paint.
        points_m: `(n, 3)` samples of the markings.
        reach_px: Distance, in standard pixels, at which paint begins to be too far to be the marking's.
        spread: `(8,)` how far each parameter may be expected to be from where it starts, one deviation; 0 keeps it.
    """

    near: Nearness
    points_m: Float64
    reach_px: float
    spread: Float64


def descend(cameras: Float64, descent: Descent, *, rounds: int) -> Float64:
    """Move `(k, 8)` cameras, each on its own, and give them in the same order."""
    start = cameras
    free = np.flatnonzero(descent.spread > 0)
    damping = np.full(len(cameras), 1e-2)
    costs, normal, slope = _slopes(cameras, start, descent, free)
    for _ in range(rounds):
        diagonal = np.einsum("kii->ki", normal)
        damped = normal + (damping[:, None] * diagonal + 1e-9)[:, :, None] * np.eye(len(free))
        tried = cameras.copy()
        tried[:, free] -= np.linalg.solve(damped, slope[:, :, None])[..., 0]
        after = _slopes(tried, start, descent, free)
        better = after[0] < costs
        cameras = np.where(better[:, None], tried, cameras)
        costs = np.where(better, after[0], costs)
        normal = np.where(better[:, None, None], after[1], normal)
        slope = np.where(better[:, None], after[2], slope)
        damping = np.clip(np.where(better, damping * 0.3, damping * 5), 1e-6, 1e6)
    return cameras


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
    return float(((near * STANDARD_PX <= 1.6 * reach_px) & (off <= 1.5 * ALIKE_RAD)).mean())


def _slopes(
    cameras: Float64,
    start: Float64,
    descent: Descent,
    free: NDArray[np.int64],
) -> tuple[Float64, Float64, Float64]:
    count, width = len(cameras), len(free)
    near, spread, steps = descent.near, descent.spread, _STEPS[free]
    moved = np.repeat(cameras[:, None], width + 1, axis=1)
    moved[:, np.arange(1, width + 1), free] += steps
    seen = projected(moved.reshape(-1, PARAMETERS), descent.points_m).reshape(count, width + 1, -1, 2)
    bins = np.broadcast_to(bins_of(directions_of(seen[:, 0]))[:, None], seen.shape[:3])
    found = near.at(seen, bins) / descent.reach_px
    limit = near.limit_px / descent.reach_px
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
