"""Finds grass, and paint on it.

Paint is narrow and lighter than the grass on both sides of it in the channel that grass has least of. What is
left of players, benches and the crowd is dropped by shape: paint comes in long thin pieces on grass.

Source:
    Farin et al., "Robust camera calibration for sport videos using court models", SPIE 2003 (paint as what is
    lighter than both its sides); top-hat by Meyer, 1979.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.core.arrays import Float64, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import UInt8

_WIDTH_PX = 960
_KERNEL_PX = 9
_LEAST_CONTRAST = 14
_LEAST_EXTENT_PX = 22
_MOST_THICK_PX = 6.0
_LONG_PX = 120.0
_LEAST_GRASS = 0.12
_HUES = (28, 95)
_LEAST_SATURATION = 45
_LEAST_VALUE = 35
_CLOSE_PX = 25
_EDGE_PX = 7


@dataclass(frozen=True, slots=True)
class Paint:
    """Where paint was found in a picture.

    Attributes:
        points_px: `(n, 2)` float64, `(x, y)` of points along the middle of painted lines, in source pixels.
        directions_rad: `(n,)` float64, the line's direction there, 0..pi from the x axis.
    """

    points_px: Float64
    directions_rad: Float64

    def __post_init__(self) -> None:
        count = len(self.points_px)
        object.__setattr__(self, "points_px", frozen("points_px", self.points_px, (count, 2), np.float64))
        directions = frozen("directions_rad", self.directions_rad, (count,), np.float64)
        object.__setattr__(self, "directions_rad", directions)


def find_paint(image: UInt8, source_size: tuple[int, int]) -> Paint:
    """Find painted lines.

    Args:
        image: `(h, w, 3)` BGR.
        source_size: `(height, width)` of the source picture, in whose pixels points are given.

    Returns:
        No points where there is next to no grass.
    """
    factor = _WIDTH_PX / image.shape[1]
    small = cv2.resize(image, (_WIDTH_PX, round(image.shape[0] * factor)), interpolation=cv2.INTER_AREA)
    grass = grass_mask(small)
    if grass.mean() / 255 < _LEAST_GRASS:
        return Paint(np.zeros((0, 2)), np.zeros(0))
    lightness = cv2.GaussianBlur(small.min(axis=2), (0, 0), 0.8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_KERNEL_PX, _KERNEL_PX))
    ridge = cv2.morphologyEx(lightness, cv2.MORPH_TOPHAT, kernel)
    ridge[grass == 0] = 0
    strong = _thin_pieces((ridge >= _contrast(ridge, grass)).astype(np.uint8))
    rows, columns = np.nonzero(strong & _crest(ridge))
    scale = np.array([source_size[1] / small.shape[1], source_size[0] / small.shape[0]])
    points = (np.column_stack([columns, rows]) + 0.5) * scale - 0.5
    return Paint(points, _directions(ridge)[rows, columns])


def grass_mask(image: UInt8) -> UInt8:
    """Give the pitch as `(h, w)` uint8, 255 inside: the largest green region, its holes filled."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
    green = (
        (hue >= _HUES[0]) & (hue <= _HUES[1]) & (saturation >= _LEAST_SATURATION) & (value >= _LEAST_VALUE)
    )
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_CLOSE_PX, _CLOSE_PX))
    opened = cv2.morphologyEx(green.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_EDGE_PX, _EDGE_PX), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    mask = np.zeros(image.shape[:2], np.uint8)
    if contours:
        largest = max(contours, key=cv2.contourArea)
        cv2.drawContours(mask, [largest], -1, 255, cv2.FILLED)
    return mask


def _contrast(ridge: UInt8, grass: UInt8) -> float:
    """Give how much lighter paint must be: more on grass that is rough."""
    middle = float(np.median(ridge[grass > 0]))
    return max(float(_LEAST_CONTRAST), 4.0 * middle)


def _thin_pieces(strong: UInt8) -> UInt8:
    """Drop connected pieces that are small, or thick for their length as players are."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strong, connectivity=8)
    extent = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    thick = stats[:, cv2.CC_STAT_AREA] / np.maximum(extent, 1.0)
    kept = (extent >= _LEAST_EXTENT_PX) & ((thick <= _MOST_THICK_PX) | (extent >= _LONG_PX))
    kept[0] = False
    return np.asarray(kept[labels], np.uint8)


def _crest(ridge: UInt8) -> NDArray[np.bool_]:
    """Tell which pixels are at least as light as their neighbours across the line."""
    padded = np.pad(cv2.GaussianBlur(ridge, (0, 0), 1.0).astype(np.int16), 1)
    middle = padded[1:-1, 1:-1]
    across = (middle >= padded[1:-1, :-2]) & (middle > padded[1:-1, 2:])
    down = (middle >= padded[:-2, 1:-1]) & (middle > padded[2:, 1:-1])
    return np.asarray(across | down, np.bool_)


def _directions(ridge: UInt8) -> Float64:
    """Give the direction of the lines at each pixel from the structure tensor, 0..pi."""
    x = cv2.Sobel(ridge, cv2.CV_32F, 1, 0)
    y = cv2.Sobel(ridge, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(product, (0, 0), 2.5) for product in (x * x, y * y, x * y))
    return np.asarray((0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2) % np.pi, np.float64)
