"""Keeps the best of boxes that overlap (non-maximum suppression)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Int32, Int64

MOST_CANDIDATES = 1000
"""Boxes that are compared with one another; of more, the best ones."""

_SLACK_PX = 0.01
"""Keeps rounding from hiding a neighbour."""


def suppress(boxes: Float32, scores: Float32, class_ids: Int32, *, iou: float, limit: int) -> Int64:
    """Choose boxes so that none overlaps a better one of its class too much.

    The greedy rule, without its loop: a box is kept when no kept better one suppresses it. Each round
    settles at least one box more, and a handful of rounds settles all. Boxes of equal score rank in the
    order in which they come, so the choice never depends on the machine.

    Args:
        boxes: `(n, 4)` float32, `x1 y1 x2 y2`.
        scores: `(n,)` float32.
        class_ids: `(n,)` int32; boxes of different classes leave one another alone.
        iou: Overlap above which the weaker box is dropped, 0..1.
        limit: Most boxes to keep.

    Returns:
        Rows to keep, best first.
    """
    order = (-scores).argsort(kind="stable")[: max(MOST_CANDIDATES, limit)]
    better, worse = _overlapping(boxes.T.take(order, axis=1), class_ids.take(order), iou)
    none_dropped = np.ones(len(order), bool)
    keep = none_dropped
    while True:
        settled = none_dropped.copy()
        settled[worse.compress(keep.take(better))] = False
        if (settled == keep).all():
            return order.compress(keep)[:limit]
        keep = settled


def _overlapping(corners: Float32, class_ids: Int32, iou: float) -> tuple[Int64, Int64]:
    """Give the pairs of columns, lower one first, of the same class that overlap by more than `iou`.

    Two boxes can only do so when the left sides are less than `1 - iou` widths of the left one apart, so boxes
    sorted from left to right are compared with a few neighbours instead of with all.

    Args:
        corners: `(4, n)` float32, rows `x1 y1 x2 y2`: a box per column; used up.
        class_ids: `(n,)` int32.
        iou: See `suppress`.
    """
    one, other = _neighbours(corners[0], corners[2], iou)
    areas = (corners[2] - corners[0]) * (corners[3] - corners[1])
    # With the far corners' signs turned, one maximum finds all four sides of what two boxes share, its lengths negative.
    np.negative(corners[2:], out=corners[2:])
    sides = np.maximum(corners.take(one, axis=1), corners.take(other, axis=1))
    lengths = sides[:2] + sides[2:]
    np.minimum(lengths, 0, out=lengths)
    # shared / union > iou, without dividing by the union of two empty boxes
    above = lengths[0] * lengths[1] * (1 + iou) > iou * (areas.take(one) + areas.take(other))
    above &= class_ids.take(one) == class_ids.take(other)
    one, other = one.compress(above), other.compress(above)
    return np.minimum(one, other), np.maximum(one, other)


def _neighbours(left: Float32, right: Float32, iou: float) -> tuple[Int64, Int64]:
    """Give the pairs whose left sides are close enough together for an overlap of `iou`."""
    across = left.argsort(kind="stable")
    starts = left.take(across)
    reach = starts + (right.take(across) - starts) * (1 - iou) + _SLACK_PX
    next_one = np.arange(1, len(across) + 1)
    counts = starts.searchsorted(reach, side="right") - next_one
    places = (next_one - counts.cumsum() + counts).repeat(counts)
    places += np.arange(len(places))
    return across.repeat(counts), across.take(places)
