"""Parabolas along one path: gravity, pieces that follow it, and how they are grown from windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64


@dataclass(frozen=True, slots=True)
class FlightSettings:
    """What counts as a flight. Lengths that depend on the picture are shares of its own scale.

    Attributes:
        window_s: Length of the windows that accelerations are measured in.
        least_points: Points a flight needs.
        least_s: Shortest flight, in seconds.
        tolerance_noises: How far a point may lie from its parabola, in units of the paths' noise.
        tolerance_share: The same as a share of the balls' vertical range, for what a parabola does not explain.
        gravity_spread: How much a single flight's gravity may differ (depth, drag, shake), as a share.
        gap_s: Longest gap that a flight may bridge.
        join_s: Longest gap between two pieces of one flight in different paths.
    """

    window_s: float = 0.17
    least_points: int = 4
    least_s: float = 0.13
    tolerance_noises: float = 3.5
    tolerance_share: float = 0.003
    gravity_spread: float = 0.06
    gap_s: float = 0.35
    join_s: float = 0.3


@dataclass(frozen=True, slots=True)
class Gravity:
    """Gravity as the picture shows it.

    Attributes:
        x_px_s2: Its part along x.
        y_px_s2: Its part along y, positive downwards.
        noise_px: How far places lie from smooth motion.
    """

    x_px_s2: float
    y_px_s2: float
    noise_px: float

    @property
    def length_px_s2(self) -> float:
        """Its length."""
        return float(np.hypot(self.x_px_s2, self.y_px_s2))

    @property
    def roll_deg(self) -> float:
        """How far the camera leans to the right."""
        return float(np.rad2deg(np.arctan2(self.x_px_s2, self.y_px_s2)))

    def upright(self, points_px: Float64) -> Float64:
        """Turn points `(n, 2)` about the origin so that gravity points along +y."""
        down = np.array([self.x_px_s2, self.y_px_s2]) / self.length_px_s2
        across = np.array([down[1], -down[0]])
        return np.stack([points_px @ across, points_px @ down], axis=1)

    def tilted(self, points_px: Float64) -> Float64:
        """Undo `upright`, `(n, 2)`."""
        down = np.array([self.x_px_s2, self.y_px_s2]) / self.length_px_s2
        across = np.array([down[1], -down[0]])
        return np.asarray(points_px[:, :1] * across + points_px[:, 1:] * down)


@dataclass(slots=True)
class Piece:
    """Rows `first..last` of one path that follow one parabola.

    `x` holds place and speed, `y` place, speed and half the acceleration, at the time `t0_s`.
    """

    path: int
    first: int
    last: int
    t0_s: float
    x: Float64
    y: Float64
    rms_px: float

    def at(self, t_s: Float64) -> Float64:
        """Give places `(n, 2)` of the parabola at times `(n,)`."""
        ago = t_s - self.t0_s
        return np.stack(
            [self.x[0] + self.x[1] * ago, self.y[0] + ago * (self.y[1] + ago * self.y[2])], axis=-1
        )


def tolerance_px(upright: Sequence[Float64], gravity: Gravity, settings: FlightSettings) -> float:
    """Give how far a point of these paths, each `(n, 2)` with gravity along +y, may lie from its parabola."""
    heights = np.concatenate([points[:, 1] for points in upright])
    span_px = float(np.quantile(heights, 0.98) - np.quantile(heights, 0.02))
    return settings.tolerance_noises * gravity.noise_px + settings.tolerance_share * span_px


def fit_fall(
    t_s: Float64, points: Float64, gravity: float, noise: float, spread: float
) -> tuple[Float64, Float64]:
    """Fit x by a line and y by a parabola whose gravity is held near the clip's own, never further than twice `spread`.

    Args:
        t_s: `(n,)` rising.
        points: `(n, 2)` with gravity along +y, in pixels.
        gravity: The clip's, px/s2.
        noise: Of a point, in pixels.
        spread: By which share of it gravity may differ.

    Returns:
        `(2,)` and `(3,)` coefficients of x and y, of rising power of the time since the first point.
    """
    ago = t_s - t_s[0]
    line = np.stack([np.ones_like(ago), ago], axis=1)
    x = np.linalg.lstsq(line, points[:, 0], rcond=None)[0]
    weight = max(noise, 1e-6) / (0.5 * spread * gravity)
    design = np.vstack([np.column_stack([line, ago**2]), [[0.0, 0.0, weight]]])
    y = np.linalg.lstsq(design, np.append(points[:, 1], weight * 0.5 * gravity), rcond=None)[0]
    half = float(np.clip(y[2], (0.5 - spread) * gravity, (0.5 + spread) * gravity))
    if half != y[2]:
        rest = np.linalg.lstsq(line, points[:, 1] - half * ago**2, rcond=None)[0]
        y = np.array([rest[0], rest[1], half])
    return x, y


def grow(
    index: int, t_s: Float64, points: Float64, gravity: float, tolerance: float, settings: FlightSettings
) -> list[Piece]:
    """Give the parabolas of one path, longest evidence first, none overlapping another.

    Args:
        index: The path's number, for the pieces.
        t_s: `(n,)` rising.
        points: `(n, 2)` with gravity along +y, in pixels.
        gravity: The clip's, px/s2.
        tolerance: How far a point may lie from its parabola, in pixels.
        settings: How to search.
    """
    count = len(t_s)
    if count < settings.least_points:
        return []
    step_s = float(np.median(np.diff(t_s)))
    size = int(np.clip(round(settings.window_s / step_s), settings.least_points, 9))
    noise = tolerance / settings.tolerance_noises
    seeds: list[tuple[float, int]] = []
    for first in range(count - size + 1):
        span = slice(first, first + size)
        if t_s[first + size - 1] - t_s[first] > 1.6 * size * step_s:
            continue
        seeds.append((_misfit(t_s[span], points[span], gravity), first))
    free = np.ones(count, np.bool_)
    pieces: list[Piece] = []
    for misfit, first in sorted(seeds):
        if misfit > tolerance / 2 or not free[first : first + size].all():
            continue
        piece = _extend(
            index, t_s, points, (first, first + size - 1), free, gravity, noise, tolerance, settings
        )
        if piece is not None:
            free[piece.first : piece.last + 1] = False
            pieces.append(piece)
    return sorted(pieces, key=lambda piece: piece.first)


def _misfit(t_s: Float64, points: Float64, gravity: float) -> float:
    """Give how far a window's points lie from a free fall of exactly that gravity."""
    ago = t_s - t_s.mean()
    fallen = points - np.column_stack([np.zeros_like(ago), 0.5 * gravity * ago**2])
    fallen = fallen - fallen.mean(axis=0)
    speed = (ago @ fallen) / (ago @ ago)
    return float(np.sqrt(((fallen - ago[:, None] * speed) ** 2).sum() / (2 * (len(ago) - 2))))


