"""Boxes from the masks of the Brazilian highway set.

Each picture has up to two masks of the same size, `<stem>.crack.png` and `<stem>.pothole.png`, white where the damage is.
A pothole is one blob, now and then torn into pieces that touch but for a few pixels. Cracks are drawn as hundreds of
crumbs; crumbs near each other are one damage. The set says `crack` and nothing more: a damage gets a class of the road
damage catalogue only where its shape leaves no doubt and is left out otherwise. Cracks of the lane beside the camera's
are mostly not drawn at all. So the absence of a crack in these pictures means nothing (see `Labelled.labelled_classes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LONGITUDINAL, TRANSVERSE, ALLIGATOR, POTHOLE, IGNORED = 0, 1, 2, 3, -1

POTHOLE_GAP_PX = 7
"""Pieces of potholes that are nearer than this are one pothole."""

CRACK_GAP_PX = 25
"""Crumbs of cracks that are nearer than this are one damage."""

MIN_POTHOLE_PX = 40
"""Smaller blobs, in pixels of area, are specks of the brush."""

MIN_CRACK_SIDE_PX = 25
"""A damage whose longer side is shorter has no shape to tell its class by."""


def read_brazil(path: Path, width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Read the boxes of a picture `images/<stem>.jpg` from `masks/<stem>.*.png`.

    Args:
        path: The picture.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        `(n, 4)` corners in pixels and `(n,)` classes; cracks whose kind is in doubt are left out.

    Raises:
        ValueError: A mask is not as large as its picture.
    """
    boxes: list[tuple[float, float, float, float]] = []
    classes: list[int] = []
    for mask, find in (("pothole", pothole_boxes), ("crack", crack_boxes)):
        file = path.parents[1] / "masks" / f"{path.stem}.{mask}.png"
        if not file.is_file():
            continue
        drawn = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if drawn is None or drawn.shape != (height, width):
            raise ValueError(f"{file.name} is not a mask of {width} x {height}")
        for box, class_id in find(drawn > 127):
            if class_id != IGNORED:
                boxes.append(box)
                classes.append(class_id)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int32)


Found = list[tuple[tuple[float, float, float, float], int]]


def pothole_boxes(mask: NDArray[np.bool_]) -> Found:
    """Give one box a blob of a pothole mask, pieces within `POTHOLE_GAP_PX` of each other joined."""
    return [(box, POTHOLE) for box, inside in _pieces(mask, POTHOLE_GAP_PX) if inside.sum() >= MIN_POTHOLE_PX]


def crack_boxes(mask: NDArray[np.bool_]) -> Found:
    """Give one box a damage of a crack mask, with its class by shape, `IGNORED` where that is in doubt.

    A damage is an alligator when its crumbs fill a wide patch evenly; longitudinal when it is a line that runs towards
    the horizon, transverse when it is a line across.
    """
    return [(box, _kind(box, inside)) for box, inside in _pieces(mask, CRACK_GAP_PX)]


def _pieces(
    mask: NDArray[np.bool_], gap_px: int
) -> list[tuple[tuple[float, float, float, float], NDArray[np.bool_]]]:
    """Give each group of marked pixels with gaps below `gap_px`: its box and its mask cut out to the box."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap_px, gap_px))
    count, groups = cv2.connectedComponents(cv2.dilate(mask.astype(np.uint8), kernel), connectivity=8)
    pieces = []
    for group in range(1, count):
        inside = mask & (groups == group)
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        pieces.append(
            ((float(left), float(top), float(right), float(bottom)), inside[top:bottom, left:right])
        )
    return pieces


def _kind(box: tuple[float, float, float, float], inside: NDArray[np.bool_]) -> int:
    width, height = box[2] - box[0], box[3] - box[1]
    if max(width, height) < MIN_CRACK_SIDE_PX:
        return IGNORED
    rows, columns = np.nonzero(inside)
    values, axes = np.linalg.eigh(np.cov(np.stack([columns, rows]).astype(float)) + np.eye(2) * 0.1)
    slender = float(np.sqrt(values[1] / values[0]))
    across = abs(float(axes[0, 1]))
    # how much of the damage's patch, in cells of 12 px, has a crumb in it
    cells = cv2.resize(
        inside.astype(np.uint8) * 255,
        (max(1, round(width / 12)), max(1, round(height / 12))),
        interpolation=cv2.INTER_AREA,
    )
    filled = float((cells > 0).mean())
    if slender > 5:
        if across < 0.6 and height > width:
            return LONGITUDINAL
        return TRANSVERSE if across > 0.95 and width > 3 * height else IGNORED
    if min(width, height) > 40 and filled > 0.6 and slender < 3:
        return ALLIGATOR
    return IGNORED
