"""Label files of one text line an object: a class and a box or polygon in shares of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MIN_SIDE_PX = 2.0
"""Boxes thinner than this, once cut at the picture's edge, are slips of the hand and left out."""


def read_yolo(path: Path, width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Read a label file; a missing one means that nothing is there.

    Args:
        path: Lines of `class cx cy w h`, or `class x y x y x y ...` with at least three corners; all in 0..1.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        `(n, 4)` corners in pixels, cut at the picture's edge, and `(n,)` classes.

    Raises:
        ValueError: A line is neither box nor polygon.
    """
    boxes, classes = [], []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        fields = line.split()
        if not fields:
            continue
        numbers = np.array(fields[1:], np.float64)
        if len(numbers) == 4:
            centre, half = numbers[:2], numbers[2:] / 2
            low, high = centre - half, centre + half
        elif len(numbers) >= 6 and len(numbers) % 2 == 0:
            corners = numbers.reshape(-1, 2)
            low, high = corners.min(0), corners.max(0)
        else:
            raise ValueError(f"{path.name}: {line!r} is neither a box nor a polygon")
        boxes.append(np.concatenate([low, high]).clip(0, 1) * [width, height, width, height])
        classes.append(int(fields[0]))
    return tidy(np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int32))


def tidy(
    boxes_px: NDArray[np.float32], class_ids: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Leave out boxes thinner than `MIN_SIDE_PX` and exact repeats; the rest keep their order."""
    keep = (boxes_px[:, 2:] - boxes_px[:, :2] >= MIN_SIDE_PX).all(1)
    boxes_px, class_ids = boxes_px[keep], class_ids[keep]
    rows = np.concatenate([boxes_px, class_ids[:, None]], axis=1)
    _, first = np.unique(rows, axis=0, return_index=True)
    first.sort()
    return boxes_px[first], class_ids[first]
