"""A Kalman filter for all boxes at once: constant velocity, each coordinate on its own.

A track is a column. Centre x, centre y, width and height move independently of each other, so an 8x8
covariance is four 2x2 blocks, and every step is a handful of element-wise operations on all tracks.

Source:
    State and noise as in Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric",
    ICIP 2017, and Aharon et al., "BoT-SORT", 2022 (width and height in place of aspect and height), with
    less noise in size than in place: people change place far sooner than size.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

# Rows of a state: position, velocity (pixels a nominal frame), and the three distinct entries of each block.
POSITION = slice(0, 4)
CENTRE = slice(0, 2)
SIZE = slice(2, 4)
VELOCITY = slice(4, 8)
CENTRE_VELOCITY = slice(4, 6)
SIZE_VELOCITY = slice(6, 8)
POSITION_VARIANCE = slice(8, 12)
COVARIANCE = slice(12, 16)
VELOCITY_VARIANCE = slice(16, 20)
VARIANCES = slice(8, 20)
ROWS = 20

# Variances for x, y, width, height as squared shares of a length. For measuring that is the box's own side:
# width for x and width, height for y and height. For motion of the centre it is the longer side, since what
# moves a narrow person moves it no less than a broad one.
_POSITION_NOISE: Float64 = np.square([[1 / 60], [1 / 60], [1 / 200], [1 / 200]])
_VELOCITY_NOISE: Float64 = np.square([[1 / 250], [1 / 250], [1 / 200], [1 / 200]])
_MEASURING_NOISE: Float64 = np.square(np.full((4, 1), 1 / 20))
_FIRST_VELOCITY: Float64 = np.square([[1 / 8], [1 / 8], [1 / 4], [1 / 4]])
_LEAST_SIDE_PX = 1.0


def start(measured_px: Float64) -> Float64:
    """Give the state of new tracks: at rest, but ready to believe a speed of an eighth of a box per frame.

    Args:
        measured_px: `(4, n)` centre x, centre y, width, height in pixels.

    Returns:
        `(20, n)` float64.
    """
    state = np.zeros((ROWS, measured_px.shape[1]))
    state[POSITION] = measured_px
    np.multiply(_MEASURING_NOISE, _squared_sides(measured_px), out=state[POSITION_VARIANCE])
    np.multiply(_FIRST_VELOCITY, _squared_reach(measured_px), out=state[VELOCITY_VARIANCE])
    return state


def predict(state: Float64, steps: float) -> None:
    """Move all tracks on, in place.

    The noise is that of a filter made for one nominal frame, continued to any number of them: for a box of
    constant size a step of `k` equals `k` steps of one.

    Args:
        state: `(20, n)`.
        steps: Elapsed time in nominal frames, > 0.
    """
    scale = _squared_reach(state[POSITION])
    state[POSITION] += state[VELOCITY] * steps
    carried = state[VELOCITY_VARIANCE] * steps
    state[POSITION_VARIANCE] += state[COVARIANCE] * (2.0 * steps)
    state[POSITION_VARIANCE] += carried * steps
    state[COVARIANCE] += carried
    variances = state[VARIANCES].reshape(3, 4, -1)
    variances += _spread(steps) * scale


@lru_cache(maxsize=64)
def _spread(steps: float) -> Float64:
    """Give what so many frames add to each block's entries, as shares of a squared length: `(3, 4, 1)`."""
    spread = _VELOCITY_NOISE * (steps * _growth(steps))
    spread[0] += _POSITION_NOISE * steps
    spread.setflags(write=False)
    return spread


def _growth(steps: float) -> Float64:
    """Give what a frame's noise in velocity adds to each block's entries after so many frames, a frame each.

    Sums over the frames of squared age, age and one: `(k-1)(2k-1)/6`, `(k-1)/2`, `1`; `(3, 1, 1)`.
    """
    return np.array((((steps - 1.0) * (2.0 * steps - 1.0) / 6.0,), ((steps - 1.0) / 2.0,), (1.0,)))[:, None]


def correct(state: Float64, measured_px: Float64) -> Float64:
    """Give the state of tracks after a measurement of each.

    Args:
        state: `(20, n)`, predicted; it is left as it was.
        measured_px: `(4, n)` centre x, centre y, width, height in pixels.

    Returns:
        `(20, n)`.
    """
    corrected = np.empty_like(state)
    error = _MEASURING_NOISE * _squared_sides(state[POSITION])
    total = state[POSITION_VARIANCE] + error
    gain = state[POSITION_VARIANCE] / total
    velocity_gain = state[COVARIANCE] / total
    surprise = measured_px - state[POSITION]
    np.add(state[POSITION], gain * surprise, out=corrected[POSITION])
    np.add(state[VELOCITY], velocity_gain * surprise, out=corrected[VELOCITY])
    np.multiply(gain, error, out=corrected[POSITION_VARIANCE])
    np.multiply(velocity_gain, error, out=corrected[COVARIANCE])
    velocity_gain *= state[COVARIANCE]
    np.subtract(state[VELOCITY_VARIANCE], velocity_gain, out=corrected[VELOCITY_VARIANCE])
    return corrected


def _squared_sides(position_px: Float64) -> Float64:
    """Give width, height, width, height, squared, none under a pixel: what measuring noise is a share of."""
    sides = np.maximum(position_px[2:], _LEAST_SIDE_PX)
    sides *= sides
    return np.concatenate((sides, sides))


def _squared_reach(position_px: Float64) -> Float64:
    """Give the longer side twice, then width, height, squared: what motion noise is a share of."""
    sides = _squared_sides(position_px)
    np.maximum(sides[0], sides[1], out=sides[0])
    sides[1] = sides[0]
    return sides
