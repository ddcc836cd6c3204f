"""YOLO pose heads of the v8, v11 and v12 generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.models import Task
from sightline.core.poses import COCO_17, Poses, Skeleton
from sightline.ports import ImageInput
from sightline.vision.detector import WholePictureModel, not_finite, rows_above
from sightline.vision.geometry import Fit, Placement
from sightline.vision.models.yolo import (
    POSE_COLUMNS,
    corners,
    has_column_a_cell,
    has_pose_columns,
    is_end_to_end_pose,
    likely_columns,
)
from sightline.vision.suppression import suppress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32
    from sightline.ports import GraphInfo


class YoloPoseModel(WholePictureModel):
    """Input `(1, 3, h, w)` RGB 0..1; output `(1, 56, cells)`: a box, a score and 17 points with visibility.

    With suppression in the graph: `(1, n, 57)`. Bodies come best first; boxes serve to choose among them.
    """

    family = "yolo-pose"
    task = Task.POSE
    image_input = ImageInput(std=(255.0, 255.0, 255.0), color="rgb")
    fit = Fit.CENTRE

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether its only output has one person's columns, and the file does not call itself a detector."""
        if len(graph.outputs) != 1 or graph.metadata.get("task", "pose") != "pose":
            return False
        return is_end_to_end_pose(graph) or (has_column_a_cell(graph) and has_pose_columns(graph))

    def _skeleton(self, graph: GraphInfo) -> Skeleton:
        del graph
        return COCO_17

    def _prepare(self, input_size: tuple[int, int]) -> None:
        super()._prepare(input_size)
        self._end_to_end = is_end_to_end_pose(self._network.graph)

    def _answer(self, placement: Placement, outputs: tuple[NDArray[Any], ...]) -> Poses:
        points = self._bodies(outputs[0][0]).reshape(-1, POSE_COLUMNS // 3, 3)
        if not np.isfinite(points).all():
            raise not_finite(self._name)
        return Poses(placement.points_to_source(points[..., :2]), np.clip(points[..., 2], 0, 1))

    def _bodies(self, raw: Float32) -> Float32:
        """Give the points of the bodies to keep, `(n, 51)`, best first."""
        limit, min_score = self._options.max_detections, self._options.min_score
        if self._end_to_end:
            rows = rows_above(raw[:, 4], min_score, self._name)
            return raw[rows[np.argsort(-raw[rows, 4], kind="stable")][:limit], 6:]
        columns, scores = likely_columns(raw[4:5], min_score, self._name)
        found = raw[:, columns].T
        boxes = corners(found[:, :4])
        same = np.zeros(len(scores), np.int32)
        return found[suppress(boxes, scores, same, iou=self._options.iou, limit=limit), 5:]
