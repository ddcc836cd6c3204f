"""From a mask of what has changed to boxes around things, which are taken to stand upright."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8

_LEAST_AREA = 0.0003
_LEAST_AREA_PX = 24
_LEAST_SIDE_PX = 4
_MERGE_OVERLAP = 0.5
_MERGE_GAP = 0.35
_MOST_SLENDER = 4.5
_STRONG_LEVELS = 60.0


def clean(mask: UInt8) -> UInt8:
    """Drop specks and close gaps, taller ones than wide ones."""
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed: UInt8 = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((9, 5), np.uint8))
    return closed


def find_blobs(mask: UInt8, contrast: UInt8) -> tuple[Float32, Float32]:
    """Give boxes around what has changed, and how sure they are.

    Args:
        mask: `(h, w)` uint8, cleaned, 255 where something has changed.
        contrast: `(h, w)` uint8, by how many grey levels.

    Returns:
        `(n, 4)` float32 `x1 y1 x2 y2` in pixels of the mask, and `(n,)` float32 in 0..1: the mean of how much
        of its box a blob fills and how strongly it stands out.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float32)
    levels = np.bincount(labels.ravel(), weights=contrast.ravel(), minlength=count)
    rows = [row for row in range(1, count) if areas[row] >= _LEAST_AREA_PX]
    blobs = [
        _Blob(*(float(side) for side in stats[row, :4]), float(areas[row]), float(levels[row]))
        for row in rows
    ]
    blobs = _merge(sorted(blobs, key=lambda blob: blob.key))
    least = max(_LEAST_AREA_PX, _LEAST_AREA * mask.size)
    kept = [
        blob
        for blob in blobs
        if blob.area >= least and min(blob.right - blob.left, blob.bottom - blob.top) >= _LEAST_SIDE_PX
    ]
    boxes = np.array([blob.key for blob in kept], np.float32).reshape(-1, 4)
    return boxes, np.array([blob.score for blob in kept], np.float32)


class _Blob:
    """A connected part, or several put together."""

    def __init__(self, place: list[float], area: float, levels: float) -> None:
        self.left, self.top, width, height = place
        self.right, self.bottom = self.left + width, self.top + height
        self.area, self.levels = area, levels

    @property
    def key(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.right, self.bottom

    @property
    def score(self) -> float:
        fill = self.area / ((self.right - self.left) * (self.bottom - self.top))
        strength = min(1.0, self.levels / self.area / _STRONG_LEVELS)
        return float(min(1.0, 0.25 + 0.375 * min(1.0, fill / 0.6) + 0.375 * strength))

    def belongs_to(self, other: _Blob) -> bool:
        """Whether both may be parts of one upright thing: one above the other, close, and not too slender."""
        shared = min(self.right, other.right) - max(self.left, other.left)
        narrower = min(self.right - self.left, other.right - other.left)
        gap = max(self.top, other.top) - min(self.bottom, other.bottom)
        height = max(self.bottom, other.bottom) - min(self.top, other.top)
        width = max(self.right, other.right) - min(self.left, other.left)
        taller = max(self.bottom - self.top, other.bottom - other.top)
        return (
            shared >= _MERGE_OVERLAP * narrower
            and gap <= _MERGE_GAP * taller
            and height <= _MOST_SLENDER * width
        )

    def take(self, other: _Blob) -> None:
        self.left, self.top = min(self.left, other.left), min(self.top, other.top)
        self.right, self.bottom = max(self.right, other.right), max(self.bottom, other.bottom)
        self.area += other.area
        self.levels += other.levels


def _merge(blobs: list[_Blob]) -> list[_Blob]:
    """Put together what belongs together until nothing does."""
    merged = True
    while merged:
        merged = False
        for index, blob in enumerate(blobs):
            for other in blobs[index + 1 :]:
                if blob.belongs_to(other):
                    blob.take(other)
                    blobs.remove(other)
                    merged = True
                    break
            if merged:
                break
    return blobs
