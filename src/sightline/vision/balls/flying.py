"""Sees what flies: candidates that follow one another along a parabola for some frames.

Only to learn from, frame by frame; flights are found on the stored candidates afterwards, with the whole clip
in view.
"""

from __future__ import annotations

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


class _Way:
    """Candidates that may be one ball."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float, float, float]] = []  # t_s, x, y, radius
        self.samples: list[Index] = []

    def add(self, t_s: float, shape: Shape, sample: Index) -> None:
        self.points = [*self.points, (t_s, shape.x_px, shape.y_px, shape.radius_px)][-_KEPT:]
        self.samples = [*self.samples, sample][-_KEPT:]

    def expected(self, t_s: float) -> tuple[float, float, float]:
        """Where it will be, and how far off it may be."""
        last = self.points[-1]
        if len(self.points) == 1:
            return last[1], last[2], _REACH * last[3] + 4
        points = np.array(self.points[-4:])
        times = points[:, 0] - t_s
        degree = min(2, len(points) - 1) if len(points) > 3 else 1
        x, y = (
            float(np.polyval(np.polyfit(times, points[:, k], degree if k == 2 else 1), 0.0)) for k in (1, 2)
        )
        slack = 2.5 if len(points) < 4 else 1.0
        return x, y, slack * (_GATE_PX + _GATE_RADII * last[3])


class Flying:
    """Follows candidates and tells which have been seen to fly."""

    def __init__(self) -> None:
        self._ways: list[_Way] = []
        self._radii: list[float] = []

    @property
    def radius_px(self) -> float | None:
        """How large a ball is here; None while none has flown."""
        return float(np.median(self._radii)) if len(self._radii) >= 3 else None

    def update(
        self, t_s: float, shapes: Sequence[Shape], samples: Sequence[Index], height_px: int
    ) -> list[Index]:
        """Take a frame's candidates, best first; give the colour samples of what has just been seen to fly."""
        free = list(range(len(shapes)))
        ways, learned = [], []
        for way in sorted(self._ways, key=lambda way: -len(way.points)):
            x, y, reach = way.expected(t_s)
            radius = way.points[-1][3]
            near = [
                (float(np.hypot(shapes[k].x_px - x, shapes[k].y_px - y)), k)
                for k in free
                if radius / _ALIKE <= shapes[k].radius_px <= radius * _ALIKE
            ]
            distance, row = min(near, default=(np.inf, -1))
            if distance > reach:
                continue
            free.remove(row)
            way.add(t_s, shapes[row], samples[row])
            ways.append(way)
            if len(way.points) >= _LENGTH and _flies(np.array(way.points[-2 * _LENGTH :]), height_px):
                learned += way.samples[-2:] if len(way.points) > _LENGTH else way.samples
                self._radii = [*self._radii, way.points[-1][3]][-_RADII_KEPT:]
        for row in free:
            way = _Way()
            way.add(t_s, shapes[row], samples[row])
            ways.append(way)
        self._ways = ways
        return learned

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
        self._radii = arrays["radii"].tolist()
        self._ways, start = [], 0
        for length in arrays["lengths"].tolist():
            way = _Way()
            way.points = [tuple(point) for point in arrays["points"][start : start + length].tolist()]
            way.samples = list(arrays["samples"][start : start + length])
            self._ways.append(way)
            start += length


def _flies(points: np.ndarray[Any, np.dtype[np.float64]], height_px: int) -> bool:
    """Whether `(n, 4)` points follow a parabola that opens downwards."""
    times = points[:, 0] - points[:, 0].mean()
    radius = float(np.median(points[:, 3]))
    fits = [np.polyfit(times, points[:, k], 2) for k in (1, 2)]
    across, fall = 2 * float(fits[0][0]), 2 * float(fits[1][0])
    if not _LEAST_FALL * height_px <= fall <= _MOST_FALL * height_px or abs(across) > _SIDE_FALL * fall:
        return False
    strays = [points[:, k] - np.polyval(fit, times) for k, fit in zip((1, 2), fits, strict=True)]
    stray = float(np.sqrt((strays[0] ** 2 + strays[1] ** 2).mean()))
    way = float(np.hypot(np.ptp(points[:, 1]), np.ptp(points[:, 2])))
    return way >= _LEAST_WAY * radius and stray <= _MOST_STRAY_PX + _MOST_STRAY_RADII * radius
