"""Models that look at crops: which part of a frame each region takes, and answers row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import cv2
import numpy as np

from sightline.vision.detector import NetworkModel

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.ports import Pending

T = TypeVar("T")


class CropModel(NetworkModel):
    """A model that looks at one region at a time, or at the whole frame where it is given none."""

    @classmethod
    def decode_size(cls, input_size: tuple[int, int], source_size: tuple[int, int]) -> tuple[int, int] | None:
        """Give None: crops need full frames."""
        del input_size, source_size
        return None


class Joined(Generic[T]):
    """One answer made of several; see `ports.Pending`."""

    def __init__(self, parts: Sequence[Pending[Any]], join: Callable[[list[Any]], T]) -> None:
        self._parts = parts
        self._join = join

    def result(self) -> T:
        """Wait for all parts; raises `InferenceFailedError` where one failed."""
        return self._join([part.result() for part in self._parts])


def regions_px(frame: Frame, regions: Detections | None) -> Float32:
    """Give regions in pixels of the frame's own image, `(n, 4)`; the whole image where there are none."""
    if regions is None:
        height, width = frame.image.shape[:2]
        return np.array([[0, 0, width, height]], np.float32)
    x, y = frame.to_source
    boxes: Float32 = np.divide(regions.boxes_px, np.array((x, y, x, y), np.float32))
    return boxes


def crop_transform(
    box_px: Float32, input_size: tuple[int, int], *, padding: float = 1.0
) -> tuple[Float32, Float32]:
    """Give the map from a model's input to the image, for a box laid in whole and centred.

    Args:
        box_px: `x1 y1 x2 y2` in image pixels.
        input_size: `(height, width)` of the input in pixels.
        padding: How much larger than the box the crop is.

    Returns:
        Scale (image pixels an input pixel, one number) and offset `(x, y)` in image pixels: a point `p` of
        the input lies at `p * scale + offset`.

    Source:
        mmpose's `GetBBoxCenterScale` and `TopdownAffine` without rotation: the crop has the input's aspect.
    """
    centre = box_px.reshape(2, 2).mean(axis=0)
    sides = np.maximum(box_px[2:] - box_px[:2], 1) * padding
    size = np.array(input_size[::-1], np.float32)
    scale: Float32 = np.array(np.max(sides / size), np.float32)
    offset: Float32 = np.asarray(centre - size * scale / 2, np.float32)
    return scale, offset


def crop(image: UInt8, scale: Float32, offset: Float32, input_size: tuple[int, int]) -> UInt8:
    """Cut the part of a picture that `crop_transform` describes; what lies outside it is black."""
    matrix = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]], np.float64)
    cut: UInt8 = cv2.warpAffine(
        image,
        matrix,
        input_size[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0),
    )
    return cut
