"""The road's surface seen from above: asphalt, markings, repairs, stains, shadows and damages, a stretch at a time.

Rows of a stretch go back along the road (row 0 lies farthest ahead), columns go to the right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.sim.road.damage import Damage, Patch, paint

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64, UInt8

PX_PER_M = 80.0
HALF_M = 5.0
_ROAD_HALF_M = 3.55
_TILE_M = 24.0
_LINE_M, _DASH_M, _PERIOD_M = 0.13, 3.0, 9.0
_STEP_M = 16.0
BEHIND_M, AHEAD_M = 4.0, 64.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the surface.

    Attributes:
        first_s: Where its last row ends, metres along the road.
        pictures: It at full size, half, a quarter, ...: `(h, w, 3)` uint8.
    """

    first_s: float
    pictures: tuple[UInt8, ...]

    @property
    def length_m(self) -> float:
        """How far it reaches."""
        return float(self.pictures[0].shape[0] / PX_PER_M)


class Surface:
    """The whole ring, drawn a stretch at a time; the same place always looks the same.

    Args:
        lap_m: Length of the ring; a multiple of the marking's period makes it close without a seam.
        damages: What is wrong with it.
        seed: Draws everything else.
        sun_sd: Direction to the sun along the road and to its left.
        shadows: Whether trees cast shadows.
        clutter: Whether there are repairs, stains and manholes.
    """

    def __init__(
        self,
        lap_m: float,
        damages: Sequence[Damage],
        *,
        seed: int,
        sun_sd: tuple[float, float],
        shadows: bool,
        clutter: bool,
    ) -> None:
        self._lap_m = lap_m
        rng = np.random.default_rng([seed, 0xA5F])
        self._asphalt = _asphalt(rng)
        self._verge = _verge(rng)
        self._patches: Mapping[int, Patch] = {each.number: paint(each, PX_PER_M, sun_sd) for each in damages}
        self.damages = tuple(_as_drawn(each, self._patches[each.number]) for each in damages)
        self._spots = _clutter(rng, lap_m) if clutter else []
        self._shades = _shades(rng, lap_m) if shadows else []
        self._held: Stretch | None = None

    def outline_m(self, number: int) -> Float64:
        """Give a damage's outline, `(n, 2)` as `(s, d)` of the first lap."""
        return self._patches[number].outline_m

    def stretch(self, s_m: float) -> Stretch:
        """Give the stretch about a car at `s_m`; it is drawn anew when the car has left the last one."""
        first_s = float(np.floor((s_m - BEHIND_M) / _STEP_M) * _STEP_M)
        if self._held is None or self._held.first_s != first_s:
            self._held = Stretch(first_s, self._draw(first_s, BEHIND_M + AHEAD_M + _STEP_M))
        return self._held

    def _draw(self, first_s: float, length_m: float) -> tuple[UInt8, ...]:
        rows, columns = round(length_m * PX_PER_M), round(2 * HALF_M * PX_PER_M)
        s_m = first_s + (rows - 0.5 - np.arange(rows)) / PX_PER_M
        d_m = HALF_M - (np.arange(columns) + 0.5) / PX_PER_M
        picture = _tiled(self._asphalt, first_s, rows, columns)
        for spot in self._spots:
            self._stamp(picture, first_s, spot)
        self._mark(picture, s_m, d_m)
        for each in self.damages:
            patch = self._patches[each.number]
            self._stamp(picture, first_s, _Spot(patch.s_m, patch.d_m, patch.gain, patch))
        self._edge(picture, first_s, s_m, d_m)
        for shade in self._shades:
            self._stamp(picture, first_s, shade)
        levels = [picture.clip(0, 255).astype(np.uint8)]
        while len(levels) < 6:
            last = levels[-1]
            size = (max(last.shape[1] // 2, 1), max(last.shape[0] // 2, 1))
            levels.append(np.asarray(cv2.resize(last, size, interpolation=cv2.INTER_AREA), np.uint8))
        return tuple(levels)

    def _stamp(self, picture: Float32, first_s: float, spot: _Spot) -> None:
        """Lay a spot of any lap onto a stretch, in place."""
        rows, columns = spot.gain.shape
        last_s = first_s + picture.shape[0] / PX_PER_M
        lap = np.floor((first_s - spot.s_m) / self._lap_m)
        for at_s in (spot.s_m + (lap + turn) * self._lap_m for turn in (0, 1, 2)):
            top = round((last_s - at_s) * PX_PER_M - rows / 2)
            left = round((HALF_M - spot.d_m) * PX_PER_M - columns / 2)
            r1, r2 = max(top, 0), min(top + rows, picture.shape[0])
            c1, c2 = max(left, 0), min(left + columns, picture.shape[1])
            if r1 >= r2 or c1 >= c2:
                continue
            own = slice(r1 - top, r2 - top), slice(c1 - left, c2 - left)
            under = picture[r1:r2, c1:c2]
            under *= spot.gain[own][:, :, None]
            if spot.patch is not None:
                under += (spot.patch.hole[own] - under) * spot.patch.alpha[own][:, :, None]

    def _mark(self, picture: Float32, s_m: Any, d_m: Any) -> None:
        """Paint the dashed middle line and the edge lines, worn where the asphalt is rough."""

        def line(at_m: float) -> Float64:
            covered: Float64 = np.clip((_LINE_M / 2 - np.abs(d_m - at_m)) * PX_PER_M + 0.5, 0, 1)
            return covered

        dash = np.clip((_DASH_M / 2 - np.abs((s_m % _PERIOD_M) - _PERIOD_M / 2)) * PX_PER_M + 0.5, 0, 1)
        cover = np.maximum(dash[:, None] * line(0.0)[None, :], (line(3.25) + line(-3.25))[None, :])
        on = np.flatnonzero(cover.any(axis=0))
        worn = 0.72 + 0.3 * (picture[:, on, 1] - 105) / 40
        share = (cover[:, on] * np.clip(worn, 0.35, 0.95))[:, :, None]
        picture[:, on] += (np.array([196.0, 200.0, 202.0], np.float32) - picture[:, on]) * share

    def _edge(self, picture: Float32, first_s: float, s_m: Any, d_m: Any) -> None:
        """Let the asphalt end in a ragged edge, with the verge beside it."""
        rows, columns = len(s_m), len(d_m)
        verge = _tiled(self._verge, first_s, rows, columns)
        ragged = 0.06 * np.sin(s_m * 2 * np.pi / 3.0) + 0.05 * np.sin(s_m * 2 * np.pi / 0.8 + 1.0)
        beside = np.clip((np.abs(d_m)[None, :] - _ROAD_HALF_M + ragged[:, None]) * 9.0, 0, 1)
        on = np.flatnonzero(beside.any(axis=0))
        picture[:, on] += (verge[:, on] - picture[:, on]) * beside[:, on, None]


@dataclass(frozen=True, slots=True)
class _Spot:
    s_m: float
    d_m: float
    gain: Float32
    patch: Patch | None = None


def _as_drawn(damage: Damage, patch: Patch) -> Damage:
    """Give the damage with the sides that its drawing really has."""
    low, high = patch.outline_m.min(axis=0), patch.outline_m.max(axis=0)
    return replace(
        damage,
        s_m=float(low[0] + high[0]) / 2,
        d_m=float(low[1] + high[1]) / 2,
        length_m=float(high[0] - low[0]),
        width_m=float(high[1] - low[1]),
    )


def _tiled(tile: Float32, first_s: float, rows: int, columns: int) -> Float32:
    """Give a stretch of a tile that repeats along the road."""
    last = round(first_s * PX_PER_M) + rows
    order = (-(last - np.arange(rows))) % tile.shape[0]
    found: Float32 = tile[order][:, :columns].copy()
    return found


def _wrapped(rng: np.random.Generator, size: tuple[int, int], cell_px: float) -> Float32:
    """Give smooth noise of standard deviation 1 that repeats along its rows."""
    coarse = (max(round(size[0] / cell_px), 2), max(round(size[1] / cell_px), 2))
    grid = rng.standard_normal(coarse, np.float32)
    grid = np.concatenate([grid[-2:], grid, grid[:2]])
    each = size[0] / coarse[0]
    grown = cv2.resize(grid, (size[1], round(each * len(grid))), interpolation=cv2.INTER_LINEAR)
    start = round(2 * each)
    field: Float32 = grown[start : start + size[0]]
    field /= np.float32(max(float(field.std()), 1e-6))
    return field


def _asphalt(rng: np.random.Generator) -> Float32:
    """Give asphalt: stones of two sizes, streaks where wheels roll, patches of age."""
    size = round(_TILE_M * PX_PER_M), round(2 * HALF_M * PX_PER_M)
    grain = (
        0.065 * _wrapped(rng, size, 1.3) + 0.045 * _wrapped(rng, size, 2.6) + 0.02 * _wrapped(rng, size, 6.0)
    )
    age = 0.035 * _wrapped(rng, size, 60.0) + 0.03 * _wrapped(rng, size, 200.0)
    d_m = HALF_M - (np.arange(size[1]) + 0.5) / PX_PER_M
    wheels = sum(np.exp(-(((np.abs(d_m) - at) / 0.28) ** 2)) for at in (1.0, 2.5))
    oil = np.exp(-(((np.abs(d_m) - 1.75) / 0.35) ** 2))
    gain = 1 + grain + age + (0.055 * wheels - 0.06 * oil)[None, :] * (1 + 0.4 * _wrapped(rng, size, 90.0))
    tint = 1 + 0.012 * _wrapped(rng, size, 120.0)
    base = np.array([110.0, 112.0, 113.0], np.float32) * gain[:, :, None]
    base[:, :, 0] *= tint
    picture: Float32 = base.astype(np.float32)
    return picture


def _verge(rng: np.random.Generator) -> Float32:
    """Give the verge: grass with bare earth in it."""
    size = round(_TILE_M * PX_PER_M), round(2 * HALF_M * PX_PER_M)
    blades = _wrapped(rng, size, 2.0) * 0.16 + _wrapped(rng, size, 9.0) * 0.10
    bare = np.clip(_wrapped(rng, size, 45.0) * 0.7 + 0.1, 0, 1)[:, :, None]
    grass, earth = np.array([50.0, 96.0, 84.0]), np.array([92.0, 116.0, 132.0])
    base = (grass * (1 - bare) + earth * bare) * (1 + blades)[:, :, None]
    picture: Float32 = base.astype(np.float32)
    return picture


def _blob(rng: np.random.Generator, size_m: tuple[float, float], dark: float, ragged: float) -> Float32:
    """Give a soft dark spot, `(along, across)` metres."""
    rows, columns = (max(round(side * PX_PER_M), 4) for side in size_m)
    down = np.linspace(-1, 1, rows)[:, None]
    right = np.linspace(-1, 1, columns)[None, :]
    bend = cv2.resize(
        rng.standard_normal((6, 6)).astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.resize(
        rng.standard_normal((rows // 8 + 2, columns // 8 + 2)).astype(np.float32), (columns, rows)
    )
    away = np.hypot(down, right) + ragged * (0.6 * bend + 0.4 * fine) * 0.35
    gain: Float32 = (1 - dark * np.clip((0.9 - away) * 3.0, 0, 1)).astype(np.float32)
    return gain


def _clutter(rng: np.random.Generator, lap_m: float) -> list[_Spot]:
    """Give repairs, stains and manholes: what a detector must not take for damage."""
    spots = []
    for _ in range(max(round(lap_m / 45), 1)):
        kind = int(rng.integers(3))
        s_m, d_m = float(rng.uniform(0, lap_m)), float(rng.uniform(-3.0, 3.0))
        if kind == 0:
            rows, columns = (
                round(float(rng.uniform(1.0, 3.0)) * PX_PER_M),
                round(float(rng.uniform(0.6, 1.4)) * PX_PER_M),
            )
            gain = np.full((rows, columns), float(rng.uniform(0.8, 0.9)), np.float32)
            gain[[0, 1, -2, -1]] = 0.72
            gain[:, [0, 1, -2, -1]] = 0.72
        elif kind == 1:
            gain = _blob(rng, (float(rng.uniform(0.4, 1.5)), float(rng.uniform(0.3, 0.7))), 0.25, 1.0)
        else:
            side = round(0.64 * PX_PER_M)
            gain = np.ones((side, side), np.float32)
            middle = (side // 2, side // 2)
            cv2.circle(gain, middle, side // 2 - 2, 0.74, cv2.FILLED, cv2.LINE_AA)
            cv2.circle(gain, middle, side // 2 - 2, 0.55, 2, cv2.LINE_AA)
            for bar in range(side // 5, side - side // 6, max(side // 7, 1)):
                cv2.line(gain, (side // 4, bar), (side - side // 4, bar), 0.64, 1, cv2.LINE_AA)
        spots.append(_Spot(s_m, d_m, gain))
    return spots


def _shades(rng: np.random.Generator, lap_m: float) -> list[_Spot]:
    """Give the shadows of trees that stand beside the road."""
    found = []
    for _ in range(max(round(lap_m / 22), 1)):
        size_m = float(rng.uniform(2.0, 5.0)), float(rng.uniform(2.5, 6.0))
        gain = _blob(rng, size_m, float(rng.uniform(0.35, 0.5)), 1.6)
        found.append(
            _Spot(
                float(rng.uniform(0, lap_m)), float(rng.choice([-1, 1])) * float(rng.uniform(1.5, 4.0)), gain
            )
        )
    return found


def tilted(sun: Any) -> tuple[float, float]:
    """Give the sun's direction along the road and to its left from a `Sun` whose y is ahead and x to the right."""
    return float(sun.towards[1]), float(-sun.towards[0])
