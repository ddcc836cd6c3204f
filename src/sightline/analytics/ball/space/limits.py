"""What no ball does: a place or a way beyond it is a mistake of whoever looked, and is not told as the ball's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.runs import stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

FASTEST_MPS = 60.0
"""The fastest shot that was ever claimed had 59 m/s."""
HIGHEST_M = 40.0
"""A goalkeeper's highest kicks stay in the air for five seconds, so rise by about 31 m."""


def within_limits(
    t_s: Float64, positions_m: Float64, filled: NDArray[np.bool_], reach_m: tuple[float, float]
) -> Float64:
    """Take out what cannot be the ball.

    Args:
        t_s: `(n,)` seconds, rising.
        positions_m: `(n, 3)` in `Space.PITCH_M`; NaN where not known.
        filled: `(n,)` rows between two sightings that were filled in.
        reach_m: How far from the middle, along and across, the ball is still followed.

    Returns:
        The same with NaN where the ball would be out of reach or above `HIGHEST_M`, and in each filled stretch that takes
        it anywhere faster than `FASTEST_MPS`.
    """
    kept = positions_m.copy()
    far = (np.abs(kept[:, :2]) > reach_m).any(axis=1) | (kept[:, 2] > HIGHEST_M)
    kept[far] = np.nan
    steps = np.linalg.norm(np.diff(kept, axis=0), axis=1) / np.diff(t_s)
    edges = stretches(filled)
    for start, stop in edges.tolist():
        way = steps[max(start - 1, 0) : stop]
        if (way > FASTEST_MPS).any():
            kept[start:stop] = np.nan
    return kept
