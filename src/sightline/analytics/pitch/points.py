"""Places in a picture whose place on the pitch is known: points that a file keeps, and boxes that a network puts around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.observed import Observed
from sightline.core.errors import CalibrationError, UnsupportedFormatError

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64
    from sightline.core.detections import Detections

POINTS_LAYOUT = (
    'points: {"image_size": [height, width], "points": [{"at": [x, y], "point": "centre spot"}, '
    '{"at": [x, y], "metres": [x, y]}, ...]}'
)
LEAST_POINTS = 4
LEAST_SCORE = 0.3
"""Boxes of less are no points; a camera bears few wrong ones."""


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
        raise UnsupportedFormatError(f"{name} is not a list of clicked points", hint=POINTS_LAYOUT) from None
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


def boxed_points(
    found: Detections, names: Sequence[str], size: PitchSize, picture: tuple[int, int]
) -> Observed | None:
    """Take the middle of the best box of each name as that point of the pitch.

    Args:
        found: Boxes in source pixels, best first.
        names: Names of their classes; those that are no point of the pitch are left out.
        size: The pitch.
        picture: `(height, width)` of the source.

    Returns:
        The points, each weighing as much as its box's score, or None where there are fewer than four.

    Source:
        McNally et al., Rethinking keypoint representations, ECCV 2022 (keypoints as objects).
    """
    places = markings_of(size).points
    best: dict[str, int] = {}
    for row, kind in enumerate(found.class_ids):
        if names[int(kind)] in places and found.scores[row] >= LEAST_SCORE:
            best.setdefault(names[int(kind)], row)
    if len(best) < LEAST_POINTS:
        return None
    boxes = np.asarray(found.boxes_px[list(best.values())], np.float64)
    return Observed(
        picture,
        points_px=(boxes[:, :2] + boxes[:, 2:]) / 2,
        points_m=np.array([places[name] for name in best]),
        point_weights=np.asarray(found.scores[list(best.values())], np.float64),
    )


def _place(one: Mapping[str, Any], size: PitchSize) -> Float64:
    if "point" in one:
        return np.array(markings_of(size).point(str(one["point"])))
    metres = np.array(one["metres"], np.float64)
    if metres.shape not in ((2,), (3,)):
        raise ValueError("metres have two or three numbers")
    return np.append(metres, np.zeros(3 - len(metres)))
