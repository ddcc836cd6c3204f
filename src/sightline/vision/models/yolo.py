"""YOLO heads of the v8, v11 and v12 generation, with and without suppression in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.ports import ClassScores, ImageInput
from sightline.vision.detector import Candidates, NetworkDetector, anchor_count, rows_above
from sightline.vision.geometry import Fit
from sightline.vision.network import names_in, picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.ports import GraphInfo

POSE_COLUMNS = 51
"""17 points with x, y and visibility."""

_END_COLUMNS = 6
_FINE_STRIDES = (4, 8, 16, 32)
"""Levels of networks for very small things."""


class YoloModel(NetworkDetector):
    """Input `(1, 3, h, w)` RGB 0..1.

    Output `(1, 4 + classes, cells)`: centre and size in pixels, then class scores; or, with suppression in the
    graph, `(1, n, 6)`: corners in pixels, score, class. Class names come from the file's metadata.

    Source:
        The layout is documented by its exporters' public model metadata and tensors; no code was taken.
    """

    family = "yolo"
    image_input = ImageInput(std=(255.0, 255.0, 255.0), color="rgb")
    fit = Fit.CENTRE

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether its only output has one column per cell, or `n` rows of six; poses are another family."""
        if len(graph.outputs) != 1 or graph.metadata.get("task", "detect") != "detect":
            return False
        return _is_end_to_end(graph, _END_COLUMNS) or (
            has_column_a_cell(graph) and not has_pose_columns(graph)
        )

    def _class_names(self, graph: GraphInfo) -> tuple[str, ...]:
        end_to_end = _is_end_to_end(graph, _END_COLUMNS)
        count = max(len(names_in(graph)), 1) if end_to_end else graph.outputs[0].shape[1] - 4
        if end_to_end and not names_in(graph):
            count = max(len(self._options.class_names), 80)
        return self._network.class_names(count)

    def _prepare(self, input_size: tuple[int, int]) -> None:
        super()._prepare(input_size)
        self._end_to_end = _is_end_to_end(self._network.graph, _END_COLUMNS)

    def _class_scores(self) -> ClassScores | None:
        return None if self._end_to_end else ClassScores(axis=1, first=4)

    def _overlapping(self) -> bool:
        return not self._end_to_end

    def _candidates(self, outputs: tuple[NDArray[Any], ...]) -> Candidates:
        raw = outputs[0][0]
        if self._end_to_end:
            rows = rows_above(raw[:, 4], self._options.min_score, self._name)
            found = raw[rows]
            return Candidates(found[:, :4], found[:, 4], found[:, 5].astype(np.int32))
        classes = raw[4:5] if self._network.picks_classes else raw[4:]
        columns, scores = likely_columns(classes, self._options.min_score, self._name)
        return Candidates(corners(raw[:4, columns].T), scores, self._best_ids(raw[4:, columns]))


def is_end_to_end_pose(graph: GraphInfo) -> bool:
    """Whether a graph's output is `(1, n, 57)`: corners, score, class and 17 points."""
    return _is_end_to_end(graph, _END_COLUMNS + POSE_COLUMNS)


def has_column_a_cell(graph: GraphInfo) -> bool:
    """Whether a graph's only output is `(1, 5 or more, cells)`."""
    size, shape = picture_size(graph), graph.outputs[0].shape
    if size is None or len(graph.outputs) != 1 or len(shape) != 3 or shape[1] < 5:
        return False
    if -1 in (*size, shape[2]):
        return "names" in graph.metadata
    return shape[2] in (anchor_count(size), anchor_count(size, _FINE_STRIDES))


def has_pose_columns(graph: GraphInfo) -> bool:
    """Whether the columns are one person's: a box, a score and 17 points, and the file does not say otherwise."""
    columns = graph.outputs[0].shape[1]
    detector = graph.metadata.get("task") == "detect" or len(names_in(graph)) == columns - 4
    return columns == 5 + POSE_COLUMNS and not detector


def likely_columns(
    scores: NDArray[np.float32], min_score: float, name: str
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Give the columns whose best class scores at least `min_score`, and those scores.

    Raises:
        InferenceFailedError: A score is not finite.
    """
    best: NDArray[np.float32] = scores.max(axis=0) if len(scores) > 1 else scores[0]
    columns = rows_above(best, min_score, name)
    return columns, best[columns]


def corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn `(n, 4)` centre and size into corners."""
    halves = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - halves, boxes[:, :2] + halves], axis=1)


def _is_end_to_end(graph: GraphInfo, columns: int) -> bool:
    """Whether a graph's output is `(1, n, columns)` and `n` is not its number of cells (that is YOLOX's)."""
    size, shape = picture_size(graph), graph.outputs[0].shape
    if size is None or len(graph.outputs) != 1 or len(shape) != 3 or shape[2] != columns:
        return False
    return -1 in size or shape[1] != anchor_count(size)
