"""How far a camera is to be trusted, from 0 to 1.

From drawn lines and keypoints it is a probability: that half of the grass in view is placed to within half a metre.
For cameras found from paint that nobody named it is a score that was set by eye; docs/football/calibration.md says
how often each came out right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.camera import rotations
from sightline.analytics.pitch.residuals import LOG_FOCAL, PAN, ROLL, TILT, X, Y, Z

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_GRID = np.stack(np.meshgrid(np.linspace(-0.8, 0.8, 5), np.linspace(-0.4, 0.5, 5)), axis=2).reshape(-1, 2)
_STEP = 1e-4
_LEAST_PX = 0.5
_UNKNOWN_M = 100.0
_SCALE_M = 0.5
_LEAST_M = 0.02
_OFFSET, _PER_LOG_M, _PER_AGREEMENT = -2.70, -2.31, 3.23
_NO_PAINT, _ALL_PAINT = 0.35, 0.65


def spread_m(
    row: Float64, curvature: Float64, scale_px: float, rms_px: float, picture: tuple[int, int]
) -> float:
    """Give one standard deviation of where grass in view lies, the median over a grid, in metres.

    Args:
        row: `(8,)` the camera.
        curvature: `(8, 8)` or `(7, 7)` weighted normal matrix of residuals divided by `scale_px`.
        scale_px: That scale, in standard pixels.
        rms_px: Residuals' root mean square, in standard pixels.
        picture: `(height, width)`.

    Source:
        Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 5.2 (propagation of covariance).
    """
    free = len(curvature)
    noise = max(rms_px, _LEAST_PX) / scale_px
    try:
        covariance = np.linalg.inv(curvature + 1e-9 * np.eye(free)) * noise**2
    except np.linalg.LinAlgError:
        return _UNKNOWN_M
    moved = np.repeat(row[None], free + 1, axis=0)
    moved[np.arange(1, free + 1), np.arange(free)] += _STEP
    ground = _ground(moved, _GRID * [1.0, 2 * picture[0] / picture[1]])
    slopes = (ground[1:] - ground[:1]) / _STEP
    variance = np.einsum("anx,ab,bnx->n", slopes, covariance, slopes)
    near = np.isfinite(variance) & (np.abs(ground[0]) < [60.0, 42.0]).all(1)
    if not near.any():
        return _UNKNOWN_M
    return float(min(np.sqrt(np.maximum(np.median(variance[near]), 0.0)), _UNKNOWN_M))


def quality_of(spread: float, agreement: float) -> float:
    """Give how likely it is that half of the grass in view is placed to within 0.5 m, 0..1.

    A logistic curve, fitted on simulated drawings of real cameras' views (`sightline football evaluate
    camera-quality` draws them and prints how well it holds on cameras it was not fitted on).

    Args:
        spread: Expected error on the grass in view in metres; see `spread_m`.
        agreement: Share of markings that are explained whole, 0..1.
    """
    if not np.isfinite(spread):
        return 0.0
    score = _OFFSET + _PER_LOG_M * np.log(max(spread, _LEAST_M)) + _PER_AGREEMENT * agreement
    return float(1 / (1 + np.exp(-score)))


def _ground(cameras: Float64, points: Float64) -> Float64:
    """Give where `(n, 2)` picture points lie on the grass for each camera, `(k, n, 2)`; NaN above the horizon."""
    turn = rotations(np.degrees(cameras[:, [PAN, TILT, ROLL]]))
    focal = np.exp(cameras[:, LOG_FOCAL])[:, None, None]
    rays = np.concatenate([points / focal, np.ones((len(cameras), len(points), 1))], axis=2) @ turn
    reach = np.where(rays[..., 2] < -1e-4, -cameras[:, Z][:, None] / rays[..., 2], np.nan)
    return np.asarray(cameras[:, None, [X, Y]] + rays[..., :2] * reach[..., None], np.float64)


def decayed(qualities: Float64, half_life: float) -> Float64:
    """Give each frame, `(n,)` of 0..1, the best that a frame before or after it can lend, halved every `half_life` frames."""
    step = 0.5 ** (1 / half_life)
    lent = np.array(qualities, np.float64)
    for order in (range(1, len(lent)), range(len(lent) - 2, -1, -1)):
        for frame in order:
            neighbour = frame - 1 if order.step > 0 else frame + 1
            if qualities[frame] == 0:
                lent[frame] = max(lent[frame], lent[neighbour] * step)
    return lent


def paint_quality(agreement: float, spread: float) -> float:
    """Give 0..1 for a camera found from paint that nobody named.

    Args:
        agreement: How far camera and paint explain each other, 0..1.
        spread: Expected error on the grass in view in metres.
    """
    return float(
        np.clip((agreement - _NO_PAINT) / (_ALL_PAINT - _NO_PAINT), 0, 1) / (1 + (spread / _SCALE_M) ** 2)
    )
