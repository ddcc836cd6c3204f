"""A picture, and exactly when and where it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture.

    The image may be smaller than the source: the decoder scales straight to what the model wants.
    Models therefore answer in source pixels, by `to_source`.

    Attributes:
        image: `(h, w, 3)` uint8, BGR, upright (rotation metadata applied).
        index: 0-based rank of the frame in the source, in presentation order.
        pts_s: Exact presentation time in seconds, as the source says it.
        source_size: `(height, width)` of the upright source picture in pixels.
        source_id: Which source it came from.
    """

    image: UInt8
    index: int
    pts_s: Fraction
    source_size: tuple[int, int]
    source_id: str = ""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"image must be (h, w, 3) uint8, got {self.image.shape} {self.image.dtype}")
        if self.index < 0:
            raise ValueError(f"index must be >= 0, got {self.index}")
        if min(self.source_size) < 1:
            raise ValueError(f"source_size must be positive (height, width), got {self.source_size}")

    @property
    def t_s(self) -> float:
        """The presentation time in seconds, rounded to the nearest float64."""
        return float(self.pts_s)

    @property
    def to_source(self) -> tuple[float, float]:
        """Factors `(x, y)` from pixels of `image` to pixels of the source."""
        height, width = self.image.shape[:2]
        return self.source_size[1] / width, self.source_size[0] / height

    @classmethod
    def from_image(cls, image: UInt8, *, index: int = 0, pts_s: Fraction = Fraction(0)) -> Frame:
        """Take a BGR picture as a frame at its own size."""
        return cls(image=image, index=index, pts_s=pts_s, source_size=(image.shape[0], image.shape[1]))
