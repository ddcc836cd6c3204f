"""RTMDet: raw class and distance maps at three levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.ports import ImageInput
from sightline.vision.detector import Candidates, NetworkDetector, anchor_points, rows_above
from sightline.vision.network import picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32
    from sightline.ports import GraphInfo

_STRIDES = (8, 16, 32)
_BOX_CHANNELS = 4


class RtmdetModel(NetworkDetector):
    """Input `(1, 3, h, w)` BGR, normalised; six outputs: class logits, then distances, each at three levels.

    Distances to the left, top, right and bottom are counted in pixels of the input from a cell's top left
    corner.

    Source:
        Lyu et al., RTMDet, arXiv:2212.07784; mmdet's `RTMDetSepBNHead` and `MlvlPointGenerator(offset=0)`.
    """

    family = "rtmdet"
    image_input = ImageInput(mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395))

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether it gives three class maps and three maps of four channels, finest first."""
        size = picture_size(graph)
        if size is None or -1 in size or len(graph.outputs) != 2 * len(_STRIDES):
            return False
        grids = [(size[0] // stride, size[1] // stride) for stride in _STRIDES]
        shapes = [port.shape for port in graph.outputs]
        if any(len(shape) != 4 for shape in shapes):
            return False
        same_grids = [shape[2:] for shape in shapes] == grids * 2
        same_classes = len({shape[1] for shape in shapes[:3]}) == 1
        return same_grids and same_classes and all(shape[1] == _BOX_CHANNELS for shape in shapes[3:])

    def _class_names(self, graph: GraphInfo) -> tuple[str, ...]:
        return self._network.class_names(graph.outputs[0].shape[1])

    def _prepare(self, input_size: tuple[int, int]) -> None:
        super()._prepare(input_size)
        cells, strides = anchor_points(input_size, _STRIDES)
        self._points = cells * strides

    def _candidates(self, outputs: tuple[NDArray[Any], ...]) -> Candidates:
        logits = _rows(outputs[:3])
        best = logits.max(axis=1)
        min_score = min(max(self._options.min_score, 1e-6), 1 - 1e-6)
        rows = rows_above(best, float(np.log(min_score / (1 - min_score))), self._name)
        with np.errstate(over="ignore"):
            scores = 1 / (1 + np.exp(-best[rows]))
        distances = _rows(outputs[3:])[rows]
        points = self._points[rows]
        boxes = np.concatenate([points - distances[:, :2], points + distances[:, 2:]], axis=1)
        return Candidates(boxes, scores, logits[rows].argmax(axis=1).astype(np.int32))


def _rows(maps: tuple[NDArray[Any], ...]) -> Float32:
    """Give maps `(1, c, h, w)` as `(cells, c)`, level after level."""
    rows: Float32 = np.concatenate([level[0].reshape(level.shape[1], -1) for level in maps], axis=1).T
    return rows
