"""What is seen of a pitch in one picture: points on named markings, and points whose place is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from sightline.analytics.pitch.markings import Markings, is_unknown
from sightline.core.arrays import Float64, frozen
from sightline.core.errors import CalibrationError

STANDARD_PX = 480.0
"""Half the width of the picture that *standard pixels* are those of."""

_FARTHEST = 0.5
_NO_POINTS = np.zeros((0, 2))
_NO_PLACES = np.zeros((0, 3))


@dataclass(frozen=True, slots=True)
class Observed:
    """Evidence for a camera, in pixels of a picture.

    Attributes:
        picture: `(height, width)` in pixels.
        lines: Marking's SoccerNet name -> `(n, 2)` float64 pixels along it, n >= 2.
        points_px: `(k, 2)` float64 pixels.
        points_m: `(k, 3)` float64 where those lie in `Space.PITCH_M`.
        point_weights: `(k,)` float64, 1 for a point to be believed like a hand-drawn one.
    """

    picture: tuple[int, int]
    lines: Mapping[str, Float64] = field(default_factory=dict)
    points_px: Float64 = field(default_factory=lambda: _NO_POINTS)
    points_m: Float64 = field(default_factory=lambda: _NO_PLACES)
    point_weights: Float64 = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        lines = {name: _checked(name, points) for name, points in sorted(self.lines.items())}
        object.__setattr__(self, "lines", MappingProxyType(lines))
        count = len(self.points_px)
        for name, width in (("points_px", 2), ("points_m", 3)):
            object.__setattr__(self, name, frozen(name, getattr(self, name), (count, width), np.float64))
        weights = self.point_weights if len(self.point_weights) else np.ones(count)
        object.__setattr__(self, "point_weights", frozen("point_weights", weights, (count,), np.float64))
        if not (np.isfinite(self.points_px).all() and np.isfinite(self.points_m).all()):
            raise CalibrationError(
                "a point has a coordinate that is not a number", hint="leave points out that were not seen"
            )

    @classmethod
    def from_lines(
        cls, drawn: Mapping[str, Float64], markings: Markings, *, picture: tuple[int, int]
    ) -> Observed:
        """Take SoccerNet's line annotations: points from 0 to 1 across the picture.

        Markings that say only "some line" and those with a single point are left out.

        Raises:
            CalibrationError: A name is unknown, a coordinate is not a number or far outside the picture.
        """
        span = np.array([picture[1] - 1, picture[0] - 1], np.float64)
        lines: dict[str, Float64] = {}
        for name, values in drawn.items():
            if is_unknown(name):
                continue
            markings.marking(name)
            points = np.asarray(values, np.float64).reshape(-1, 2)
            if np.isfinite(points).all() and (np.abs(points - 0.5) > 0.5 + _FARTHEST).any():
                raise CalibrationError(
                    f"{name!r} has a point far outside the picture",
                    hint="coordinates go from 0 to 1 across the picture, not in pixels",
                )
            if len(points) > 1 or not np.isfinite(points).all():
                lines[name] = points * span
        return cls(picture=picture, lines=lines)

    @property
    def constraints(self) -> int:
        """How many numbers the evidence fixes at most: 2 a line, 5 a circle, 2 a point."""
        return sum(5 if "Circle" in name else 2 for name in self.lines) + 2 * len(self.points_px)


def middle_px(picture: tuple[int, int]) -> Float64:
    """Give the middle of a picture of `(height, width)` pixels, whose pixels' centres are whole numbers."""
    return np.array([(picture[1] - 1) / 2, (picture[0] - 1) / 2])


def _checked(name: str, points: Float64) -> Float64:
    if not np.isfinite(points).all():
        raise CalibrationError(
            f"{name!r} has a coordinate that is not a number", hint="leave points out that were not seen"
        )
    if len(points) < 2:
        raise CalibrationError(f"{name!r} has {len(points)} points", hint="a marking needs two or more")
    return frozen(name, points, (None, 2), np.float64)
