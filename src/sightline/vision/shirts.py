"""What colour a person's shirt has, from pixels, without the grass behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.core.arrays import Float32, UInt8

# The shirt within a standing person's box, as shares of its width and height.
_SHIRT_X = (0.22, 0.78)
_SHIRT_Y = (0.16, 0.46)
# Two strips beside the person's legs, where almost only ground is seen.
_GROUND_X = ((-0.45, -0.10), (1.10, 1.45))
_GROUND_Y = (0.55, 1.0)

_MOST_PIXELS = 24
_LEAST_SIDE_PX = 2
_GRASS_NEAR = 13.0
_GRASS_AB_MAX, _GRASS_AB_MIN = -5.0, 5.0
_LIGHTNESS_WEIGHT = 0.4
_ROUNDS = 12
_LEAST_AWAY = np.float32(1.0)


def shirt_color(image: UInt8, box_px: Sequence[float]) -> tuple[float, float, float, float] | None:
    """Give the colour of the shirt of a standing person in a box.

    Pixels that look like the ground beside the legs are left out where that ground is green, so a green shirt of
    another shade than the pitch keeps its colour. The spatial median of the rest withstands numbers, stripes and arms, and
    is near colours that are there: medians of single channels make brown of a red shirt with white sleeves.

    Args:
        image: `(h, w, 3)` BGR.
        box_px: `x1 y1 x2 y2` in the image's pixels.

    Returns:
        `(l, a, b, share)`: CIE L*a*b* (L 0..100) and the share of the crop it was taken from, 0..1; None where the
        box shows too little.
    """
    x1, y1, x2, y2 = (float(value) for value in box_px)
    shirt = _cut(image, (x1, y1, x2, y2), _SHIRT_X, _SHIRT_Y)
    if shirt is None:
        return None
    pixels = _lab(shirt)
    ground = [_cut(image, (x1, y1, x2, y2), across, _GROUND_Y) for across in _GROUND_X]
    keep = ~_like_ground(pixels, [part for part in ground if part is not None])
    share = float(keep.mean())
    chosen = pixels[keep] if keep.any() else pixels
    light, green_red, blue_yellow = (float(value) for value in _spatial_median(chosen))
    return light, green_red, blue_yellow, share


def _spatial_median(pixels: Float32) -> Float32:
    """Give the colour from which the distances to all pixels add up to least, `(3,)`.

    Source:
        Weiszfeld, "Sur le point pour lequel la somme des distances de n points donnes est minimum", 1937.
    """
    middle = pixels.mean(axis=0)
    for _ in range(_ROUNDS):
        away = np.sqrt(((pixels - middle) ** 2).sum(axis=1))
        weights = 1 / np.maximum(away, _LEAST_AWAY)
        middle = weights @ pixels / weights.sum()
    return np.asarray(middle, np.float32)


def _cut(
    image: UInt8,
    box: tuple[float, float, float, float],
    across: tuple[float, float],
    down: tuple[float, float],
) -> UInt8 | None:
    """Cut a part of a box out of the picture, as seen; at most some pixels wide and high."""
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    left, right = (round(min(max(x1 + share * width, 0), image.shape[1])) for share in across)
    top, bottom = (round(min(max(y1 + share * height, 0), image.shape[0])) for share in down)
    if right - left < _LEAST_SIDE_PX or bottom - top < _LEAST_SIDE_PX:
        return None
    part: UInt8 = image[top:bottom, left:right]
    step_x = max(1, (right - left) // _MOST_PIXELS)
    step_y = max(1, (bottom - top) // _MOST_PIXELS)
    return part[::step_y, ::step_x]


def _lab(part: UInt8) -> Float32:
    """Give `(n, 3)` float32 L*a*b* of a BGR picture."""
    scaled = np.ascontiguousarray(part).astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2LAB), np.float32).reshape(-1, 3)


def _like_ground(pixels: Float32, ground: Sequence[UInt8]) -> np.ndarray:
    if not ground:
        return np.zeros(len(pixels), np.bool_)
    beside = np.concatenate([_lab(part) for part in ground])
    middle = np.median(beside, axis=0)
    if middle[1] > _GRASS_AB_MAX or middle[2] < _GRASS_AB_MIN:  # not green: not a pitch
        return np.zeros(len(pixels), np.bool_)
    away = (pixels - middle) * np.array([_LIGHTNESS_WEIGHT, 1, 1], np.float32)
    return np.asarray(np.sqrt((away**2).sum(axis=1)) < _GRASS_NEAR)
