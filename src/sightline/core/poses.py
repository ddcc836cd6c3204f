"""Bodies as named points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sightline.core.arrays import Float32, frozen, same_rows


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Which points a pose has and which are joined.

    Attributes:
        name: What the layout is called.
        points: One name per keypoint, in the order of `Poses.points_px`.
        bones: Pairs of indices into `points`, for drawing.
    """

    name: str
    points: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]

    def index(self, point: str) -> int:
        """Give the place of a named point.

        Raises:
            KeyError: The skeleton has no such point.
        """
        try:
            return self.points.index(point)
        except ValueError:
            raise KeyError(f"{self.name} has no point {point!r}; it has {', '.join(self.points)}") from None


COCO_17 = Skeleton(
    name="coco_17",
    points=(
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
        "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
        "right_knee", "left_ankle", "right_ankle",
    ),
    bones=(
        (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12),
        (11, 13), (13, 15), (12, 14), (14, 16),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Poses:
    """The bodies of one frame.

    Attributes:
        points_px: `(n, k, 2)` float32, `(x, y)` in source-image pixels.
        scores: `(n, k)` float32 in 0..1, one a point.
        skeleton: Names the `k` points.
    """

    points_px: Float32
    scores: Float32
    skeleton: Skeleton = COCO_17

    def __post_init__(self) -> None:
        count = len(self.skeleton.points)
        object.__setattr__(
            self, "points_px", frozen("points_px", self.points_px, (None, count, 2), np.float32)
        )
        object.__setattr__(self, "scores", frozen("scores", self.scores, (None, count), np.float32))
        same_rows(points_px=self.points_px, scores=self.scores)
        if self.scores.size and not (self.scores.min() >= 0 and self.scores.max() <= 1):
            raise ValueError("scores must lie in 0..1")

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def empty(cls, skeleton: Skeleton = COCO_17) -> Poses:
        """Nobody is there."""
        count = len(skeleton.points)
        return cls(np.zeros((0, count, 2), np.float32), np.zeros((0, count), np.float32), skeleton)
