"""Finds balls that fly, with no weights at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.core.detections import Detections
from sightline.core.models import ModelInfo, Task
from sightline.vision.answered import Answered
from sightline.vision.background import Background
from sightline.vision.geometry import scaled, working_size

if TYPE_CHECKING:
    from sightline.core.frames import Frame
    from sightline.ports import ModelOptions, Pending

_WIDTH_PX = 640
_LEAST_SIDE_PX = 16


class BallsModel:
    """Boxes around round things that move: `ball`."""

    family = "balls"
    needs_weights = False

    def __init__(
        self, weights: Path | None, options: ModelOptions, name: str = "", *, licence: str = ""
    ) -> None:
        del weights, licence
        self._options = options
        self._background = Background()
        self.info = ModelInfo(
            name=name or self.family,
            family=self.family,
            task=Task.DETECT,
            class_names=("ball",),
            licence="MIT",
        )

    @classmethod
    def decode_size(
        cls, input_size: tuple[int, int] | None, source_size: tuple[int, int]
    ) -> tuple[int, int] | None:
        """Give the size it works at: 640 px wide at most."""
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
            return Answered(Detections.empty())
        change = self._background.update(scaled(frame.image, size), frame.t_s)
        found = []
        contours, _ = cv2.findContours(change.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            left, top, width, height = cv2.boundingRect(contour)
            fill = cv2.contourArea(contour) / (width * height)
            if min(width, height) >= 4 and max(width, height) < 60 and fill > 0.5:
                found.append((left, top, left + width, top + height, min(1.0, fill)))
        rows = np.array(found, np.float32).reshape(-1, 5)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0], -rows[:, 4]))][: self._options.max_detections]
        rows = rows[rows[:, 4] >= self._options.min_score]
        scale = np.array((frame.source_size[1] / size[1], frame.source_size[0] / size[0]) * 2, np.float32)
        return Answered(Detections(rows[:, :4] * scale, rows[:, 4], np.zeros(len(rows), np.int32)))

    def close(self) -> None:
        """Forget the scene."""
        self._background = Background()

    def snapshot(self) -> bytes:
        """The scene as it has been learned so far; equal memories give equal bytes."""
        return self._background.to_bytes()

    def restore(self, state: bytes) -> None:
        """Go back to a snapshot; raises `ValueError` for other bytes."""
        self._background.from_bytes(state)
