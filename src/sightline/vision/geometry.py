"""How a picture is laid into a model's input, and how boxes get back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8

PAD_VALUE = 114
"""Grey that fills what a picture leaves free, as the YOLO families are trained with."""


class Fit(StrEnum):
    """How a picture is laid into an input of another shape.

    `TOP_LEFT`: scaled whole, padded at the right and below.
    `CENTRE`: scaled whole, padded on all sides alike.
    `STRETCH`: scaled to fill it, its aspect ratio lost.
    """

    TOP_LEFT = "top_left"
    CENTRE = "centre"
    STRETCH = "stretch"


def content_size(
    input_size: tuple[int, int], source_size: tuple[int, int], fit: Fit = Fit.TOP_LEFT
) -> tuple[int, int]:
    """Give the size that a whole source picture takes inside a model's input.

    A decoder that scales to it leaves nothing but padding to do.

    Args:
        input_size: `(height, width)` of the model's input in pixels.
        source_size: `(height, width)` of the upright source picture in pixels.
        fit: How it is laid in.

    Returns:
        `(height, width)`, at least 1 each and at most the input's.
    """
    if fit is Fit.STRETCH:
        return input_size
    scale = min(input_size[0] / source_size[0], input_size[1] / source_size[1])
    height, width = (max(1, int(side * scale + 0.5)) for side in source_size)
    return min(height, input_size[0]), min(width, input_size[1])


def tight_size(input_size: tuple[int, int], source_size: tuple[int, int], stride_px: int) -> tuple[int, int]:
    """Give the smallest input that still holds a source picture at the scale that it has in the whole one.

    Args:
        input_size: `(height, width)` of the model's input in pixels.
        source_size: `(height, width)` of the upright source picture in pixels.
        stride_px: Pixels that both sides must be multiples of.

    Returns:
        `(height, width)`, at most `input_size`.
    """
    content = content_size(input_size, source_size)
    height, width = (
        min(-(-side // stride_px) * stride_px, most) for side, most in zip(content, input_size, strict=True)
    )
    return height, width


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a source picture lies in a model's input.

    Attributes:
        size: `(height, width)` it takes there in pixels.
        offset_px: `(x, y)` of its top left corner there.
        source_size: `(height, width)` of the source picture.
    """

    size: tuple[int, int]
    offset_px: tuple[int, int]
    source_size: tuple[int, int]

    def points_to_source(self, points: Float32) -> Float32:
        """Give where points `(..., 2)` of the input lie in the source; those outside it stay outside."""
        scale = (self.source_size[1] / self.size[1], self.source_size[0] / self.size[0])
        moved: Float32 = (points - np.array(self.offset_px, np.float32)) * np.array(scale, np.float32)
        return moved

    def boxes_to_source(self, boxes: Float32) -> Float32:
        """Give where boxes `(n, 4)` of the input lie in the source, clipped to it."""
        offsets, scales, limits = _box_factors(self)
        moved: Float32 = boxes - offsets
        moved *= scales
        np.maximum(moved, 0, out=moved)
        np.minimum(moved, limits, out=moved)
        return moved


@lru_cache(maxsize=16)
def _box_factors(placement: Placement) -> tuple[Float32, Float32, Float32]:
    """Give what a box's four sides are moved by, scaled by and at most; made once, since every frame asks."""
    height, width = placement.source_size
    scales = (width / placement.size[1], height / placement.size[0])
    offsets, factors, limits = (
        np.array(pair * 2, np.float32) for pair in (placement.offset_px, scales, (width, height))
    )
    return offsets, factors, limits


class Letterbox:
    """Lays pictures into one reused buffer of a model's input size."""

    def __init__(
        self, input_size: tuple[int, int], fit: Fit = Fit.TOP_LEFT, *, pad_value: int = PAD_VALUE
    ) -> None:
        self._size = input_size
        self._fit = fit
        self._buffer: UInt8 = np.full((*input_size, 3), pad_value, np.uint8)
        self._pad_value = pad_value
        self._placement: Placement | None = None

    def place(self, image: UInt8, source_size: tuple[int, int]) -> tuple[UInt8, Placement]:
        """Lay a picture in.

        Args:
            image: `(h, w, 3)` BGR, the source's whole picture at any scale.
            source_size: `(height, width)` of the source in pixels.

        Returns:
            The input's picture, valid until the next call, and where the source lies in it.
        """
        placement = self._placement
        if placement is None or placement.source_size != source_size:
            placement = self._locate(source_size)
        height, width = placement.size
        if image.shape[:2] != placement.size:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        if placement.size == self._size:
            return image, placement
        x, y = placement.offset_px
        self._buffer[y : y + height, x : x + width] = image
        return self._buffer, placement

    def _locate(self, source_size: tuple[int, int]) -> Placement:
        size = content_size(self._size, source_size, self._fit)
        centred = self._fit is Fit.CENTRE
        offset = ((self._size[1] - size[1]) // 2, (self._size[0] - size[0]) // 2) if centred else (0, 0)
        self._buffer.fill(self._pad_value)
        self._placement = Placement(size, offset, source_size)
        return self._placement


def working_size(source_size: tuple[int, int], width_px: int) -> tuple[int, int]:
    """Give `(height, width)` of a picture scaled down to a width, or its own where it is no wider."""
    height, width = source_size
    if width <= width_px:
        return source_size
    return max(1, int(height * width_px / width + 0.5)), width_px


def scaled(image: UInt8, size: tuple[int, int]) -> UInt8:
    """Give a picture at a size `(height, width)`, averaged where it shrinks."""
    if image.shape[:2] == size:
        return image
    shrunk: UInt8 = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    return shrunk
