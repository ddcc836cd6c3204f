"""Detectors of OpenVINO's Open Model Zoo that end in a detection-output layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import InferenceFailedError
from sightline.vision.detector import Candidates, NetworkDetector, rows_above
from sightline.vision.geometry import Fit
from sightline.vision.network import names_in, picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.ports import GraphInfo

_MOST_CLASSES = 91
_COLUMNS = 7


class OmzModel(NetworkDetector):
    """Input `(1, 3, h, w)` BGR 0..255, its aspect ratio not kept; output `(1, 1, n, 7)`.

    A row is image, class, score and corners as shares of the picture; an image below 0 ends the list.
    Boxes that overlap were chosen among in the graph.

    Source:
        Open Model Zoo, person-detection-0200; OpenVINO operation DetectionOutput-8.
    """

    family = "omz"
    fit = Fit.STRETCH

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether its only output has rows of seven."""
        if picture_size(graph) is None or len(graph.outputs) != 1:
            return False
        shape = graph.outputs[0].shape
        return len(shape) == 4 and shape[1] == 1 and shape[3] == _COLUMNS

    def _class_names(self, graph: GraphInfo) -> tuple[str, ...]:
        count = len(self._options.class_names) or len(names_in(graph)) or _MOST_CLASSES
        return self._network.class_names(count)

    def _prepare(self, input_size: tuple[int, int]) -> None:
        super()._prepare(input_size)
        height, width = input_size
        self._sides = np.array((width, height, width, height), np.float32)

    def _overlapping(self) -> bool:
        return False

    def _candidates(self, outputs: tuple[NDArray[Any], ...]) -> Candidates:
        rows = outputs[0].reshape(-1, _COLUMNS)
        ends = np.flatnonzero(rows[:, 0] < 0)
        rows = rows[: ends[0]] if len(ends) else rows
        found = rows[rows_above(rows[:, 2], self._options.min_score, self._name)]
        class_ids = found[:, 1].astype(np.int32)
        if len(class_ids) and not 0 <= class_ids.min() <= class_ids.max() < len(self.info.class_names):
            raise InferenceFailedError(
                f"{self._name} gave class {class_ids.max()} but has {len(self.info.class_names)} names",
                hint="give a name for every class",
            )
        return Candidates(found[:, 3:] * self._sides, found[:, 2], class_ids)