def _extend(  # noqa: PLR0913, PLR0917 - one path's arrays and one clip's constants
    index: int, t_s: Float64, points: Float64, seed: tuple[int, int], free: NDArray[np.bool_], gravity: float,
    noise: float, tolerance: float, settings: FlightSettings,
) -> Piece | None:  # fmt: skip
    """Grow a window to all that follows its parabola."""
    first, last = seed
    for _ in range(12):
        span = slice(first, last + 1)
        x, y = fit_fall(t_s[span], points[span], gravity, noise, settings.gravity_spread)
        reach = max(2, (last - first + 1) // 2)
        low, high = max(0, first - reach), min(len(t_s) - 1, last + reach)
        ago = t_s[low : high + 1] - t_s[first]
        off = np.hypot(
            points[low : high + 1, 0] - x[0] - x[1] * ago,
            points[low : high + 1, 1] - y[0] - ago * (y[1] + ago * y[2]),
        )
        good = (off < tolerance) & free[low : high + 1]
        new_first, new_last = (
            _reach(good, t_s[low : high + 1], first - low, -1, settings.gap_s) + low,
            _reach(good, t_s[low : high + 1], last - low, 1, settings.gap_s) + low,
        )
        if (new_first, new_last) == (first, last):
            break
        first, last = new_first, new_last
        if last - first + 1 < settings.least_points:
            return None
    span = slice(first, last + 1)
    if t_s[last] - t_s[first] < settings.least_s or not _falls(t_s[span], points[span, 1], gravity, noise):
        return None
    x, y = fit_fall(t_s[span], points[span], gravity, noise, settings.gravity_spread)
    piece = Piece(index, first, last, float(t_s[first]), x, y, 0.0)
    piece.rms_px = float(np.sqrt(np.mean((piece.at(t_s[span]) - points[span]) ** 2)))
    return piece


def _falls(t_s: Float64, down_px: Float64, gravity: float, noise: float) -> bool:
    """Tell whether a stretch's own acceleration, with its error, agrees with gravity; one at rest does not."""
    ago = t_s - t_s.mean()
    design = np.stack([np.ones_like(ago), ago, ago**2], axis=1)
    solver = np.linalg.pinv(design)
    pull = 2 * float(solver[2] @ down_px)
    error = 2 * float(np.linalg.norm(solver[2])) * noise
    return abs(pull - gravity) < max(0.25 * gravity, min(1.5 * error, 0.5 * gravity))


def _reach(good: NDArray[np.bool_], t_s: Float64, start: int, step: int, gap_s: float) -> int:
    """Walk from a row as long as points follow, over one stray at most; ends are always good."""
    place, best = start, None
    while 0 <= place < len(good) and not good[place]:
        place -= step
    if not 0 <= place < len(good):
        return start
    best, strays = place, 0
    while 0 <= place + step < len(good) and abs(t_s[place + step] - t_s[place]) <= gap_s:
        place += step
        if good[place]:
            best, strays = place, 0
        else:
            strays += 1
            if strays > 1:
                break
    return best
