"""Everything that is painted or stands on a pitch, by its SoccerNet name, in `Space.PITCH_M`.

Metres, origin at the centre spot, x along the length to the right as the main camera sees it, y away from that
camera, z up. SoccerNet's own files have y and z pointing the other way: `from_soccernet` and `to_soccernet` turn
points over, nothing else in Sightline does.

Source:
    IFAB, Laws of the Game 2024/25, law 1 (dimensions); SoccerNet camera calibration challenge (names).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import CalibrationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64

PENALTY_AREA_M = (16.5, 40.32)  # depth, width
GOAL_AREA_M = (5.5, 18.32)
CIRCLE_RADIUS_M = 9.15
PENALTY_SPOT_M = 11.0
GOAL_M = (7.32, 2.44)  # width, height

_TURN = np.array([1.0, -1.0, -1.0])
_UNKNOWN = frozenset({"Goal unknown", "Line unknown"})


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight marking from `start_m` to `end_m`, each `(x, y, z)`."""

    start_m: tuple[float, float, float]
    end_m: tuple[float, float, float]

    @property
    def on_ground(self) -> bool:
        """Whether it is painted on the grass, not part of a goal."""
        return self.start_m[2] == 0 and self.end_m[2] == 0

    def sample(self, step_m: float) -> Float64:
        """Give `(n, 3)` points along it, ends included, at most `step_m` apart."""
        start, end = np.array(self.start_m), np.array(self.end_m)
        count = max(2, int(np.ceil(np.linalg.norm(end - start) / step_m)) + 1)
        return np.asarray(start + np.linspace(0, 1, count)[:, None] * (end - start), np.float64)


@dataclass(frozen=True, slots=True)
class Arc:
    """A part of a circle on the grass, anticlockwise from `start_rad` to `end_rad` as seen from above."""

    centre_m: tuple[float, float]
    radius_m: float
    start_rad: float
    end_rad: float

    @property
    def on_ground(self) -> bool:
        """Arcs are painted on the grass."""
        return True

    def sample(self, step_m: float) -> Float64:
        """Give `(n, 3)` points along it, ends included, at most `step_m` apart."""
        span = self.end_rad - self.start_rad
        count = max(3, int(np.ceil(self.radius_m * span / step_m)) + 1)
        angles = np.linspace(self.start_rad, self.end_rad, count)
        x, y = self.centre_m
        return np.column_stack(
            [x + self.radius_m * np.cos(angles), y + self.radius_m * np.sin(angles), np.zeros(count)]
        )


Marking = Segment | Arc


