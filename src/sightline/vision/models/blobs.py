"""From a mask of what has changed to boxes around things, which are taken to stand upright."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32, UInt8

_LEAST_AREA = 0.0003
_LEAST_AREA_PX = 24
_LEAST_SIDE_PX = 4
_MERGE_OVERLAP = 0.5
_MERGE_GAP = 0.35
_MOST_SLENDER = 4.5
_WEAK_LEVELS, _STRONG_LEVELS = 10.0, 45.0
_FULL = 0.5
_UPRIGHT = 1.6
_GAP_PX = (9, 5)  # what is closed between parts of one thing, down and across
_WIDE = 0.6
_VALLEY = 0.55
_LEAST_PART = 0.2


def clean(mask: UInt8) -> UInt8:
    """Drop specks from a mask `(h, w)`."""
    opened: UInt8 = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return opened


def find_blobs(mask: UInt8, contrast: UInt8) -> tuple[Float32, Float32]:
    """Give boxes around what has changed, and how sure they are.

    Args:
        mask: `(h, w)` uint8, cleaned, 255 where something has changed.
        contrast: `(h, w)` uint8, by how many grey levels.

    Returns:
        `(n, 4)` float32 `x1 y1 x2 y2` in pixels of the mask, and `(n,)` float32 in 0..1: how much of its box
        a blob fills times how strongly it stands out.
    """
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones(_GAP_PX, np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    if count < 2:
        return np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
    blobs = [
        part
        for row in range(1, count)
        if stats[row, cv2.CC_STAT_AREA] >= _LEAST_AREA_PX
        for part in _parts(labels, mask, contrast, row, [int(side) for side in stats[row, :4]])
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


def _parts(
    labels: NDArray[np.int32], mask: UInt8, contrast: UInt8, label: int, place: list[int]
) -> list[_Blob]:
    """Give a connected part as one blob, or as several where it is wide and falls into columns."""
    left, top, width, height = place
    inside = labels[top : top + height, left : left + width] == label
    parts = []
    heights = (inside & (mask[top : top + height, left : left + width] > 0)).sum(axis=0)
    for start, stop in _columns(heights) if width > _WIDE * height else [(0, width)]:
        piece = inside[:, start:stop]
        rows = np.flatnonzero(piece.any(axis=1))
        low, high = int(rows[0]), int(rows[-1]) + 1
        levels = contrast[top : top + height, left + start : left + stop][piece]
        parts.append(
            _Blob(
                [left + start, top + low, stop - start, high - low], float(levels.size), float(levels.sum())
            )
        )
    return parts


def _columns(heights: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Cut a profile at its deepest valley between two summits, again and again, while it has a deep one.

    Args:
        heights: `(w,)`, how many pixels of each column belong to it.
    """
    smooth = np.convolve(heights, np.ones(3) / 3, mode="same")
    before, after = np.maximum.accumulate(smooth), np.maximum.accumulate(smooth[::-1])[::-1]
    depth = smooth / np.maximum(np.minimum(before, after), 1)
    margin = max(_LEAST_SIDE_PX, int(_LEAST_PART * float(smooth.max())))
    if len(heights) < 2 * margin + 1:
        return [(0, len(heights))]
    cut = margin + int(np.argmin(depth[margin:-margin]))
    if depth[cut] > _VALLEY:
        return [(0, len(heights))]
    right = [(start + cut, stop + cut) for start, stop in _columns(heights[cut:])]
    return [*_columns(heights[:cut]), *right]


class _Blob:
    """A connected part, or several put together."""

    def __init__(self, place: list[int], area: float, levels: float) -> None:
        self.left, self.top, self.right, self.bottom = (
            float(side) for side in (place[0], place[1], place[0] + place[2], place[1] + place[3])
        )
        self.area, self.levels = area, levels

    @property
    def key(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.right, self.bottom

    @property
    def score(self) -> float:
        fill = self.area / ((self.right - self.left) * (self.bottom - self.top))
        strength = np.clip((self.levels / self.area - _WEAK_LEVELS) / (_STRONG_LEVELS - _WEAK_LEVELS), 0, 1)
        return float(0.1 + 0.9 * min(1.0, fill / _FULL) * strength)

    @property
    def upright(self) -> bool:
        """Whether it is a whole person's shape already."""
        return self.bottom - self.top > _UPRIGHT * (self.right - self.left)

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
            and not (self.upright and other.upright)
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
