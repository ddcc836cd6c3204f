"""Which detection belongs to which track: how alike boxes are, and the best one-to-one pairing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int64

_NOBODY: Int64 = np.zeros(0, np.int64)
_TINY = 1e-12


def likeness(first_px: Float64, second_px: Float64, *, reach: float) -> Float64:
    """Give how alike boxes are in place and size, for all pairs.

    It is the overlap (intersection over union) of the boxes, each grown by `reach` of its own sides in every
    direction, times the overlap of their extents in height, not grown. Growing lets boxes meet that a fast
    move has parted; height tells neighbours of different size and depth apart.

    Args:
        first_px: `(4, n)` float64, rows `x1 y1 x2 y2` in pixels: a box a column.
        second_px: `(4, m)`, likewise.
        reach: Share of a side, >= 0.

    Returns:
        `(n, m)` in 0..1; 0 where a box is empty.

    Source:
        Yang et al., "Hard to Track Objects with Irregular Motions and Similar Appearances? Make It Easier by
        Buffering the Matching Space", WACV 2023 (buffered overlap); Yang et al., "Hybrid-SORT", AAAI 2024
        (height-modulated overlap).
    """
    first, second = _grown(first_px, reach), _grown(second_px, reach)
    shared = np.minimum(first[2][:, None], second[2])
    side = np.maximum(first[0][:, None], second[0])
    shared -= side
    np.maximum(shared, 0.0, out=shared)
    np.minimum(first[3][:, None], second[3], out=side)
    other = np.maximum(first[1][:, None], second[1])
    side -= other
    np.maximum(side, 0.0, out=side)
    shared *= side
    np.add(_areas(first)[:, None], _areas(second), out=side)
    side -= shared
    np.minimum(first_px[3][:, None], second_px[3], out=other)
    low = np.maximum(first_px[1][:, None], second_px[1])
    other -= low
    np.maximum(other, 0.0, out=other)
    shared *= other
    # The union of two extents that overlap is the sum of their lengths less what they share.
    np.add((first_px[3] - first_px[1])[:, None], second_px[3] - second_px[1], out=low)
    low -= other
    side *= low
    np.maximum(side, _TINY, out=side)
    likenesses: Float64 = np.divide(shared, side, out=shared)
    return likenesses


def _grown(boxes_px: Float64, reach: float) -> Float64:
    sides = boxes_px[2:] - boxes_px[:2]
    sides *= reach
    return np.concatenate((boxes_px[:2] - sides, boxes_px[2:] + sides))


def _areas(boxes_px: Float64) -> Float64:
    areas: Float64 = (boxes_px[2] - boxes_px[0]) * (boxes_px[3] - boxes_px[1])
    return areas


def pair(gains: Float64, least: float) -> tuple[Int64, Int64]:
    """Pair rows with columns one to one so that the sum of gains is greatest.

    Pairs under `least` are never made, and do not push others aside. A row and a column that have only each
    other to choose are paired at once and only the rest is solved (Jonker-Volgenant). The sum is the same:
    such a pair is a component of its own of the bipartite graph.

    Args:
        gains: `(n, m)`, >= 0.
        least: Least gain of a pair, > 0.

    Returns:
        Rows, rising, and the column of each.
    """
    if gains.size == 0:
        return _NOBODY, _NOBODY
    possible = gains >= least
    columns_of_row = possible.sum(axis=1)
    rows_of_column = possible.sum(axis=0)
    choice = possible.argmax(axis=1)
    certain = columns_of_row == 1
    certain &= rows_of_column[choice] == 1
    open_rows = np.flatnonzero((columns_of_row > 0) & ~certain)
    if len(open_rows) == 0:
        rows = np.flatnonzero(certain)
        return rows, choice[rows]
    rows_of_column[choice[certain]] = 0
    open_columns = np.flatnonzero(rows_of_column)
    corner = np.ix_(open_rows, open_columns)
    contested = np.where(possible[corner], gains[corner], 0.0)
    chosen_rows, chosen_columns = linear_sum_assignment(contested, maximize=True)
    made = contested[chosen_rows, chosen_columns] > 0.0
    choice[~certain] = -1
    choice[open_rows[chosen_rows[made]]] = open_columns[chosen_columns[made]]
    rows = np.flatnonzero(choice >= 0)
    return rows, choice[rows]


def mutual(gains: Float64, least: float) -> tuple[Int64, Int64]:
    """Pair the rows and columns that prefer each other to all others, at `least` or above.

    Unlike `pair` it leaves out whoever is in doubt.

    Args:
        gains: `(n, m)`.
        least: Least gain of a pair.

    Returns:
        Rows, rising, and the column of each.
    """
    if gains.size == 0:
        return _NOBODY, _NOBODY
    best = gains.argmax(axis=1)
    everyone = np.arange(len(best))
    sure = gains.argmax(axis=0)[best] == everyone
    sure &= gains[everyone, best] >= least
    rows = np.flatnonzero(sure)
    return rows, best[rows]
