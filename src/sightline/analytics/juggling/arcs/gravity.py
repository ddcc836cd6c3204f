"""Gravity in the picture, from candidates alone: what flies shares one acceleration, what else moves does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.analytics.juggling.arcs.candidates import Grid
    from sightline.core.arrays import Float64, Int64

_SPAN_S = 0.07
_MOST_SPEED = 6.0  # picture heights a second
_LEAST_FALL, _MOST_FALL = 0.7, 14.0  # picture heights a second a second
_MOST_ROLL = 0.5  # of the fall
_ALIKE = 1.7
_LEANS, _CELL = 61, 0.025
_NEAR = 0.16
_FEWEST = 4.0
_EVERY_S, _LOCAL_S, _LOCAL_SHARE, _LOCAL_AGREE = 0.5, 1.0, 0.45, 0.3


@dataclass(frozen=True, slots=True)
class Gravity:
    """The acceleration that flights share; it changes where the clip was cut or the camera zoomed.

    Attributes:
        times_s: `(n,)` rising.
        falls_px_s2: `(n, 2)`, to the right and downwards, at those times.
    """

    times_s: Float64
    falls_px_s2: Float64

    def at(self, t_s: float | Float64) -> Float64:
        """Give it at a time `(2,)` or at times `(n, 2)`: that of the nearest."""
        after = np.searchsorted(self.times_s, np.asarray(t_s, np.float64))
        before, after = np.clip(after - 1, 0, len(self.times_s) - 1), np.clip(after, 0, len(self.times_s) - 1)
        nearer = np.abs(self.times_s[after] - t_s) < np.abs(self.times_s[before] - t_s)
        return np.asarray(self.falls_px_s2[np.where(nearer, after, before)])

    @property
    def vector(self) -> Float64:
        """`(2,)`, the median over the clip."""
        return np.asarray(np.median(self.falls_px_s2, axis=0))

    @property
    def size_px_s2(self) -> float:
        """Its length."""
        return float(np.hypot(*self.vector))

    @property
    def roll_deg(self) -> float:
        """How far the camera leans: positive to the right, where things fall to the left of the picture."""
        x, y = self.vector
        return float(np.rad2deg(np.arctan2(-x, y)))


def triples(grid: Grid, height_px: float, span_s: float = _SPAN_S) -> tuple[Int64, Int64, Float64, Float64]:
    """Give three candidates each, as far apart as `span_s` twice, that may be one thing moving.

    Args:
        grid: The candidates.
        height_px: Of the picture.
        span_s: Time from one to the next.

    Returns:
        `(n, 3)` frames, `(n, 3)` places in the grid, `(n, 2)` accelerations in px/s2, `(n,)` the least score.
    """
    step_s = float(np.median(np.diff(grid.clock_s))) if len(grid.clock_s) > 1 else 0.04
    stride = max(1, round(span_s / step_s))
    frames = len(grid.scores)
    nothing = np.zeros((0, 3), np.int64)
    if frames <= 2 * stride:
        return nothing, nothing, np.zeros((0, 2)), np.zeros(0)
    first = np.arange(frames - 2 * stride)
    found_frames, found_places, found_a, found_w = [], [], [], []
    for start in range(0, len(first), 256):
        at = first[start : start + 256]
        one, two, three = (_moment(grid, at + hop * stride) for hop in range(3))
        dt1, dt2 = one[3], two[3]
        dt1, dt2 = dt2 - dt1, three[3] - dt2
        v1 = (two[0][:, None, :, :] - one[0][:, :, None, :]) / dt1[:, None, None, None]
        v2 = (three[0][:, None, :, :] - two[0][:, :, None, :]) / dt2[:, None, None, None]
        limit = _MOST_SPEED * height_px
        with np.errstate(invalid="ignore"):
            ok1 = (np.hypot(v1[..., 0], v1[..., 1]) < limit) & _alike(one[1], two[1])
            ok2 = (np.hypot(v2[..., 0], v2[..., 1]) < limit) & _alike(two[1], three[1])
        both = ok1[:, :, :, None] & ok2[:, None, :, :]
        f, i, j, k = np.nonzero(both)
        a = (v2[f, j, k] - v1[f, i, j]) / (0.5 * (dt1 + dt2))[f, None]
        found_frames.append(np.stack([at[f], at[f] + stride, at[f] + 2 * stride], axis=1))
        found_places.append(np.stack([i, j, k], axis=1))
        found_a.append(a)
        found_w.append(np.minimum(np.minimum(one[2][f, i], two[2][f, j]), three[2][f, k]))
    return (
        np.concatenate(found_frames).astype(np.int64),
        np.concatenate(found_places).astype(np.int64),
        np.concatenate(found_a),
        np.concatenate(found_w),
    )


def find_gravity(grid: Grid, height_px: float, *, least: float = _FEWEST) -> Gravity | None:
    """Give the acceleration that most triples agree on; None where there is no such thing.

    It is found for the clip first, then for every second of it near that value.

    Args:
        grid: The candidates.
        height_px: Of the picture; it shows between half a metre and ten.
        least: Weight of the triples that must agree; one where all three are clearly seen weighs 1.
    """
    frames, _, a, weights = triples(grid, height_px)
    fits = (a[:, 1] > _LEAST_FALL * height_px) & (a[:, 1] < _MOST_FALL * height_px)
    fits &= np.abs(a[:, 0]) < _MOST_ROLL * a[:, 1]
    t_s, a, weights = grid.clock_s[frames[fits, 1]], a[fits], weights[fits] ** 2
    if weights.sum() < least:
        return None
    whole, agreeing = _peak(a, weights)
    centres = np.arange(grid.clock_s[0], grid.clock_s[-1] + _EVERY_S, _EVERY_S)
    falls = []
    for centre in centres:
        near = (np.abs(t_s - centre) < _LOCAL_S) & (np.abs(a[:, 1] / whole[1] - 1) < _LOCAL_SHARE)
        if weights[near].sum() < _FEWEST:
            falls.append(whole)
            continue
        local, agree = _peak(a[near], weights[near])
        falls.append(local if agree >= _LOCAL_AGREE * weights[near].sum() else whole)
    return Gravity(centres, np.array(falls)) if agreeing >= least else None


def _peak(a: Float64, weights: Float64) -> tuple[Float64, float]:
    """Give the acceleration most weight agrees on, and how much does.

    In the logarithm of the fall every scale has the same width, and noise spreads over more cells the larger the
    acceleration is, as it should.
    """
    lean, fall = a[:, 0] / a[:, 1], np.log(a[:, 1])
    low, high = float(fall.min()) - 0.05, float(fall.max()) + 0.05
    bins = max(12, round((high - low) / _CELL))
    counts, edges_x, edges_y = np.histogram2d(
        lean, fall, bins=(_LEANS, bins), range=((-_MOST_ROLL, _MOST_ROLL), (low, high)), weights=weights
    )
    counts = _spread(_spread(counts, 0, 4), 1, 4)
    x, y = np.unravel_index(int(counts.argmax()), counts.shape)
    peak = np.exp((edges_y[y] + edges_y[y + 1]) / 2) * np.array([(edges_x[x] + edges_x[x + 1]) / 2, 1.0])
    agree = 0.0
    for _ in range(5):
        near = np.hypot(*(a - peak).T) < _NEAR * peak[1]
        agree = float(weights[near].sum())
        if agree <= 0:
            break
        peak = (a[near] * weights[near, None]).sum(axis=0) / agree
    return peak, agree


def _moment(grid: Grid, at: Int64) -> tuple[Float64, Float64, Float64, Float64]:
    return grid.points_px[at], grid.radii_px[at], grid.scores[at], grid.clock_s[at]


def _alike(one: Float64, other: Float64) -> np.ndarray:
    ratio = one[:, :, None] / other[:, None, :]
    alike: np.ndarray = (ratio < _ALIKE) & (ratio > 1 / _ALIKE)
    return alike


def _spread(values: Float64, axis: int, reach: int) -> Float64:
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (reach / 2)) ** 2)
    return np.asarray(np.apply_along_axis(np.convolve, axis, values, kernel, mode="same"))
