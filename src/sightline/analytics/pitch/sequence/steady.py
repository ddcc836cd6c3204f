"""Steadies cameras that were found frame by frame: the run's `pitch` table, smoothed after the fact.

What was seen of the pitch is not stored, but each frame's map says where it put the grass. Points of the grass in view,
as that map places them, stand for what was seen; `smooth` then finds one position and one lens for each shot, and pan, tilt,
roll and zoom of each frame. So a frame that puts the grass elsewhere than its neighbours is outvoted, and frames
between two that are known lie on the path between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.observed import Observed
from sightline.analytics.pitch.sequence.smooth import SmoothCamera, SmoothSettings, smooth_cameras
from sightline.analytics.pitch.solve import Solved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import PitchSize
    from sightline.analytics.pitch.camera import PitchCamera
    from sightline.core.arrays import Float64

_ACROSS, _DOWN = (0.08, 0.29, 0.5, 0.71, 0.92), (0.15, 0.4, 0.65, 0.9)
_MARGIN_M = 6.0
_LEAST_POINTS = 4
_CARRIED = 0.25  # what a carried camera's word counts beside one that saw lines
# How hard an operator turns, rolls and zooms, one deviation: degrees and logarithms of the focal length per s^2.
_TURN_DEG_S2, _ROLL_DEG_S2, _ZOOM_S2 = 75.0, 9.0, 2.5
_ROUNDS = 8


def steady_cameras(
    cameras: Sequence[PitchCamera | None],
    matrices: Float64,
    qualities: Float64,
    carried: NDArray[np.bool_],
    *,
    picture: tuple[int, int],
    size: PitchSize,
    rate_hz: float = 25.0,
) -> list[SmoothCamera]:
    """Give every frame its camera after smoothing.

    Args:
        cameras: Each frame's own, None where there is none; frames are equally spaced in time.
        matrices: `(n, 3, 3)` their maps from pixels to the pitch; NaN where there is none.
        qualities: `(n,)` 0..1.
        carried: `(n,)` whether a frame's camera was carried over from another frame.
        picture: `(height, width)` that pixels belong to.
        size: The pitch.
        rate_hz: Frames a second.

    Returns:
        One for each frame. Quality falls with the distance to the next frame that agrees.
    """
    grid = np.array([(x * picture[1], y * picture[0]) for y in _DOWN for x in _ACROSS])
    weights = np.where(carried, _CARRIED, 1.0) * np.clip(qualities, 0.05, 1.0)
    seen = [
        None if camera is None else _observed(grid, matrix, float(weight), picture, size)
        for camera, matrix, weight in zip(cameras, matrices, weights, strict=True)
    ]
    solved = [
        None if camera is None or one is None else _solved(camera, float(quality))
        for camera, one, quality in zip(cameras, seen, qualities, strict=True)
    ]
    settings = SmoothSettings(
        turn_deg=_TURN_DEG_S2 / rate_hz**2,
        roll_deg=_ROLL_DEG_S2 / rate_hz**2,
        zoom=_ZOOM_S2 / rate_hz**2,
        rounds=_ROUNDS,
    )
    return smooth_cameras(seen, solved, size, settings=settings)


def _observed(
    grid: Float64, matrix: Float64, weight: float, picture: tuple[int, int], size: PitchSize
) -> Observed | None:
    mapped = np.column_stack([grid, np.ones(len(grid))]) @ matrix.T
    ahead = mapped[:, 2] > 1e-9
    ground = mapped[ahead, :2] / mapped[ahead, 2:]
    near = (np.abs(ground) <= np.array([size.length_m, size.width_m]) / 2 + _MARGIN_M).all(axis=1)
    if near.sum() < _LEAST_POINTS:
        return None
    places = np.column_stack([ground[near], np.zeros(near.sum())])
    # A frame's points share its camera's error: together they count as one.
    weights = np.full(len(places), weight / len(places))
    return Observed(picture, points_px=grid[ahead][near], points_m=places, point_weights=weights)


def _solved(camera: PitchCamera, quality: float) -> Solved:
    return Solved(camera, quality, residual_px=0.0, agreement=1.0, spread_m=1.05 - quality, side_known=True)
