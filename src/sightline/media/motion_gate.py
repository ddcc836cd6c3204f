"""Tells frames in which something moved from frames in which nothing did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8

_WIDTH_PX = 64


class MotionGate:
    """Compares a tiny grey picture of each frame with that of the last frame it let through.

    Comparing with the last one let through, not with the last one, catches what moves slowly. The first frame after
    `reset` always passes; a source resets it where a segment starts, so that segments do not depend on one another.

    Args:
        min_change: How far a cell of the tiny picture must change to count, of 255 grey levels. The noise of a cell
            is that of a camera's pixel divided by the square root of the pixels in it, so 6 is far above it.
        min_share: Share of cells that must change, 0..1; 0.002 is 5 of 64 x 36.
    """

    def __init__(self, *, min_change: float = 6.0, min_share: float = 0.002) -> None:
        self._min_change = min_change
        self._min_share = min_share
        self._kept: Any = None

    def reset(self) -> None:
        """Forget; the next frame passes."""
        self._kept = None

    def moved(self, image: UInt8) -> bool:
        """Tell whether something changed since the last frame that passed.

        Args:
            image: `(h, w, 3)` uint8, BGR.
        """
        height, width = image.shape[:2]
        cells = (_WIDTH_PX, max(1, round(_WIDTH_PX * height / width)))
        tiny = cv2.cvtColor(cv2.resize(image, cells, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        tiny = tiny.astype(np.int16)
        kept = self._kept
        if kept is not None and kept.shape == tiny.shape:
            changed = np.count_nonzero(np.abs(tiny - kept) >= self._min_change)
            if changed < max(1, self._min_share * tiny.size):
                return False
        self._kept = tiny
        return True
