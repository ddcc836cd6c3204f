"""Clicked points: places in a picture whose place on the pitch is known, as a file keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.observed import Observed
from sightline.core.errors import CalibrationError, UnsupportedFormatError

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64

POINTS_LAYOUT = (
    'points: {"image_size": [height, width], "points": [{"at": [x, y], "point": "centre spot"}, '
    '{"at": [x, y], "metres": [x, y]}, ...]}'
)
LEAST_POINTS = 4


def observed_points(data: Mapping[str, Any], size: PitchSize, *, name: str) -> Observed:
    """Take clicked points as evidence: pixels, and a pitch point's name or metres for each.

    Args:
        data: What the file holds; see `POINTS_LAYOUT`.
        size: The pitch.
        name: What an error calls it.

    Raises:
        UnsupportedFormatError: It is not of the format.
        CalibrationError: A name is unknown, a point lies outside the picture, or there are fewer than four.
    """
    try:
        height, width = (int(value) for value in data["image_size"])
        clicked = [(np.array(one["at"], np.float64).reshape(2), _place(one, size)) for one in data["points"]]
    except (TypeError, ValueError, KeyError):
        raise UnsupportedFormatError(f"{name} is no list of clicked points", hint=POINTS_LAYOUT) from None
    if len(clicked) < LEAST_POINTS:
        raise CalibrationError(
            f"{name} has {len(clicked)} points, a camera needs {LEAST_POINTS} or more",
            hint="click corners of the boxes and where lines meet; more points, farther apart, are better",
        )
    pixels = np.array([at for at, _ in clicked])
    if not np.isfinite(pixels).all() or (pixels < 0).any() or (pixels > [width, height]).any():
        raise CalibrationError(
            "a clicked point lies outside the picture",
            hint=f"the file says the picture is {width} x {height}",
        )
    return Observed((height, width), points_px=pixels, points_m=np.array([place for _, place in clicked]))


def _place(one: Mapping[str, Any], size: PitchSize) -> Float64:
    if "point" in one:
        return np.array(markings_of(size).point(str(one["point"])))
    metres = np.array(one["metres"], np.float64)
    if metres.shape not in ((2,), (3,)):
        raise ValueError("metres have two or three numbers")
    return np.append(metres, np.zeros(3 - len(metres)))
