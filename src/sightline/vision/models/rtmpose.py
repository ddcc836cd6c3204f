"""RTMPose: the points of each region's body, one coordinate at a time (SimCC)."""

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


class RtmposeModel(CropModel):
    """Input `(1, 3, h, w)` RGB, normalised; outputs `simcc_x (1, k, w * s)` and `simcc_y (1, k, h * s)`.

    Each row scores every place along an axis, `s` places a pixel; the best one is the point.

    Source:
        Jiang et al., RTMPose, arXiv:2303.07399; Li et al., SimCC, arXiv:2107.03332. A point's score is the
        lesser of its two axes', as in mmpose's `get_simcc_maximum`.
    """

    family = "rtmpose"
    task = Task.POSE
    image_input = ImageInput(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), color="rgb")

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether its two outputs have a row per point, as long as the input is wide and high, times the same."""
        size = picture_size(graph)
        if size is None or -1 in size or len(graph.outputs) != 2:
            return False
        across, down = (port.shape for port in graph.outputs)
        if len(across) != 3 or len(down) != 3 or across[1] != down[1] or across[1] < 1:
            return False
        return across[2] >= size[1] and across[2] * size[0] == down[2] * size[1]

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Any]:
        """Start on one frame: one body per region, or one body in the whole frame."""
        size = self._network.input_size
        parts = []
        for box_px in regions_px(frame, regions):
            scale, offset = crop_transform(box_px, size, padding=_PADDING)
            picture = crop(frame.image, scale, offset, size)
            parts.append(self._network.submit(picture, partial(self._body, scale, offset)))
        return Joined(parts, partial(self._poses, np.array(frame.to_source, np.float32)))

    def _skeleton(self, graph: GraphInfo) -> Skeleton:
        points = graph.outputs[0].shape[1]
        if points == len(COCO_17.points):
            return COCO_17
        return Skeleton(f"points_{points}", tuple(f"point_{index}" for index in range(points)), ())

    def _body(self, scale: Float32, offset: Float32, outputs: tuple[NDArray[Any], ...]) -> Float32:
        """Give `(k, 3)`: x, y in pixels of the frame's image, and score."""
        across, down = outputs[0][0], outputs[1][0]
        if not np.isfinite(across.sum() + down.sum()):
            raise not_finite(self._name)
        places_a_pixel = across.shape[1] / self._network.input_size[1]
        places = np.stack([across.argmax(axis=1), down.argmax(axis=1)], axis=1)
        points = (places / places_a_pixel).astype(np.float32) * scale + offset
        scores = np.clip(np.minimum(across.max(axis=1), down.max(axis=1)), 0, 1)
        return np.concatenate([points, scores[:, None]], axis=1).astype(np.float32)

    def _poses(self, to_source: Float32, bodies: list[Float32]) -> Poses:
        skeleton = self.info.skeleton or COCO_17
        if not bodies:
            return Poses.empty(skeleton)
        stacked = np.stack(bodies)
        return Poses(stacked[..., :2] * to_source, stacked[..., 2], skeleton)
