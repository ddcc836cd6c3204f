"""Keeps the best of boxes that overlap (non-maximum suppression)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Int32, Int64

MOST_CANDIDATES = 1000
"""Boxes that are compared with one another; of more, the best ones."""


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
    if len(order) < 2:
        return order[:limit]
    ranked, classes = boxes[order], class_ids[order]
    left, top, right, bottom = ranked.T
    widths = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    heights = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    shared = np.maximum(widths, 0) * np.maximum(heights, 0)
    areas = (right - left) * (bottom - top)
    # shared / union > iou, without dividing by the union of two empty boxes
    drops = np.triu(shared * (1 + iou) > iou * (areas[:, None] + areas), 1)
    drops &= classes[:, None] == classes
    keep = np.ones(len(order), bool)
    while True:
        settled = ~drops[keep].any(axis=0)
        if np.array_equal(settled, keep):
            return order[keep][:limit]
        keep = settled
