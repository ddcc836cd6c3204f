"""Which detection belongs to which track: how alike boxes are, and the best one-to-one pairing.

Few boxes of a frame come near each other, so pairs that may belong together are kept as lists, not matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs that may belong together, in rising order of row, then column.

    Attributes:
        rows: `(k,)` int64, which of the first boxes.
        columns: `(k,)` int64, which of the second.
        gains: `(k,)` float64, what the pair is worth, > 0.
    """

    rows: Int64
    columns: Int64
    gains: Float64

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, wanted: NDArray[np.bool_]) -> Candidates:
        """Give the chosen pairs, `(k,)` bool."""
        return Candidates(self.rows[wanted], self.columns[wanted], self.gains[wanted])


def outlines(boxes_px: Float64, *, reach: float) -> Float64:
    """Give what `alike` compares: each box and what it becomes when it is grown.

    Args:
        boxes_px: `(4, n)` float64, rows `x1 y1 x2 y2` in pixels: a box per column.
        reach: How far it grows in every direction, as a share of its own sides, >= 0.

    Returns:
        `(8, n)`: left, top (both grown), top, right, bottom (both grown), bottom, grown area, height.
    """
    sides = boxes_px[2:] - boxes_px[:2]
    margins = sides * reach
    outline = np.empty((8, boxes_px.shape[1]))
    np.subtract(boxes_px[:2], margins, out=outline[0:2])
    np.add(boxes_px[2:], margins, out=outline[3:5])
    outline[2], outline[5], outline[7] = boxes_px[1], boxes_px[3], sides[1]
    np.multiply(sides[0], sides[1], out=outline[6])
    outline[6] *= (1.0 + 2.0 * reach) ** 2
    return outline


def alike(first: Float64, second: Float64, *, least: float) -> Candidates:
    """Find the pairs of boxes that are alike in place and size.

    Likeness is the overlap (intersection over union) of the grown boxes, times the overlap of their extents
    in height before growing. Growing lets boxes meet that a fast move has parted; height tells neighbours of
    different size and depth apart.

    Args:
        first: `(8, n)`, see `outlines`.
        second: `(8, m)`, likewise.
        least: Least likeness of a pair, above 0, at most 1.

    Source:
        Yang et al., "Hard to Track Objects with Irregular Motions and Similar Appearances? Make It Easier by
        Buffering the Matching Space", WACV 2023 (grown boxes); Yang et al., "Hybrid-SORT", AAAI 2024 (overlap
        in height).
    """
    meet = first[0:4:2, :, None] < second[3:6:2, None]
    meet &= first[3:6:2, :, None] > second[0:4:2, None]
    rows, columns = (meet[0] & meet[1]).nonzero()
    gains = _likeness(first.take(rows, axis=1), second.take(columns, axis=1))
    found = Candidates(rows, columns, gains)
    return found[gains >= least]


def _likeness(first: Float64, second: Float64) -> Float64:
    """Likeness of outlines that meet, column by column."""
    shared = np.minimum(first[3:6], second[3:6])
    shared -= np.maximum(first[:3], second[:3])
    sums = first[6:] + second[6:]
    overlap: Float64 = shared[0] * shared[1]
    sums[0] -= overlap
    sums[1] -= shared[2]
    overlap *= shared[2]
    whole = sums[0] * sums[1]
    # Far from the origin a tiny box's overlap may come out above its area.
    np.maximum(whole, overlap, out=whole)
    whole += _TINY
    overlap /= whole
    return overlap


def undisputed(candidates: Candidates) -> NDArray[np.bool_]:
    """Tell which pairs have only each other to choose, `(k,)` bool."""
    rows, columns = candidates.rows, candidates.columns
    alone: NDArray[np.bool_] = np.bincount(rows).take(rows) == 1
    alone &= np.bincount(columns).take(columns) == 1
    return alone


def pair(candidates: Candidates, alone: NDArray[np.bool_] | None = None) -> tuple[Int64, Int64]:
    """Choose pairs, each row and column at most once, so that the sum of gains is greatest.

    Undisputed pairs are made at once and only the rest is solved (Jonker-Volgenant). The sum is the same:
    such a pair is a component of its own of the bipartite graph.

    Args:
        candidates: Pairs to choose from.
        alone: What `undisputed` says of them, where that is known.

    Returns:
        Rows, rising, and the column of each.
    """
    if alone is None:
        alone = undisputed(candidates)
    if alone.all():
        return candidates.rows, candidates.columns
    rest = candidates[~alone]
    rows, row_of = _numbered(rest.rows)
    columns, column_of = _numbered(rest.columns)
    gains = np.zeros((len(rows), len(columns)))
    gains[row_of, column_of] = rest.gains
    solved_rows, solved_columns = _solver()(gains, maximize=True)
    made = gains[solved_rows, solved_columns] > 0.0
    chosen_rows = np.concatenate((candidates.rows[alone], rows[solved_rows[made]]))
    chosen_columns = np.concatenate((candidates.columns[alone], columns[solved_columns[made]]))
    order = chosen_rows.argsort()
    return chosen_rows[order], chosen_columns[order]


@cache
def _solver() -> Callable[..., tuple[Int64, Int64]]:
    """Give `scipy.optimize.linear_sum_assignment` without the rest of that package: it takes 22 MB and half a second."""
    spec = PathFinder.find_spec("_lsap", [str(Path(scipy.__file__).parent / "optimize")])
    if spec is None or spec.loader is None:  # a scipy that keeps it elsewhere
        from scipy.optimize import linear_sum_assignment

        return linear_sum_assignment  # type: ignore[no-any-return]
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.linear_sum_assignment  # type: ignore[no-any-return]


def _numbered(labels: Int64) -> tuple[Int64, Int64]:
    """Give the labels that occur, rising, and each label's place among them; for few labels, all >= 0."""
    occurs = np.zeros(labels.max() + 1, np.int64)
    occurs[labels] = 1
    return occurs.nonzero()[0], (occurs.cumsum() - 1)[labels]
