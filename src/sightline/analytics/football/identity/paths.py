"""Paths of persons: single sightings as an array of positions, and short gaps in it closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64


def positions_of(
    rows: NDArray[np.int64], columns: NDArray[np.int64], points_m: Float64, shape: tuple[int, int]
) -> Float64:
    """Give `(frames, persons, 2)` from single sightings; NaN where there is none.

    Args:
        rows: `(n,)`, which frame.
        columns: `(n,)`, which person.
        points_m: `(n, 2)`.
        shape: `(frames, persons)`.
    """
    positions = np.full((*shape, 2), np.nan)
    positions[rows, columns] = points_m
    return positions


def fill_gaps(positions_m: Float64, *, longest_rows: int) -> Float64:
    """Give positions with short gaps filled on the straight line between their ends.

    A detector misses somebody for a frame or two all the time; without this each miss would cut a way in two.

    Args:
        positions_m: `(n, p, 2)`; NaN where not seen.
        longest_rows: Longest gap that is filled; what was not seen for longer stays unknown, as do both ends.

    Returns:
        `(n, p, 2)`.
    """
    filled = positions_m.copy()
    for column in range(positions_m.shape[1]):
        seen = np.flatnonzero(np.isfinite(positions_m[:, column]).all(axis=1))
        gaps = np.diff(seen) - 1
        for place in np.flatnonzero((gaps > 0) & (gaps <= longest_rows)):
            before, after = int(seen[place]), int(seen[place + 1])
            share = (np.arange(before + 1, after) - before)[:, None] / (after - before)
            ends = positions_m[before, column], positions_m[after, column]
            filled[before + 1 : after, column] = ends[0] * (1 - share) + ends[1] * share
    return filled
