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
from sightline.vision.geometry import Fit, Letterbox, Placement
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
        """Start on one frame: one body per region, or one body in the whole frame."""
        if regions is None:
            picture, placement = self._letterbox.place(frame.image, frame.source_size)
            part = self._network.submit(picture, self._body)
            return Joined([part], lambda bodies: _poses([_placed(bodies[0], placement)]))
        size = self._network.input_size
        to_source = np.array(frame.to_source, np.float32)
        parts = []
        for box_px in regions_px(frame, regions):
            scale, offset = crop_transform(box_px, size, padding=_PADDING)
            picture = crop(frame.image, scale, offset, size)
            parts.append(self._network.submit(picture, partial(self._cropped, scale, offset, to_source)))
        return Joined(parts, _poses)

    def _skeleton(self, graph: GraphInfo) -> Skeleton:
        del graph
        return COCO_17

    def _prepare(self, input_size: tuple[int, int]) -> None:
        self._letterbox = Letterbox(input_size, Fit.CENTRE, pad_value=0)

    def _body(self, outputs: tuple[NDArray[Any], ...]) -> Float32:
        """Give `(17, 3)`: x, y in pixels of the input, and score."""
        raw = outputs[0].reshape(-1, 3)
        if not np.isfinite(raw).all():
            raise not_finite(self._name)
        height, width = self._network.input_size
        points = raw[:, 1::-1] * np.array((width, height), np.float32)
        return np.concatenate([points, np.clip(raw[:, 2:], 0, 1)], axis=1).astype(np.float32)

    def _cropped(
        self, scale: Float32, offset: Float32, to_source: Float32, outputs: tuple[NDArray[Any], ...]
    ) -> Float32:
        """Give the body with x, y in source pixels."""
        body = self._body(outputs)
        body[:, :2] = (body[:, :2] * scale + offset) * to_source
        return body


def _placed(body: Float32, placement: Placement) -> Float32:
    """Give a body of the whole picture with x, y in source pixels."""
    return np.concatenate([placement.points_to_source(body[:, :2]), body[:, 2:]], axis=1)


def _poses(bodies: list[Float32]) -> Poses:
    if not bodies:
        return Poses.empty()
    stacked = np.stack(bodies)
    return Poses(stacked[..., :2], stacked[..., 2])
