"""MoveNet single pose: the points of one body."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.models import Task
from sightline.core.poses import COCO_17, Poses, Skeleton
from sightline.ports import ImageInput
from sightline.vision.crops import CropModel, Joined, crop, crop_transform, regions_px
from sightline.vision.detector import not_finite
from sightline.vision.network import picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.ports import GraphInfo, Pending

_PADDING = 1.25


class MovenetModel(CropModel):
    """Input `(1, h, w, 3)` RGB bytes, the picture centred on black; output `(1, 1, 17, 3)` as y, x, score.

    Points are shares of the input. Without regions it looks for one body in the whole frame.

    Source:
        TensorFlow Hub, MoveNet.SinglePose model card.
    """

    family = "movenet"
    task = Task.POSE
    image_input = ImageInput(color="rgb")

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether its only output is 17 points of three numbers."""
        if picture_size(graph) is None or len(graph.outputs) != 1:
            return False
        return graph.outputs[0].shape[1:] == (1, len(COCO_17.points), 3)

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Any]:
        """Start on one frame: one body a region, or one body in the whole frame."""
        size = self._network.input_size
        padding = 1.0 if regions is None else _PADDING
        parts = []
        for box_px in regions_px(frame, regions):
            scale, offset = crop_transform(box_px, size, padding=padding)
            picture = crop(frame.image, scale, offset, size, 0)
            parts.append(self._network.submit(picture, partial(self._body, scale, offset)))
        return Joined(parts, partial(_poses, np.array(frame.to_source, np.float32)))

    def _skeleton(self, graph: GraphInfo) -> Skeleton:
        del graph
        return COCO_17

    def _body(self, scale: Float32, offset: Float32, outputs: tuple[NDArray[Any], ...]) -> Float32:
        """Give `(17, 3)`: x, y in pixels of the frame's image, and score."""
        raw = outputs[0].reshape(-1, 3)
        if not np.isfinite(raw).all():
            raise not_finite(self._name)
        height, width = self._network.input_size
        points = raw[:, 1::-1] * np.array((width, height), np.float32) * scale + offset
        return np.concatenate([points, np.clip(raw[:, 2:], 0, 1)], axis=1).astype(np.float32)


def _poses(to_source: Float32, bodies: list[Float32]) -> Poses:
    if not bodies:
        return Poses.empty()
    stacked = np.stack(bodies)
    return Poses(stacked[..., :2] * to_source, stacked[..., 2])
