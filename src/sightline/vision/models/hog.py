"""OpenCV's built-in people detector: histograms of oriented gradients, no weights to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.core.detections import Detections
from sightline.core.errors import InferenceFailedError
from sightline.vision.completed import Completed
from sightline.vision.detector import WeightlessDetector
from sightline.vision.geometry import Placement, scaled, working_size
from sightline.vision.suppression import suppress

if TYPE_CHECKING:
    from sightline.core.frames import Frame
    from sightline.ports import Pending

_WIDTH_PX = 640
_WINDOW_PX = (128, 64)
_STEP_PX = 8
_SCALE_STEP = 1.05
_IOU = 0.4
# The window holds a person with a margin: shares of it to cut off at the left and right, and above and below.
_MARGINS = (0.1, 0.07)


class HogModel(WeightlessDetector):
    """Upright people at least 100 px high in a picture 640 px wide; slow, and often wrong.

    Scores are the classifier's margin through a logistic curve: an order, not a probability.

    Source:
        Dalal & Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005; margins as in
        OpenCV's `peopledetect` sample.
    """

    family = "hog"
    finds = "person"
    licence = "Apache-2.0"
    _finder: Any

    @classmethod
    def decode_size(
        cls, input_size: tuple[int, int] | None, source_size: tuple[int, int]
    ) -> tuple[int, int] | None:
        """Give the size it works at: 640 px wide at most."""
        del input_size
        return working_size(source_size, _WIDTH_PX)

    def open(self) -> None:
        """Set the detector up."""
        self._finder = cv2.HOGDescriptor()
        self._finder.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Detections]:
        """Search one frame; the answer is there at once."""
        del regions
        if self._finder is None:
            raise InferenceFailedError("the model is not open")
        size = working_size(frame.source_size, _WIDTH_PX)
        image = scaled(frame.image, size)
        if image.shape[0] < _WINDOW_PX[0] or image.shape[1] < _WINDOW_PX[1]:
            return Completed(Detections.empty())
        windows, margins = self._finder.detectMultiScale(
            image,
            winStride=(_STEP_PX, _STEP_PX),
            padding=(_STEP_PX, _STEP_PX),
            scale=_SCALE_STEP,
            groupThreshold=0,
        )
        return Completed(self._best(np.asarray(windows), np.asarray(margins), frame.source_size, size))

    def close(self) -> None:
        """Let go of the detector."""
        self._finder = None

    def _best(
        self, windows: Any, margins: Any, source_size: tuple[int, int], size: tuple[int, int]
    ) -> Detections:
        if not len(windows):
            return Detections.empty()
        # threads find windows in any order; sorting makes the choice among equal scores the same
        order = np.lexsort((*windows.T, -margins.reshape(-1)))
        windows, margins = windows[order].astype(np.float32), margins.reshape(-1)[order]
        scores = (1 / (1 + np.exp(-margins))).astype(np.float32)
        corners, sides = windows[:, :2], windows[:, 2:]
        inset = sides * np.array(_MARGINS, np.float32)
        boxes = np.concatenate([corners + inset, corners + sides - inset], axis=1)
        boxes = Placement(size, (0, 0), source_size).boxes_to_source(boxes)
        classes = np.zeros(len(boxes), np.int32)
        rows = suppress(
            boxes, scores, classes, iou=min(_IOU, self._options.iou), limit=self._options.max_detections
        )
        rows = rows[(boxes[rows, 2:] > boxes[rows, :2]).all(axis=1)]
        return Detections(boxes[rows], scores[rows], classes[rows]).above(self._options.min_score)
