"""The numbered pitch points that keypoint networks of the PnLCalib kind predict, as named geometry.

Numbers run from the far side line to the near one, and from left to right in each row: 1..30 are crossings of
straight markings (12, 15, 16 and 19 a crossbar's corners), 31..36 where arcs and circle meet straight
markings, 37..57 points on arcs and circle and the spots, 58..73 crossings of markings that were made longer. Held
against the homographies of real predictions by a test.

Source:
    Gutierrez-Perez & Agudo, "No Bells, Just Whistles: Sports Field Registration by Leveraging Geometric
    Properties", CVPR workshops 2024 (the set of points).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.markings import (
    CIRCLE_RADIUS_M,
    GOAL_AREA_M,
    GOAL_M,
    PENALTY_AREA_M,
    PENALTY_SPOT_M,
)
from sightline.core.errors import CalibrationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.analytics.football.match import PitchSize

_ON_ARC_M = (8.99, 1.71)
_ON_CIRCLE_M = (8.82, 2.47)

Place = tuple[float, float, float]


@lru_cache(maxsize=16)
def numbered_points(size: PitchSize) -> Mapping[int, Place]:
    """Give each number's place in `Space.PITCH_M`."""
    places = [*_crossings(size), *_meetings(size), *_on_circles(size), *_lengthened(size)]
    return dict(enumerate(places, start=1))


def numbered_point(number: int, size: PitchSize) -> Place:
    """Give one number's place in `Space.PITCH_M`.

    Raises:
        CalibrationError: There is no such number.
    """
    places = numbered_points(size)
    if number not in places:
        raise CalibrationError(f"there is no keypoint {number}", hint=f"keypoints go from 1 to {len(places)}")
    return places[number]


def _crossings(size: PitchSize) -> list[Place]:
    x, y = size.length_m / 2, size.width_m / 2
    found: list[Place] = []
    for side in (1, -1):
        outline = [(-x, side * y, 0.0), (0.0, side * y, 0.0), (x, side * y, 0.0)]
        boxes = [
            [
                (sign * (x - depth), side * width / 2, 0.0)
                for sign, depth in ((-1, 0.0), (-1, deep), (1, deep), (1, 0.0))
            ]
            for deep, width in (PENALTY_AREA_M, GOAL_AREA_M)
        ]
        post = side * GOAL_M[0] / 2
        goals = [(-x, post, GOAL_M[1]), (-x, post, 0.0), (x, post, 0.0), (x, post, GOAL_M[1])]
        rows = [outline, *boxes, goals]
        found += [place for row in (rows if side > 0 else rows[::-1]) for place in row]
    return found


def _meetings(size: PitchSize) -> list[Place]:
    front = size.length_m / 2 - PENALTY_AREA_M[0]
    reach = float(np.sqrt(CIRCLE_RADIUS_M**2 - (PENALTY_AREA_M[0] - PENALTY_SPOT_M) ** 2))
    return [
        (x, side * across, 0.0)
        for side in (1, -1)
        for x, across in ((-front, reach), (0.0, CIRCLE_RADIUS_M), (front, reach))
    ]


def _on_circles(size: PitchSize) -> list[Place]:
    x = size.length_m / 2
    spot, front, arc = x - PENALTY_SPOT_M, x - PENALTY_AREA_M[0], x - PENALTY_SPOT_M - CIRCLE_RADIUS_M
    slant = CIRCLE_RADIUS_M / np.sqrt(2)
    beside = [
        (place, side * across, 0.0)
        for side in (1, -1)
        for place, across in (
            (-spot + _ON_ARC_M[0], _ON_ARC_M[1]),
            (-_ON_CIRCLE_M[0], _ON_CIRCLE_M[1]),
            (_ON_CIRCLE_M[0], _ON_CIRCLE_M[1]),
            (spot - _ON_ARC_M[0], _ON_ARC_M[1]),
        )
    ]
    axis = [(-CIRCLE_RADIUS_M, 0.0, 0.0), (0.0, 0.0, 0.0), (CIRCLE_RADIUS_M, 0.0, 0.0)]
    return [
        *beside,
        *((-place, 0.0, 0.0) for place in (spot, front, arc)),
        *((sign * slant, slant, 0.0) for sign in (-1, 1)),
        *axis,
        *((sign * slant, -slant, 0.0) for sign in (-1, 1)),
        *((place, 0.0, 0.0) for place in (arc, front, spot)),
    ]


def _lengthened(size: PitchSize) -> list[Place]:
    x, y = size.length_m / 2, size.width_m / 2
    small, large = x - GOAL_AREA_M[0], x - PENALTY_AREA_M[0]
    rows: list[tuple[float, tuple[float, ...]]] = [
        (y, (-small, -large, large, small)),
        (PENALTY_AREA_M[1] / 2, (-small, small)),
        (GOAL_AREA_M[1] / 2, (-large, large)),
        (-GOAL_AREA_M[1] / 2, (-large, large)),
        (-PENALTY_AREA_M[1] / 2, (-small, small)),
        (-y, (-small, -large, large, small)),
    ]
    return [(place, across, 0.0) for across, places in rows for place in places]
