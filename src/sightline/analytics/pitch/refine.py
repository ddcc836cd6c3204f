"""Refines many guesses of a camera at once: damped least squares that distrusts what lies far off.

Source:
    Levenberg, 1944; Marquardt, 1963; iteratively reweighted least squares with Cauchy's weights (Holland & Welsch,
    1977), the scale narrowed in rounds so that far-off guesses still find their way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.residuals import (
    BEND,
    LOG_FOCAL,
    PARAMETERS,
    ROLL,
    TILT,
    Evidence,
    X,
    Y,
    Z,
    residuals_px,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

LIMITED = np.array([LOG_FOCAL, Z, BEND])
LOWEST = np.array([-1.5, 0.5, -0.25])
HIGHEST = np.array([4.0, 150.0, 0.25])
_STEP = np.array([1e-5, 1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3, 1e-5])
_DAMPING = 1e-3
_SETTLED = 1e-4
_LEAST_DAMPING, _MOST_DAMPING = 1e-9, 1e9


@dataclass(frozen=True, slots=True)
class Prior:
    """What is likely of a camera before anything is seen; each with a standard deviation.

    Loose on purpose: with enough markings in view the data outweigh it; with few it keeps focal length, distance
    and the lens's bend from trading places.

    Attributes:
        position_m: Mean of x, y, z. For y the distance is meant: either stand is as likely.
        position_sd_m: Their spreads.
        tilt_deg: Mean tilt.
        tilt_sd_deg: Its spread.
        roll_sd_deg: Spread of the roll about 0.
        focal: Mean focal length in halves of the picture's width.
        log_focal_sd: Spread of its logarithm.
        bend_sd: Spread of the lens's bend about 0; the bend is the relative shift at the picture's side.
    """

    position_m: tuple[float, float, float] = (0.0, 62.0, 16.0)
    position_sd_m: tuple[float, float, float] = (12.0, 15.0, 8.0)
    tilt_deg: float = 79.0
    tilt_sd_deg: float = 8.0
    roll_sd_deg: float = 1.5
    focal: float = 5.0
    log_focal_sd: float = 0.6
    bend_sd: float = 0.05

    def residuals(self, cameras: Float64) -> Float64:
        """Give `(k, 7)` deviations in standard deviations."""
        x, y, z = self.position_m
        sd_x, sd_y, sd_z = self.position_sd_m
        return np.column_stack(
            [
                (cameras[:, X] - x) / sd_x,
                (np.abs(cameras[:, Y]) - y) / sd_y,
                (cameras[:, Z] - z) / sd_z,
                (cameras[:, TILT] - np.radians(self.tilt_deg)) / np.radians(self.tilt_sd_deg),
                cameras[:, ROLL] / np.radians(self.roll_sd_deg),
                (cameras[:, LOG_FOCAL] - np.log(self.focal)) / self.log_focal_sd,
                cameras[:, BEND] / self.bend_sd,
            ]
        )


@dataclass(frozen=True, slots=True)
class Refined:
    """Cameras after refinement.

    Attributes:
        cameras: `(k, 8)`.
        costs: `(k,)` robust cost, in squared scales.
        curvature: `(k, 8, 8)` weighted normal matrix at the cameras, the prior's part included.
    """

    cameras: Float64
    costs: Float64
    curvature: Float64


def refine(
    cameras: Float64,
    evidence: Evidence,
    prior: Prior,
    *,
    scale_px: float,
    rounds: int,
    free_bend: bool = True,
) -> Refined:
    """Move cameras to where what is seen fits best.

    Args:
        cameras: `(k, 8)` guesses.
        evidence: What is seen.
        prior: What is likely.
        scale_px: Distance in standard pixels at which a point begins to be doubted.
        rounds: Steps to take.
        free_bend: False keeps the lens's bend as it is.

    Returns:
        The same number of cameras, in the same order.
    """
    damping = np.full(len(cameras), _DAMPING)
    free = np.arange(PARAMETERS if free_bend else PARAMETERS - 1)
    found = _linearised(cameras, evidence, prior, scale_px, free)
    for _ in range(rounds):
        tried = found.cameras.copy()
        tried[:, free] -= _solved(found.normal, found.slope, damping)
        tried[:, LIMITED] = np.clip(tried[:, LIMITED], LOWEST, HIGHEST)
        after = _linearised(tried, evidence, prior, scale_px, free)
        gained = found.costs - after.costs
        better = gained > 0
        damping = np.clip(np.where(better, damping * 0.2, damping * 6), _LEAST_DAMPING, _MOST_DAMPING)
        found = found.replaced(better, after)
        if (np.abs(gained) < _SETTLED * found.costs).all():
            break
    return Refined(found.cameras, found.costs, found.normal)


@dataclass(frozen=True, slots=True)
class _Linearised:
    """Cameras, their costs, and the normal equations at them."""

    cameras: Float64
    costs: Float64
    normal: Float64
    slope: Float64

    def replaced(self, where: NDArray[np.bool_], other: _Linearised) -> _Linearised:
        return _Linearised(
            np.where(where[:, None], other.cameras, self.cameras),
            np.where(where, other.costs, self.costs),
            np.where(where[:, None, None], other.normal, self.normal),
            np.where(where[:, None], other.slope, self.slope),
        )


def _linearised(
    cameras: Float64, evidence: Evidence, prior: Prior, scale_px: float, free: NDArray[np.int64]
) -> _Linearised:
    count, width = len(cameras), len(free)
    moved = np.repeat(cameras[:, None], width + 1, axis=1)
    moved[:, np.arange(1, width + 1), free] += _STEP[free]
    flat = moved.reshape(-1, PARAMETERS)
    seen = residuals_px(flat, evidence).reshape(count, width + 1, -1) / scale_px
    ours = prior.residuals(flat).reshape(count, width + 1, -1)
    every = np.concatenate([seen, ours], axis=2)
    # Cauchy's loss c^2 log(1 + (r / c)^2), with c = 1 scale for what is seen and 2 deviations for the prior.
    knee = np.concatenate([np.ones(seen.shape[2]), np.full(ours.shape[2], 4.0)])
    trust = np.concatenate([evidence.residual_weights, np.ones(ours.shape[2])])
    squared = every[:, 0] ** 2 / knee
    slopes = (every[:, 1:] - every[:, :1]) / _STEP[free][None, :, None]
    weighted = slopes * (trust / (1 + squared))[:, None, :]
    return _Linearised(
        cameras,
        (trust * knee * np.log1p(squared)).sum(1),
        weighted @ np.swapaxes(slopes, 1, 2),
        (weighted @ every[:, 0][:, :, None])[..., 0],
    )


def _solved(normal: Float64, slope: Float64, damping: Float64) -> Float64:
    width = normal.shape[1]
    diagonal = np.einsum("kii->ki", normal)
    damped = normal + (damping[:, None] * diagonal + 1e-12)[:, :, None] * np.eye(width)
    return np.asarray(np.linalg.solve(damped, slope[:, :, None])[..., 0], np.float64)
