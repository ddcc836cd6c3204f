"""How far a camera is to be trusted, from 0 to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.residuals import LOG_FOCAL, PAN, PARAMETERS, ROLL, TILT, X, Y, Z
from sightline.analytics.pitch.camera import rotations

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_GRID = np.stack(np.meshgrid(np.linspace(-0.8, 0.8, 5), np.linspace(-0.4, 0.5, 5)), axis=2).reshape(-1, 2)
_STEP = 1e-4
_LEAST_PX = 0.5
_UNKNOWN_M = 100.0
_SCALE_M = 0.5
_NO_PAINT, _ALL_PAINT = 0.35, 0.65


def spread_m(row: Float64, curvature: Float64, scale_px: float, rms_px: float, picture: tuple[int, int]) -> float:
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


def quality_of(spread: float, agreement: float, residuals: int) -> float:
    """Give 0..1."""
    del residuals
    return float(agreement / (1 + (spread / _SCALE_M) ** 2))


def _ground(cameras: Float64, points: Float64) -> Float64:
    """Give where `(n, 2)` picture points lie on the grass for each camera, `(k, n, 2)`; NaN above the horizon."""
    assert cameras.shape[1] == PARAMETERS
    turn = rotations(np.degrees(cameras[:, [PAN, TILT, ROLL]]))
    focal = np.exp(cameras[:, LOG_FOCAL])[:, None, None]
    rays = np.concatenate([points / focal, np.ones((len(cameras), len(points), 1))], axis=2) @ turn
    reach = np.where(rays[..., 2] < -1e-4, -cameras[:, Z][:, None] / rays[..., 2], np.nan)
    return np.asarray(cameras[:, None, [X, Y]] + rays[..., :2] * reach[..., None], np.float64)


def decayed(qualities: Float64, half_life: float) -> Float64:
    """Give each frame the best that a frame before or after it can lend, halved every `half_life` frames."""
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
    return float(np.clip((agreement - _NO_PAINT) / (_ALL_PAINT - _NO_PAINT), 0, 1) / (1 + (spread / _SCALE_M) ** 2))
