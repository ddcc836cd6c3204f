"""NanoDet: class scores and distances as distributions, at three levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.ports import ImageInput
from sightline.vision.detector import Candidates, NetworkDetector, anchor_points, rows_above
from sightline.vision.geometry import Fit
from sightline.vision.network import picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.ports import GraphInfo

_STRIDES = (8, 16, 32)
_SIDES = 4


class NanodetModel(NetworkDetector):
    """Input `(1, 3, h, w)` BGR, normalised, its aspect ratio not kept.

    Six outputs: `(1, cells, classes)` at three levels, sigmoids applied, then `(1, cells, 4 * bins)`, each
    side's distance as the logits of a distribution over whole strides, from a cell's centre.

    Source:
        RangiLyu/nanodet (v1 head, Apache-2.0); Li et al., Generalized Focal Loss, arXiv:2006.04388, eq. 4.
    """

    family = "nanodet"
    image_input = ImageInput(mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395))
    fit = Fit.STRETCH

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether it gives three class tables and three distance tables, finest first."""
        size = picture_size(graph)
        if size is None or -1 in size or len(graph.outputs) != 2 * len(_STRIDES):
            return False
        cells = [(size[0] // stride) * (size[1] // stride) for stride in _STRIDES]
        shapes = [port.shape for port in graph.outputs]
        if any(len(shape) != 3 for shape in shapes) or [shape[1] for shape in shapes] != cells * 2:
            return False
        classes, sides = {shape[2] for shape in shapes[:3]}, {shape[2] for shape in shapes[3:]}
        return len(classes) == len(sides) == 1 and not max(sides) % _SIDES and max(sides) > _SIDES

    def _class_names(self, graph: GraphInfo) -> tuple[str, ...]:
        return self._network.class_names(graph.outputs[0].shape[2])

    def _prepare(self, input_size: tuple[int, int]) -> None:
        super()._prepare(input_size)
        cells, self._strides = anchor_points(input_size, _STRIDES)
        self._centres = (cells + 0.5) * self._strides

    def _candidates(self, outputs: tuple[NDArray[Any], ...]) -> Candidates:
        classes = np.concatenate([level[0] for level in outputs[:3]])
        best = classes.max(axis=1)
        rows = rows_above(best, self._options.min_score, self._name)
        sides = np.concatenate([level[0] for level in outputs[3:]])
        # contiguous, so that sums below come out the same however the runtime lays out its answers
        logits = np.ascontiguousarray(sides[rows]).reshape(len(rows), _SIDES, sides.shape[1] // _SIDES)
        weights = np.exp(logits - logits.max(axis=2, keepdims=True))
        bins = np.arange(logits.shape[2], dtype=np.float32)
        distances = (weights @ bins) / weights.sum(axis=2) * self._strides[rows]
        centres = self._centres[rows]
        boxes = np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1)
        return Candidates(boxes, best[rows], classes[rows].argmax(axis=1).astype(np.int32))
