"""Pitches whose named points are small boxes, so that the detector learns them like any object.

Source of the idea: McNally et al., Rethinking keypoint representations, 2022, keypoints as objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.pictures import pitch

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIZE = (360, 640)
SIDE_PX = 20.0
"""Of every point's box; only its centre is read."""


class Painter:
    """Draws pitches for `training.render`; see `pitch.Painter`."""

    def __init__(self, data_root: Path) -> None:
        self._painter = pitch.Painter(data_root, size=SIZE)

    def __call__(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
        """Give a picture, `(n, 4)` boxes around the points in view, and `(n,)` their places in `KEYPOINTS`."""
        image, points_px, visible = self._painter(rng)
        centres = points_px[visible]
        boxes = np.concatenate([centres - SIDE_PX / 2, centres + SIDE_PX / 2], axis=1)
        return image, boxes.astype(np.float32), np.flatnonzero(visible)
