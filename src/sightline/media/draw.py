"""Draws boxes, trails, lines and zones on a picture."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8

Color = tuple[int, int, int]
Point = tuple[float, float]

_GOLDEN_ANGLE = 0.61803398875
_WHITE: Color = (255, 255, 255)
_INK: Color = (24, 24, 28)
_SMALL = 0.72
_SQUARES = 6
_SHIFT = 3  # OpenCV draws to an eighth of a pixel


@cache
def color_of(number: int) -> Color:
    """Give a colour (BGR) for an id; neighbouring ids get colours far apart."""
    hue = (number * _GOLDEN_ANGLE) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.72, 1.0)
    return int(blue * 255), int(green * 255), int(red * 255)


def veil(image: UInt8, box_px: Sequence[float]) -> None:
    """Make what is inside a box unrecognisable: a few large squares are left of it.

    Args:
        image: `(h, w, 3)` BGR; drawn on.
        box_px: `x1 y1 x2 y2`; the part outside the picture is left out.
    """
    height, width = image.shape[:2]
    left, top = max(0, math.floor(box_px[0])), max(0, math.floor(box_px[1]))
    right, bottom = min(width, math.ceil(box_px[2])), min(height, math.ceil(box_px[3]))
    if right <= left or bottom <= top:
        return
    part = image[top:bottom, left:right]
    few = cv2.resize(
        part, (min(_SQUARES, right - left), min(_SQUARES, bottom - top)), interpolation=cv2.INTER_AREA
    )
    part[:] = cv2.resize(few, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)


def draw_found(image: UInt8, found: Sequence[Mapping[str, Any]], scale: Point = (1.0, 1.0)) -> None:
    """Draw what a stream's result tells of a picture.

    Args:
        image: `(h, w, 3)` BGR; drawn on.
        found: Boxes with their class and identity, as clients see them.
        scale: Pixels of the source for each of the picture's, `(x, y)`.
    """
    pen = Painter((image.shape[0], image.shape[1]))
    x, y = scale
    for one in found:
        left, top, right, bottom = one["bbox"]
        number = one["track_id"]
        label = one["class_name"] if number is None else f"{one['class_name']} {number}"
        pen.box(image, (left / x, top / y, right / x, bottom / y), label, color_of(number or 0))


class Painter:
    """Draws on one picture after another; sizes follow the picture's height.

    Args:
        size: `(height, width)` of the pictures in pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._unit = max(1.0, min(size) / 480.0)
        self._line = max(1, round(1.6 * self._unit))
        self._text = 0.42 * self._unit

    def box(
        self, image: UInt8, box_px: Sequence[float], label: str, color: Color, *, faint: bool = False
    ) -> None:
        """Draw a box with its label; `faint` for a box that was not seen in this frame."""
        x1, y1, x2, y2 = (round(float(value)) for value in box_px)
        cv2.rectangle(image, (x1, y1), (x2, y2), color, 1 if faint else self._line, cv2.LINE_AA)
        if label and not faint:
            self.chip(image, label, (x1, y1), color)

    def chip(
        self, image: UInt8, text: str, at_px: Point, color: Color, *, above: bool = True, size: float = 1.0
    ) -> None:
        """Write on a coloured ground whose text colour keeps the contrast; kept inside the picture."""
        letters = self._text * size
        (width, height), descent = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, letters, 1)
        pad = round(3 * self._unit)
        full_width, full_height = width + 2 * pad, height + descent + pad
        x = int(np.clip(round(at_px[0]), 0, max(0, image.shape[1] - full_width)))
        y = round(at_px[1]) - (full_height if above else 0)
        y = int(np.clip(y, 0, max(0, image.shape[0] - full_height)))
        cv2.rectangle(image, (x, y), (x + full_width, y + full_height), color, cv2.FILLED)
        luminance = 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2]
        ink = _INK if luminance > 110 else _WHITE
        origin = (x + pad, y + height + pad // 2 + 1)
        cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, letters, ink, 1, cv2.LINE_AA)

    def trail(self, image: UInt8, points_px: Sequence[Point], color: Color) -> None:
        """Draw where something has been, thinner the longer ago."""
        points = np.round(np.asarray(points_px, np.float64) * 2**_SHIFT).astype(np.int32)
        for place in range(1, len(points)):
            width = max(1, round(self._line * 1.5 * place / len(points)))
            cv2.line(image, points[place - 1], points[place], color, width, cv2.LINE_AA, _SHIFT)

    def line(self, image: UInt8, start_px: Point, end_px: Point, label: str, color: Color) -> None:
        """Draw a counting line with a tick towards its `in` side and its label at the middle."""
        start, end = np.asarray(start_px, np.float64), np.asarray(end_px, np.float64)
        self._stroke(image, start, end, color)
        along = end - start
        length = float(np.hypot(*along)) or 1.0
        inwards = np.array([-along[1], along[0]]) / length
        middle = (start + end) / 2
        tip = middle + inwards * 18 * self._unit
        cv2.arrowedLine(image, _whole(middle), _whole(tip), color, self._line, cv2.LINE_AA, tipLength=0.4)
        self.chip(image, label, (float(start[0]), float(start[1])), color)

    def zone(self, image: UInt8, points_px: Sequence[Point], label: str, color: Color) -> None:
        """Draw a zone, lightly filled, with its label at its first corner."""
        corners = np.round(np.asarray(points_px, np.float64)).astype(np.int32)
        x, y, width, height = cv2.boundingRect(corners)
        x1, y1 = max(0, x), max(0, y)
        part = image[y1 : max(y1, y + height), x1 : max(x1, x + width)]
        if part.size:
            filled = part.copy()
            cv2.fillPoly(filled, [corners - (x1, y1)], color)
            cv2.addWeighted(filled, 0.18, part, 0.82, 0.0, dst=part)
        cv2.polylines(
            image, [corners], isClosed=True, color=color, thickness=self._line, lineType=cv2.LINE_AA
        )
        self.chip(image, label, (float(corners[0][0]), float(corners[0][1])), color)

    def ring(
        self, image: UInt8, box_px: Sequence[float], label: str, color: Color, *, dashed: bool = False
    ) -> None:
        """Draw a ring around somebody's feet with a label under it; `dashed` for one whose place is not sure."""
        x1, _, x2, y2 = (float(value) for value in box_px)
        center = (round((x1 + x2) / 2), round(y2))
        axes = (max(3, round((x2 - x1) * 0.62)), max(2, round((x2 - x1) * 0.24)))
        arcs = [(start, start + 24) for start in range(-45, 235, 40)] if dashed else [(-45, 235)]
        for ink, width in ((_INK, self._line + 2), (color, self._line + 1)):
            for start, stop in arcs:
                cv2.ellipse(image, center, axes, 0, start, stop, ink, width, cv2.LINE_AA)
        if label:
            (width, _), _ = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, self._text * _SMALL, 1)
            left = center[0] - width / 2 - round(3 * self._unit)
            self.chip(image, label, (left, center[1] + axes[1] * 0.7), color, above=False, size=_SMALL)

    def marker(self, image: UInt8, at_px: Point, color: Color, *, dashed: bool = False) -> None:
        """Draw a triangle that points down at something small; only its outline where that was not seen."""
        size = 7 * self._unit
        x, y = at_px
        top = y - 1.2 * size
        corners = np.array([[x, y - 0.2 * size], [x - 0.7 * size, top], [x + 0.7 * size, top]])
        points = [np.round(corners * 2**_SHIFT).astype(np.int32)]
        if not dashed:
            cv2.fillPoly(image, points, color, cv2.LINE_AA, _SHIFT)
        ink = color if dashed else _INK
        cv2.polylines(
            image, points, isClosed=True, color=ink, thickness=1, lineType=cv2.LINE_AA, shift=_SHIFT
        )

    def dot(self, image: UInt8, at_px: Point, radius: float, color: Color) -> None:
        """Draw a filled disc with a dark rim; the radius follows the picture's size."""
        center = tuple(round(value * 2**_SHIFT) for value in at_px)
        rim = round((radius * self._unit + 1) * 2**_SHIFT)
        cv2.circle(image, center, rim, _INK, cv2.FILLED, cv2.LINE_AA, _SHIFT)
        inside = round(radius * self._unit * 2**_SHIFT)
        cv2.circle(image, center, inside, color, cv2.FILLED, cv2.LINE_AA, _SHIFT)

    def inset(self, image: UInt8, picture: UInt8, at_px: tuple[int, int], *, share: float = 0.82) -> None:
        """Lay a smaller picture over a part of a larger one, `share` of it showing."""
        x, y = at_px
        height, width = picture.shape[:2]
        part = image[y : y + height, x : x + width]
        cv2.addWeighted(picture[: part.shape[0], : part.shape[1]], share, part, 1 - share, 0.0, dst=part)

    def _stroke(self, image: UInt8, start: np.ndarray, end: np.ndarray, color: Color) -> None:
        cv2.line(image, _whole(start), _whole(end), _INK, self._line + 2, cv2.LINE_AA)
        cv2.line(image, _whole(start), _whole(end), color, self._line + 1, cv2.LINE_AA)


def bgr_of(color: str) -> Color:
    """Give `#rrggbb` as a BGR colour."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return blue, green, red


def _whole(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
