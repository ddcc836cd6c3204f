"""Sees what flies: candidates that follow one another along a parabola for some frames.

Only to learn from, frame by frame; flights are found on the stored candidates afterwards, with the whole clip
in view.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import hypot, inf, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.vision.balls.colours import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.vision.balls.colours import Index
    from sightline.vision.balls.shapes import Shape

_LENGTH = 6
_KEPT = 12
_REACH = 3.0  # radii that a candidate may move before its speed is known
_GATE_PX, _GATE_RADII = 2.0, 0.5
_ALIKE = 1.5
_LEAST_FALL, _MOST_FALL = 0.9, 14.0  # picture heights a second a second
_SIDE_FALL = 0.45
_LEAST_WAY = 2.0  # radii
_MOST_STRAY_PX, _MOST_STRAY_RADII = 0.8, 0.12
_RADII_KEPT = 40
_Point = tuple[float, float, float, float]


class _Way:
    """Candidates that may be one ball."""

    __slots__ = ("points", "samples")

    def __init__(self) -> None:
        self.points: deque[_Point] = deque(maxlen=_KEPT)  # t_s, x, y, radius
        self.samples: deque[Index] = deque(maxlen=_KEPT)

    def add(self, t_s: float, shape: Shape, sample: Index) -> None:
        self.points.append((t_s, shape.x_px, shape.y_px, shape.radius_px))
        self.samples.append(sample)

    def expected(self, t_s: float) -> tuple[float, float, float]:
        """Where it will be, and how far off it may be."""
        count, last = len(self.points), self.points[-1]
        if count == 1:
            return last[1], last[2], _REACH * last[3] + 4
        points = [self.points[row] for row in range(max(-4, -count), 0)]
        times = [point[0] for point in points]
        x = _curve(times, [point[1] for point in points], degree=1).at(t_s)
        y = _curve(times, [point[2] for point in points], degree=2 if count > 3 else 1).at(t_s)
        slack = 2.5 if count < 4 else 1.0
        return x, y, slack * (_GATE_PX + _GATE_RADII * last[3])


class Flying:
    """Follows candidates and tells which have been seen to fly."""

    def __init__(self) -> None:
        self._ways: list[_Way] = []
        self._radii: deque[float] = deque(maxlen=_RADII_KEPT)
        self._radius_px: float | None = None

    @property
    def radius_px(self) -> float | None:
        """How large a ball is here; None while none has flown."""
        return self._radius_px

    def update(
        self, t_s: float, shapes: Sequence[Shape], samples: Sequence[Index], height_px: int
    ) -> list[Index]:
        """Take a frame's candidates, best first; give the colour samples of what has just been seen to fly."""
        free = list(range(len(shapes)))
        ways: list[_Way] = []
        learned: list[Index] = []
        for way in sorted(self._ways, key=lambda way: -len(way.points)):
            x, y, reach = way.expected(t_s)
            radius = way.points[-1][3]
            least, most = radius / _ALIKE, radius * _ALIKE
            near = [
                (hypot(shapes[k].x_px - x, shapes[k].y_px - y), k)
                for k in free
                if least <= shapes[k].radius_px <= most
            ]
            distance, row = min(near, default=(inf, -1))
            if distance > reach:
                continue
            free.remove(row)
            way.add(t_s, shapes[row], samples[row])
            ways.append(way)
            if len(way.points) >= _LENGTH and _flies(way.points, height_px):
                learned += list(way.samples)[-2:] if len(way.points) > _LENGTH else way.samples
                self._radii.append(way.points[-1][3])
        for row in free:
            way = _Way()
            way.add(t_s, shapes[row], samples[row])
            ways.append(way)
        self._ways = ways
        self._measure()
        return learned

    def _measure(self) -> None:
        self._radius_px = float(median(self._radii)) if len(self._radii) >= 3 else None

    def arrays(self) -> dict[str, Any]:
        """Give the whole memory."""
        points = [point for way in self._ways for point in way.points]
        samples = [sample for way in self._ways for sample in way.samples]
        return {
            "lengths": np.array([len(way.points) for way in self._ways], np.int64),
            "points": np.array(points, np.float64).reshape(-1, 4),
            "samples": np.array(samples, np.uint16).reshape(len(samples), SAMPLES),
            "radii": np.array(self._radii, np.float64),
        }

    def take(self, arrays: dict[str, Any]) -> None:
        """Go back to what `arrays` gave."""
        self._radii = deque(arrays["radii"].tolist(), maxlen=_RADII_KEPT)
        self._measure()
        self._ways, start = [], 0
        for length in arrays["lengths"].tolist():
            way = _Way()
            for point in arrays["points"][start : start + length].tolist():
                way.points.append((point[0], point[1], point[2], point[3]))
            way.samples.extend(arrays["samples"][start : start + length])
            self._ways.append(way)
            start += length


@dataclass(frozen=True, slots=True)
class _Curve:
    """A polynomial of degree 1 or 2 in orthogonal parts around the middle of its times."""

    middle_s: float
    mean: float
    slope: float
    bend: float
    lean: float
    level: float

    def at(self, t_s: float) -> float:
        ago = t_s - self.middle_s
        return self.mean + self.slope * ago + self.bend * (ago * ago - self.lean * ago - self.level)


def _curve(times_s: Sequence[float], values: Sequence[float], *, degree: int) -> _Curve:
    """Fit by least squares; a few points, so that plain numbers are faster than arrays."""
    count = len(times_s)
    middle, mean = sum(times_s) / count, sum(values) / count
    ago = [t_s - middle for t_s in times_s]
    square = sum(a * a for a in ago)
    slope = sum(a * value for a, value in zip(ago, values, strict=True)) / square
    if degree == 1:
        return _Curve(middle, mean, slope, 0.0, 0.0, 0.0)
    lean, level = sum(a * a * a for a in ago) / square, square / count
    parts = [a * a - lean * a - level for a in ago]
    bend = sum(p * value for p, value in zip(parts, values, strict=True)) / sum(p * p for p in parts)
    return _Curve(middle, mean, slope, bend, lean, level)


def _flies(points: Sequence[_Point], height_px: int) -> bool:
    """Whether points follow a parabola that opens downwards."""
    times, x, y, radii = zip(*points, strict=True)
    over, down = _curve(times, x, degree=2), _curve(times, y, degree=2)
    across, fall = 2 * over.bend, 2 * down.bend
    if not _LEAST_FALL * height_px <= fall <= _MOST_FALL * height_px or abs(across) > _SIDE_FALL * fall:
        return False
    strays = sum(
        (x1 - over.at(t_s)) ** 2 + (y1 - down.at(t_s)) ** 2 for t_s, x1, y1 in zip(times, x, y, strict=True)
    )
    radius = median(radii)
    way = hypot(max(x) - min(x), max(y) - min(y))
    stray = sqrt(strays / len(times))
    return bool(way >= _LEAST_WAY * radius and stray <= _MOST_STRAY_PX + _MOST_STRAY_RADII * radius)
