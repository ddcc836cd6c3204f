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
    order = np.argsort(-scores, kind="stable")[: max(MOST_CANDIDATES, limit)]
    better, worse = _overlapping(boxes[order], class_ids[order], iou)
    keep = np.ones(len(order), bool)
    while True:
        settled = np.ones(len(order), bool)
        settled[worse[keep[better]]] = False
        if np.array_equal(settled, keep):
            return order[keep][:limit]
        keep = settled


def _overlapping(boxes: Float32, class_ids: Int32, iou: float) -> tuple[Int64, Int64]:
    """Give the pairs of rows, lower one first, of the same class that overlap by more than `iou`.

    Two boxes can only do so when the left sides are less than `1 - iou` widths of the left one apart, so boxes
    sorted from left to right are compared with a few neighbours instead of with all.
    """
    across = np.argsort(boxes[:, 0], kind="stable")
    left, top, right, bottom = np.ascontiguousarray(boxes[across].T)
    reach = left + (right - left) * (1 - iou) + _SLACK_PX
    first = np.arange(len(boxes))
    counts = left.searchsorted(reach, side="right") - first - 1
    starts = first + 1 - (counts.cumsum() - counts)
    one = first.repeat(counts)
    other = np.arange(len(one)) + starts.repeat(counts)
    widths = np.minimum(right.take(one), right.take(other)) - left.take(other)
    heights = np.minimum(bottom.take(one), bottom.take(other)) - np.maximum(top.take(one), top.take(other))
    shared = np.maximum(widths, 0) * np.maximum(heights, 0)
    areas = (right - left) * (bottom - top)
    # shared / union > iou, without dividing by the union of two empty boxes
    above = (shared * (1 + iou) > iou * (areas.take(one) + areas.take(other))).nonzero()[0]
    rows, others = across[one[above]], across[other[above]]
    same = class_ids[rows] == class_ids[others]
    rows, others = rows[same], others[same]
    return np.minimum(rows, others), np.maximum(rows, others)
