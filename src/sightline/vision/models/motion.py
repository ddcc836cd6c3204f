"""Finds what moves before a fixed camera, with no weights at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.core.detections import Detections
from sightline.vision.background import Background
from sightline.vision.completed import Completed
from sightline.vision.detector import WeightlessDetector
from sightline.vision.geometry import Placement, scaled, working_size
from sightline.vision.models.blobs import clean, find_blobs

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8
    from sightline.core.frames import Frame
    from sightline.ports import Pending

_WIDTH_PX = 480
_LEAST_SIDE_PX = 16
_GHOST_MARGIN_PX = 2
_GHOST_EDGES = 1.3
_GHOST_LEVELS = 2.0


class MotionModel(WeightlessDetector):
    """Boxes around what differs from the learned scene: `moving object`, whatever it is.

    It has a memory, so frames must come in order; the first second gives nothing. It needs a camera that
    stands still but for small shakes. People who touch one another come as one box.

    Source:
        Running mean and stray a pixel as in Wren et al., Pfinder, 1997, with selective update; what has left
        is told from what stands still by its missing edges, as in Cucchiara et al., 2003.
    """

    family = "motion"
    finds = "moving object"
    licence = "MIT"

    @classmethod
    def decode_size(
        cls, input_size: tuple[int, int] | None, source_size: tuple[int, int]
    ) -> tuple[int, int] | None:
        """Give the size it works at: 480 px wide at most."""
        del input_size
        return working_size(source_size, _WIDTH_PX)

    def open(self) -> None:
        """Begin with an empty memory."""
        self._background = Background()

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Detections]:
        """Look at the next frame; the answer is there at once."""
        del regions
        size = working_size(frame.source_size, _WIDTH_PX)
        if min(size) < _LEAST_SIDE_PX:
            return Completed(Detections.empty())
        image = scaled(frame.image, size)
        change = self._background.update(image, frame.t_s)
        boxes, scores = find_blobs(clean(change.mask), change.contrast)
        there = self._without_ghosts(image, boxes)
        x, y = change.shift_px
        boxes = boxes[there] + np.array((x, y, x, y), np.float32)
        return Completed(self._detections(boxes, scores[there], frame.source_size, size))

    def close(self) -> None:
        """Forget the scene."""
        self._background = Background()

    def snapshot(self) -> bytes:
        """The scene as it has been learned so far; equal memories give equal bytes."""
        return self._background.to_bytes()

    def restore(self, state: bytes) -> None:
        """Go back to a snapshot; raises `ValueError` for other bytes."""
        self._background.from_bytes(state)

    def _detections(
        self, boxes: Float32, scores: Float32, source_size: tuple[int, int], size: tuple[int, int]
    ) -> Detections:
        boxes = Placement(size, (0, 0), source_size).boxes_to_source(boxes)
        solid = (boxes[:, 2:] > boxes[:, :2]).all(axis=1) & (scores >= self._options.min_score)
        rows = np.flatnonzero(solid)
        rows = rows[np.argsort(-scores[rows], kind="stable")][: self._options.max_detections]
        return Detections(boxes[rows], scores[rows], np.zeros(len(rows), np.int32))

    def _without_ghosts(self, image: UInt8, boxes: Float32) -> list[int]:
        """Give the rows of things that are there; the place of one that has left becomes scenery."""
        there = []
        for row, box in enumerate(boxes):
            left, top, right, bottom = (int(side) for side in box)
            rows = slice(max(0, top - _GHOST_MARGIN_PX), bottom + _GHOST_MARGIN_PX)
            columns = slice(max(0, left - _GHOST_MARGIN_PX), right + _GHOST_MARGIN_PX)
            now, before = _edges(image[rows, columns]), _edges(self._background.scene(rows, columns))
            if before > _GHOST_EDGES * now + _GHOST_LEVELS:
                self._background.absorb(image, rows, columns)
            else:
                there.append(row)
        return there


def _edges(image: UInt8) -> float:
    """Give how strong edges are on average, in grey levels."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (3, 3), 0)
    return float(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).mean())
