"""Round things in a map of contrast: connected parts at several heights, as an island shrinks when the sea rises.

Source:
    Matas et al., Robust wide-baseline stereo from maximally stable extremal regions, 2002, for looking at one
    map at several thresholds; Hu, Visual pattern recognition by moment invariants, 1962, for the moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.core.arrays import Float32, Float64, UInt8

LEAST_RADIUS_PX = 2.0
_LEAST_AREA_PX = 10
_MOST_AREA = 0.012
_LEAST_FILL = 0.72
_MOST_SLENDER = 4.0
_GROW_PX = 2


@dataclass(slots=True)
class Shape:
    """One round thing.

    Attributes:
        x_px, y_px: Its middle.
        radius_px: Of the circle across its shorter side, as a ball smeared by its movement has.
        long_px: Half its longer side.
        fill: Its area against that of the ellipse with the same moments, 1 for an ellipse.
        box: `left, top, right, bottom` in whole pixels.
        source: Which map it was found in.
    """

    x_px: float
    y_px: float
    radius_px: float
    long_px: float
    fill: float
    box: tuple[int, int, int, int]
    source: str

    @property
    def roundness(self) -> float:
        """How much like a ball's its outline is, 0..1; one smeared by its movement is still like a ball's."""
        slender = self.long_px / max(self.radius_px, 1e-6)
        full = min(max((self.fill - 0.78) / 0.17, 0.0), 1.0)
        return full * min(max(1 - 0.4 * (slender - 1.35), 0.15), 1.0)


def find_shapes(levels: UInt8, thresholds: Sequence[float], source: str) -> list[Shape]:
    """Give the round parts of a map at several thresholds.

    Args:
        levels: `(h, w)` uint8.
        thresholds: Rising.
        source: Noted with each.
    """
    found: list[Shape] = []
    most = _MOST_AREA * levels.size
    for threshold in thresholds:
        mask = cv2.compare(levels, threshold, cv2.CMP_GT)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for contour in contours:
            if len(contour) < 6 or len(contour) > 8 * np.sqrt(most):
                continue
            shape = _measured(contour, most, source)
            if shape is not None:
                found.append(shape)
    return found


def _measured(contour: np.ndarray, most: float, source: str) -> Shape | None:
    moments = cv2.moments(contour)
    # A contour runs through the middles of its outermost pixels; half a pixel is missing all round.
    area = moments["m00"] + len(contour) / 2 + 1
    if moments["m00"] <= 0 or not _LEAST_AREA_PX <= area <= most:
        return None
    inner = moments["m00"]
    x, y = moments["m10"] / inner, moments["m01"] / inner
    spread = (moments["mu20"] + moments["mu02"]) / (2 * inner)
    skew = float(np.hypot((moments["mu20"] - moments["mu02"]) / (2 * inner), moments["mu11"] / inner))
    long2, short2 = spread + skew, max(spread - skew, 1e-6)
    fill = inner / (4 * np.pi * float(np.sqrt(long2 * short2)))
    radius, long = 2 * float(np.sqrt(short2)) + 0.5, 2 * float(np.sqrt(long2)) + 0.5
    if fill < _LEAST_FILL or radius < LEAST_RADIUS_PX or long > _MOST_SLENDER * radius:
        return None
    left, top, width, height = cv2.boundingRect(contour)
    return Shape(x, y, radius, long, min(fill, 1.0), (left, top, left + width, top + height), source)


def local_contrast(image: UInt8, shape: Shape) -> tuple[float, float]:
    """Give how far a shape's colour lies from that just around it, and how even it is.

    Args:
        image: `(h, w, 3)` uint8.
        shape: Which.

    Returns:
        The difference of the means in levels, and how far the inside strays from its own mean.
    """
    reach = int(np.ceil(shape.long_px)) + _GROW_PX + 1
    x, y = round(shape.x_px), round(shape.y_px)
    top, left = max(0, y - reach), max(0, x - reach)
    patch = image[top : y + reach + 1, left : x + reach + 1].astype(np.float32)
    rows = np.arange(top, top + patch.shape[0])[:, None] - shape.y_px
    columns = np.arange(left, left + patch.shape[1])[None, :] - shape.x_px
    away = np.sqrt(rows**2 + columns**2)
    inside = away <= max(0.75 * shape.radius_px, 1.0)
    ring = (away > shape.long_px + 1) & (away <= shape.long_px + _GROW_PX + 1.5)
    if not inside.any() or not ring.any():
        return 0.0, 255.0
    core, around = patch[inside], patch[ring]
    mean = core.mean(axis=0)
    # The ring may lie half over a hand: three quarters of it must differ.
    gaps = np.sqrt(((around - mean) ** 2).sum(axis=1))
    return lower_quartile(gaps), float(np.sqrt(((core - mean) ** 2).sum(axis=1).mean()))


def lower_quartile(values: Float32) -> float:
    """Give what `numpy.percentile(values, 25)` gives, without its checks, which take longer than the work."""
    place = np.float32(len(values) - 1) * np.float32(0.25)
    low = int(place)
    share = place - np.float32(low)
    high = min(low + 1, len(values) - 1)
    ordered = np.partition(values, (low, high))
    first, last = ordered[low], ordered[high]
    between = last - first
    return float(first + between * share if share < 0.5 else last - between * (np.float32(1) - share))


def unite(shapes: Sequence[Shape], scores: Float64) -> list[int]:
    """Give the rows that are left when each place keeps its best shape, best first."""
    order = np.lexsort(
        (np.array([s.y_px for s in shapes]), np.array([s.x_px for s in shapes]), -np.asarray(scores))
    )
    kept: list[int] = []
    for row in order.tolist():
        one = shapes[row]
        apart = (
            hypot(one.x_px - shapes[k].x_px, one.y_px - shapes[k].y_px)
            > 0.8 * max(one.radius_px, shapes[k].radius_px)
            for k in kept
        )
        if all(apart):
            kept.append(row)
    return kept
