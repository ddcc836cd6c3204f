"""How well a picture shows the road: brightness, contrast and sharpness of its lower part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8

_LOWER = 0.6
_WIDTH_PX = 320


def sight_of(image: UInt8) -> tuple[float, float, float]:
    """Measure the lower three fifths of a picture, brought to a width of 320 pixels so that sizes compare.

    Args:
        image: `(h, w, 3)` BGR.

    Returns:
        Mean grey level, standard deviation of the grey levels, and standard deviation of their Laplacian.

    Source:
        Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000: the Laplacian's spread as a
        measure of focus.
    """
    lower = image[round(len(image) * (1 - _LOWER)) :]
    height = max(3, round(len(lower) * _WIDTH_PX / lower.shape[1]))
    grey = cv2.cvtColor(
        cv2.resize(lower, (_WIDTH_PX, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY
    )
    mean, spread = cv2.meanStdDev(grey)
    _, edges = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))
    return float(np.ravel(mean)[0]), float(np.ravel(spread)[0]), float(np.ravel(edges)[0])
