"""YOLOX: one row per cell with a box, an objectness and class scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.ports import ClassScores
from sightline.vision.detector import Candidates, NetworkDetector, anchor_count, anchor_points, rows_above
from sightline.vision.network import picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.ports import GraphInfo

_STRIDES = (8, 16, 32)


class YoloxModel(NetworkDetector):
    """Input `(1, 3, h, w)` raw BGR 0..255; output `(1, cells, 5 + classes)`, sigmoids already applied.

    Source:
        Ge et al., YOLOX: Exceeding YOLO Series in 2021, arXiv:2107.08430, and its ONNX export
        (`decode_in_inference` off): centre = (xy + cell) * stride, size = exp(wh) * stride.
    """

    family = "yolox"
    stride_px = _STRIDES[-1]

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether its only output has one row per cell and at least six columns."""
        size = picture_size(graph)
        if size is None or -1 in size or len(graph.outputs) != 1:
            return False
        shape = graph.outputs[0].shape
        return len(shape) == 3 and shape[1] == anchor_count(size) and shape[2] >= 6

    def _class_names(self, graph: GraphInfo) -> tuple[str, ...]:
        return self._network.class_names(graph.outputs[0].shape[-1] - 5)

    def _class_scores(self) -> ClassScores:
        return ClassScores(axis=2, first=5)

    def _prepare(self, input_size: tuple[int, int]) -> None:
        super()._prepare(input_size)
        cells, strides = anchor_points(input_size, _STRIDES)
        self._grid = np.concatenate([cells, strides, strides / 2], axis=1).T.copy()

    def _candidates(self, outputs: tuple[NDArray[Any], ...]) -> Candidates:
        # A column per cell: so it lies in memory where the runtime leaves the last turn to us.
        raw = outputs[0][0].T
        # no class score exceeds 1, so objectness alone rules out nearly all cells
        cells = rows_above(raw[4], self._options.min_score, self._name)
        likely = raw.take(cells, axis=1)
        scores = likely[4] * self._best(likely[5:])
        keep = (~(scores < self._options.min_score)).nonzero()[0]  # keeps NaN, which the caller refuses
        if len(keep) < len(cells):
            cells, likely, scores = cells.take(keep), likely.take(keep, axis=1), scores.take(keep)
        grid = self._grid.take(cells, axis=1)
        centres, sides = likely[:2], likely[2:4]
        centres += grid[:2]
        centres *= grid[2]
        with np.errstate(over="ignore"):
            np.exp(sides, out=sides)
        sides *= grid[3]
        boxes = np.concatenate((centres - sides, centres + sides))
        return Candidates(boxes.T, scores, self._best_ids(likely[5:]))
