"""What was found in one frame, with an identity that lasts over frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from sightline.core.arrays import Float32, Int32, Int64, frozen, same_rows


class Quality(StrEnum):
    """Where a value comes from."""

    SEEN = "seen"
    INTERPOLATED = "interpolated"
    EXTRAPOLATED = "extrapolated"


@dataclass(frozen=True, slots=True)
class Tracks:
    """Tracked boxes of one frame, rows in rising order of track id.

    Attributes:
        boxes_px: `(n, 4)` float32, `x1 y1 x2 y2` in source-image pixels.
        scores: `(n,)` float32 in 0..1, of the detection behind each row.
        class_ids: `(n,)` int32.
        track_ids: `(n,)` int64, >= 1, each at most once.
    """

    boxes_px: Float32
    scores: Float32
    class_ids: Int32
    track_ids: Int64

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes_px", frozen("boxes_px", self.boxes_px, (None, 4), np.float32))
        object.__setattr__(self, "scores", frozen("scores", self.scores, (None,), np.float32))
        object.__setattr__(self, "class_ids", frozen("class_ids", self.class_ids, (None,), np.int32))
        object.__setattr__(self, "track_ids", frozen("track_ids", self.track_ids, (None,), np.int64))
        same_rows(
            boxes_px=self.boxes_px, scores=self.scores, class_ids=self.class_ids, track_ids=self.track_ids
        )
        ids = self.track_ids
        if len(ids) and (ids[0] < 1 or not (ids[1:] > ids[:-1]).all()):
            raise ValueError("track_ids must be >= 1 and strictly rising")

    @classmethod
    def empty(cls) -> Tracks:
        """Nobody is tracked."""
        return _EMPTY

    def __len__(self) -> int:
        return len(self.track_ids)

    def __getitem__(self, rows: Any) -> Tracks:
        """Give the chosen rows, in order: a mask, a slice or an index array."""
        return Tracks(self.boxes_px[rows], self.scores[rows], self.class_ids[rows], self.track_ids[rows])

    @classmethod
    def from_supervision(cls, detections: Any) -> Tracks:
        """Take a `supervision.Detections` with `tracker_id`; rows of id < 1 (unconfirmed) are left out."""
        ids = detections.tracker_id
        if ids is None or len(ids) == 0:
            return cls.empty()
        order = np.argsort(ids, kind="stable")
        order = order[np.asarray(ids)[order] >= 1]
        scores = detections.confidence if detections.confidence is not None else np.ones(len(ids), np.float32)
        classes = detections.class_id if detections.class_id is not None else np.zeros(len(ids), np.int32)
        return cls(detections.xyxy[order], scores[order], classes[order], np.asarray(ids, np.int64)[order])

    def to_supervision(self) -> Any:
        """Give a `supervision.Detections` with `tracker_id`.

        Raises:
            MissingDependencyError: `supervision` is not installed.
        """
        from sightline.core.optional import require

        supervision = require("supervision", extra="trackers")
        return supervision.Detections(
            xyxy=np.array(self.boxes_px),
            confidence=np.array(self.scores),
            class_id=self.class_ids.astype(int),
            tracker_id=self.track_ids.astype(int),
        )


_EMPTY = Tracks(
    np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(0, np.int64)
)
