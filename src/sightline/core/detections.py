"""What was found in one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sightline.core.arrays import Float32, Float64, Int32, frozen, same_rows


def feet_px(boxes_px: Float64) -> Float64:
    """Give `(n, 2)` middles of the lower edges of boxes `(n, 4)`: where who stands upright touches the ground.

    Example:
        >>> feet_px(np.array([[0.0, 0.0, 4.0, 8.0]])).tolist()
        [[2.0, 8.0]]
    """
    return np.stack([(boxes_px[:, 0] + boxes_px[:, 2]) / 2, boxes_px[:, 3]], axis=1)


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes with scores and classes, rows in falling order of score where a model gives them.

    Attributes:
        boxes_px: `(n, 4)` float32, `x1 y1 x2 y2` in source-image pixels, x2 >= x1, y2 >= y1, finite.
        scores: `(n,)` float32 in 0..1.
        class_ids: `(n,)` int32, >= 0.
    """

    boxes_px: Float32
    scores: Float32
    class_ids: Int32

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes_px", frozen("boxes_px", self.boxes_px, (None, 4), np.float32))
        object.__setattr__(self, "scores", frozen("scores", self.scores, (None,), np.float32))
        object.__setattr__(self, "class_ids", frozen("class_ids", self.class_ids, (None,), np.int32))
        same_rows(boxes_px=self.boxes_px, scores=self.scores, class_ids=self.class_ids)
        if len(self.scores) == 0:
            return
        if not np.isfinite(self.boxes_px).all():
            raise ValueError("boxes_px must be finite")
        if not (self.boxes_px[:, 2:] >= self.boxes_px[:, :2]).all():
            raise ValueError("boxes_px must be x1 y1 x2 y2 with x2 >= x1 and y2 >= y1")
        if not (self.scores.min() >= 0 and self.scores.max() <= 1):
            raise ValueError("scores must lie in 0..1")

    @classmethod
    def empty(cls) -> Detections:
        """Nothing found."""
        return _EMPTY

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: Any) -> Detections:
        """Give the chosen rows: a mask, a slice or an index array."""
        return Detections(self.boxes_px[rows], self.scores[rows], self.class_ids[rows])

    def above(self, min_score: float) -> Detections:
        """Keep rows scored at least `min_score`."""
        keep = self.scores >= min_score
        return self if keep.all() else self[keep]

    @classmethod
    def from_supervision(cls, detections: Any) -> Detections:
        """Take a `supervision.Detections`; a missing confidence counts as 1, a missing class as 0."""
        count = len(detections.xyxy)
        scores = detections.confidence if detections.confidence is not None else np.ones(count, np.float32)
        classes = detections.class_id if detections.class_id is not None else np.zeros(count, np.int32)
        return cls(detections.xyxy, scores, classes)

    def to_supervision(self) -> Any:
        """Give a `supervision.Detections` with the same rows.

        Raises:
            MissingDependencyError: `supervision` is not installed.
        """
        from sightline.core.optional import require

        supervision = require("supervision", extra="trackers")
        return supervision.Detections(
            xyxy=np.array(self.boxes_px),
            confidence=np.array(self.scores),
            class_id=self.class_ids.astype(int),
        )


_EMPTY = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32))
