"""OSNet: what a person looks like, as a vector, to know them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.core.models import Task
from sightline.ports import ImageInput
from sightline.vision.crops import CropModel, Joined, regions_px
from sightline.vision.detector import not_finite
from sightline.vision.network import picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32, UInt8
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.ports import GraphInfo, Pending


class OsnetModel(CropModel):
    """Input `(1, 3, h, w)` RGB with ImageNet's mean and deviation, the crop's aspect not kept; output `(1, d)`.

    The answer is `(n, d)` float32 of unit rows: the dot product of two is their cosine.

    Source:
        Zhou et al., Omni-Scale Feature Learning, arXiv:1905.00953; torchreid's test transform.
    """

    family = "osnet"
    task = Task.EMBED
    image_input = ImageInput(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), color="rgb")

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether its only output is one vector, and its input higher than wide, as people are."""
        size = picture_size(graph)
        if size is None or size[0] <= size[1] or len(graph.outputs) != 1:
            return False
        shape = graph.outputs[0].shape
        return len(shape) == 2 and shape[1] > 1

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Any]:
        """Start on one frame: a row for each region, or one for the whole frame."""
        size = self._network.input_size
        parts = [
            self._network.submit(_cut(frame.image, box_px, size), self._unit)
            for box_px in regions_px(frame, regions)
        ]
        return Joined(parts, self._stack)

    def _unit(self, outputs: tuple[NDArray[Any], ...]) -> Float32:
        vector = outputs[0].reshape(-1).astype(np.float32)
        length = np.linalg.norm(vector)
        if not np.isfinite(length) or length == 0:
            raise not_finite(self._name)
        return vector / length

    def _stack(self, rows: list[Float32]) -> Float32:
        length = self._network.graph.outputs[0].shape[-1]
        return np.stack(rows) if rows else np.zeros((0, max(length, 0)), np.float32)


def _cut(image: UInt8, box_px: Float32, size: tuple[int, int]) -> UInt8:
    """Cut a box out of a picture, at least one pixel of it, and scale it."""
    height, width = image.shape[:2]
    left, top = (
        int(min(max(np.floor(side), 0), most - 1))
        for side, most in zip(box_px[:2], (width, height), strict=True)
    )
    right, bottom = (
        int(min(max(np.ceil(side), low + 1), most))
        for side, low, most in zip(box_px[2:], (left, top), (width, height), strict=True)
    )
    part = image[top:bottom, left:right]
    scaled: UInt8 = cv2.resize(part, size[::-1], interpolation=cv2.INTER_LINEAR)
    return scaled
