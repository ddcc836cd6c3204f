"""Circles by the votes of edges, for balls before things that move with them.

Each edge votes for the points one radius away from it on both sides; the middle of a circle gets a vote from all
round. It needs no connected outline, so a ball in front of a swinging leg is found, and it costs more than the rest
together: it is for the time before a ball's colours are known.

Source:
    Loy & Zelinsky, Fast radial symmetry for detecting points of interest, 2003, with votes for both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.vision.balls.shapes import Shape

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8

_LEAST_RADIUS, _MOST_RADIUS, _RADII = 0.008, 0.055, 9  # of the longer side
_EDGE_LEVELS = 70.0
_MOST_EDGES = 2500
_SECTORS = 8
_LEAST_ROUND = 0.5
_A_RADIUS = 3


def find_circles(image: UInt8, changed: UInt8) -> list[Shape]:
    """Give circles near what has changed, best first.

    Args:
        image: `(h, w, 3)` uint8.
        changed: `(h, w)` uint8, 0 where nothing has.
    """
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(half, cv2.COLOR_BGR2GRAY)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    size = grey.shape
    near = cv2.resize(
        cv2.dilate(changed, np.ones((5, 5), np.uint8)), size[::-1], interpolation=cv2.INTER_NEAREST
    )
    rows, columns = np.nonzero((strength > _EDGE_LEVELS) & (near > 0))
    if len(rows) > _MOST_EDGES:
        chosen = np.linspace(0, len(rows) - 1, _MOST_EDGES).astype(int)
        rows, columns = rows[chosen], columns[chosen]
    if len(rows) < _SECTORS:
        return []
    norm = strength[rows, columns]
    unit = np.stack([across[rows, columns], down[rows, columns]], axis=1) / norm[:, None]
    found: list[tuple[float, Shape]] = []
    longer = max(size)
    for radius in np.geomspace(_LEAST_RADIUS * longer, _MOST_RADIUS * longer, _RADII):
        found += _at_radius(rows, columns, unit, float(radius), (size[0], size[1]))
    found.sort(key=lambda pair: (-pair[0], pair[1].x_px, pair[1].y_px))
    return [shape for _, shape in found]


def _at_radius(
    rows: np.ndarray, columns: np.ndarray, unit: np.ndarray, radius: float, size: tuple[int, int]
) -> list[tuple[float, Shape]]:
    """Give the best circles of one radius, with the share of their outline that has edges."""
    height, width = size
    votes = np.zeros(height * width, np.float32)
    for side in (-1.0, 1.0):
        y = np.rint(rows + side * radius * unit[:, 1]).astype(np.int64)
        x = np.rint(columns + side * radius * unit[:, 0]).astype(np.int64)
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        votes += np.bincount(y[inside] * width + x[inside], minlength=height * width).astype(np.float32)
    spread = max(0.8, 0.16 * radius)
    smooth = cv2.GaussianBlur(votes.reshape(size), (0, 0), spread)
    found = []
    for _ in range(_A_RADIUS):
        _, _, _, (x0, y0) = cv2.minMaxLoc(smooth)
        share = _outline(rows - y0, columns - x0, unit, radius)
        if share >= _LEAST_ROUND:
            x1, y1, r = 2 * x0 + 0.5, 2 * y0 + 0.5, 2 * radius
            box = (round(x1 - r), round(y1 - r), round(x1 + r) + 1, round(y1 + r) + 1)
            found.append((share, Shape(x1, y1, r, r, 0.78 + 0.17 * share, box, "circle")))
        reach = int(np.ceil(radius))
        smooth[max(0, y0 - reach) : y0 + reach + 1, max(0, x0 - reach) : x0 + reach + 1] = 0
    return found


def _outline(dy: np.ndarray, dx: np.ndarray, unit: np.ndarray, radius: float) -> float:
    """Give the share of a circle's directions in which an edge lies on it and runs along it."""
    away = np.hypot(dx, dy)
    on = np.abs(away - radius) <= max(1.0, 0.18 * radius)
    if not on.any():
        return 0.0
    along = np.abs(dx[on] * unit[on, 0] + dy[on] * unit[on, 1]) / np.maximum(away[on], 1e-6)
    angles = np.arctan2(dy[on], dx[on])[along > 0.85]
    sectors = np.unique(((angles + np.pi) / (2 * np.pi) * 2 * _SECTORS).astype(int) % (2 * _SECTORS))
    return len(sectors) / (2 * _SECTORS)