class Markings:
    """All markings of one pitch; make it with `markings_of`."""

    def __init__(self, size: PitchSize) -> None:
        self.size = size
        self.half_m = (size.length_m / 2, size.width_m / 2)

    @cached_property
    def all(self) -> Mapping[str, Marking]:
        """Every marking by its SoccerNet name, in alphabetical order."""
        found: dict[str, Marking] = {}
        found |= self._outline()
        for side in (-1, 1):
            found |= self._end(side)
        return dict(sorted(found.items()))

    @cached_property
    def points(self) -> Mapping[str, tuple[float, float, float]]:
        """Named points: corners, spots, posts and where markings meet; see `docs/football/calibration.md`."""
        x, y = self.half_m
        found: dict[str, tuple[float, float]] = {
            "centre spot": (0.0, 0.0),
            "halfway line top": (0.0, y),
            "halfway line bottom": (0.0, -y),
            "centre circle top": (0.0, CIRCLE_RADIUS_M),
            "centre circle bottom": (0.0, -CIRCLE_RADIUS_M),
            "centre circle left": (-CIRCLE_RADIUS_M, 0.0),
            "centre circle right": (CIRCLE_RADIUS_M, 0.0),
        }
        points = {name: (*place, 0.0) for name, place in found.items()}
        for side, name in ((-1, "left"), (1, "right")):
            points |= {
                f"{name} {what}": (side * (x - depth), across, height)
                for what, (depth, across, height) in self._end_points().items()
            }
        return points

    def marking(self, name: str) -> Marking:
        """Give one marking.

        Raises:
            CalibrationError: No marking has that name.
        """
        try:
            return self.all[name]
        except KeyError:
            raise CalibrationError(
                f"no pitch marking is called {name!r}", hint=f"one of {', '.join(self.all)}"
            ) from None

    def point(self, name: str) -> tuple[float, float, float]:
        """Give one named point in metres.

        Raises:
            CalibrationError: No point has that name.
        """
        try:
            return self.points[name]
        except KeyError:
            raise CalibrationError(
                f"no pitch point is called {name!r}", hint=f"one of {', '.join(self.points)}"
            ) from None

    def _outline(self) -> dict[str, Marking]:
        x, y = self.half_m
        return {
            "Side line top": _ground((-x, y), (x, y)),
            "Side line bottom": _ground((-x, -y), (x, -y)),
            "Side line left": _ground((-x, -y), (-x, y)),
            "Side line right": _ground((x, -y), (x, y)),
            "Middle line": _ground((0, -y), (0, y)),
            "Circle central": Arc((0.0, 0.0), CIRCLE_RADIUS_M, 0.0, 2 * np.pi),
        }

    def _end(self, side: int) -> dict[str, Marking]:
        """Give the markings of one end; a goal's left post is the left one for who faces that goal."""
        name, line = ("left", "right")[side > 0], side * self.half_m[0]
        width, height = GOAL_M
        left = (line, side * width / 2)
        right = (line, -side * width / 2)
        reach = float(np.arccos((PENALTY_AREA_M[0] - PENALTY_SPOT_M) / CIRCLE_RADIUS_M))
        facing = 0.0 if side < 0 else np.pi
        spot = (line - side * PENALTY_SPOT_M, 0.0)
        post_left = f"Goal {name} post left" + (" " if side < 0 else "")  # SoccerNet's name ends in a space
        return {
            **_box(f"Big rect. {name}", line, side, PENALTY_AREA_M),
            **_box(f"Small rect. {name}", line, side, GOAL_AREA_M),
            f"Circle {name}": Arc(spot, CIRCLE_RADIUS_M, facing - reach, facing + reach),
            f"Goal {name} crossbar": Segment((*left, height), (*right, height)),
            post_left: Segment((*left, height), (*left, 0.0)),
            f"Goal {name} post right": Segment((*right, height), (*right, 0.0)),
        }

    def _end_points(self) -> dict[str, tuple[float, float, float]]:
        """Give one end's points as distance from the goal line, place across and height."""
        reach = float(np.sqrt(CIRCLE_RADIUS_M**2 - (PENALTY_AREA_M[0] - PENALTY_SPOT_M) ** 2))
        across = {"penalty area": PENALTY_AREA_M, "goal area": GOAL_AREA_M}
        found: dict[str, tuple[float, float, float]] = {
            "penalty spot": (PENALTY_SPOT_M, 0.0, 0.0),
            "arc front": (PENALTY_SPOT_M + CIRCLE_RADIUS_M, 0.0, 0.0),
        }
        for name, sign in (("top", 1), ("bottom", -1)):
            found[f"corner {name}"] = (0.0, sign * self.half_m[1], 0.0)
            found[f"arc {name}"] = (PENALTY_AREA_M[0], sign * reach, 0.0)
            found[f"goal post {name}"] = (0.0, sign * GOAL_M[0] / 2, 0.0)
            found[f"crossbar {name}"] = (0.0, sign * GOAL_M[0] / 2, GOAL_M[1])
            for box, (depth, width) in across.items():
                found[f"{box} {name}"] = (depth, sign * width / 2, 0.0)
                found[f"{box} {name} goal line"] = (0.0, sign * width / 2, 0.0)
        return found


@lru_cache(maxsize=16)
def markings_of(size: PitchSize) -> Markings:
    """Give the markings of a pitch of that size."""
    return Markings(size)


def mirrored(name: str) -> str:
    """Give the marking that lies where `name` does once the pitch is turned by half a turn."""
    swaps = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
    if name.startswith("Goal"):  # seen from the pitch, a left post stays a left post
        goal, side, *rest = name.strip().split(" ")
        turned = " ".join([goal, swaps.get(side, side), *rest])
        return turned + " " if turned == "Goal left post left" else turned
    return " ".join(swaps.get(word, word) for word in name.split(" "))


def is_unknown(name: str) -> bool:
    """Tell whether a SoccerNet annotation says only that there is a line, not which."""
    return name in _UNKNOWN


def from_soccernet(points_m: Float64) -> Float64:
    """Turn `(..., 3)` points with y towards the main camera and z down into `Space.PITCH_M`."""
    return np.asarray(points_m * _TURN, np.float64)


def to_soccernet(points_m: Float64) -> Float64:
    """Turn `(..., 3)` points of `Space.PITCH_M` into SoccerNet's, with y towards the main camera and z down."""
    return np.asarray(points_m * _TURN, np.float64)


def _ground(start: tuple[float, float], end: tuple[float, float]) -> Segment:
    return Segment((*start, 0.0), (*end, 0.0))


def _box(name: str, line: float, side: int, size_m: tuple[float, float]) -> dict[str, Marking]:
    front, half = line - side * size_m[0], size_m[1] / 2
    return {
        f"{name} main": _ground((front, -half), (front, half)),
        f"{name} top": _ground((line, half), (front, half)),
        f"{name} bottom": _ground((line, -half), (front, -half)),
    }
