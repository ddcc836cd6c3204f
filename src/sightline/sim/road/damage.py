"""Cracks and potholes: where they are, and how they change the road's surface.

A `Damage` is painted as a patch of the surface seen from above: how much darker each spot is, and for potholes what lies
in the hole. Cracks are ragged: their width comes and goes, they branch, and dirt and broken edges lie beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from scipy.spatial import cKDTree

from sightline.analytics.road.kinds import HazardKind
from sightline.analytics.road.severity import Extent, extent_of
from sightline.sim.textures import noise

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64

_FINE = 3
_EDGE_M = 0.12


@dataclass(frozen=True, slots=True)
class Damage:
    """One hazard on the road.

    Attributes:
        number: From 1 on.
        kind: What it is.
        s_m: Its middle along the road.
        d_m: Its middle to the left of the road's middle line.
        length_m: Along the road.
        width_m: Across it.
        seed: Draws its shape.
    """

    number: int
    kind: HazardKind
    s_m: float
    d_m: float
    length_m: float
    width_m: float
    seed: tuple[int, ...]

    @property
    def extent(self) -> Extent:
        """How large it really is."""
        return extent_of(self.kind, self.length_m, self.width_m)


@dataclass(frozen=True, slots=True)
class Patch:
    """A damage as paint, seen from above; rows go along the road, columns to its right.

    Attributes:
        gain: `(h, w)` float32, what the surface is multiplied by.
        hole: `(h, w, 3)` float32 BGR of what lies in a hole.
        alpha: `(h, w)` float32 in 0..1, where the hole is.
        outline_m: `(n, 2)` its outline as `(s, d)` on the road.
        s_m: Where the patch's middle lies along the road.
        d_m: Where it lies across.
    """

    gain: Float32
    hole: Float32
    alpha: Float32
    outline_m: Float64
    s_m: float
    d_m: float


def place_damages(
    rng: np.random.Generator, count: int, kinds: tuple[HazardKind, ...], lap_m: float, seed: int
) -> tuple[Damage, ...]:
    """Deal hazards out along a lap, most in the car's own lane, none on top of another."""
    found: list[Damage] = []
    room_m = lap_m / max(count, 1)
    for number in range(count):
        kind = kinds[int(rng.integers(len(kinds)))]
        length_m, width_m = _size(rng, kind)
        length_m = min(length_m, 0.6 * room_m)
        s_m = (number + 0.5) * room_m + float(rng.uniform(-0.15, 0.15)) * room_m
        lane = -1.75 if rng.random() < 0.75 else 1.75
        d_m = lane + float(rng.uniform(-0.7, 0.7)) * max(0.0, 1.0 - width_m / 4)
        found.append(Damage(number + 1, kind, s_m, d_m, length_m, width_m, (seed, 0xDA, number)))
    return tuple(found)


def _size(rng: np.random.Generator, kind: HazardKind) -> tuple[float, float]:
    if kind is HazardKind.D40:
        width = float(rng.uniform(0.25, 0.9))
        return width * float(rng.uniform(0.75, 1.4)), width
    if kind is HazardKind.D20:
        return float(rng.uniform(0.8, 2.4)), float(rng.uniform(0.6, 1.6))
    if kind is HazardKind.D10:
        return float(rng.uniform(0.12, 0.35)), float(rng.uniform(1.0, 2.8))
    return float(rng.uniform(1.2, 4.0)), float(rng.uniform(0.06, 0.3))


def paint(damage: Damage, px_per_m: float, sun_sd: tuple[float, float]) -> Patch:
    """Draw a damage.

    Args:
        damage: Which.
        px_per_m: Fineness of the surface.
        sun_sd: Direction to the sun along the road and to its left, length 1 at most.
    """
    rng = np.random.default_rng(damage.seed)
    if damage.kind is HazardKind.D40:
        return _pothole(rng, damage, px_per_m, sun_sd)
    shape = _cells(rng, damage, px_per_m) if damage.kind is HazardKind.D20 else _line(rng, damage, px_per_m)
    return _cracked(rng, damage, px_per_m, shape)


def _pad(damage: Damage, px_per_m: float) -> tuple[int, int]:
    """Give `(rows, columns)` of a damage's patch, an edge around it."""
    return (
        int(np.ceil((damage.length_m + 2 * _EDGE_M) * px_per_m)),
        int(np.ceil((damage.width_m + 2 * _EDGE_M) * px_per_m)),
    )


def _line(rng: np.random.Generator, damage: Damage, px_per_m: float) -> Float32:
    """Draw a ragged crack from one end of the patch to the other; 0..1, how open it is."""
    rows, columns = (side * _FINE for side in _pad(damage, px_per_m))
    fine = px_per_m * _FINE
    canvas = np.zeros((rows, columns), np.uint8)
    along = damage.kind is HazardKind.D00
    reach, sway = (damage.length_m, damage.width_m) if along else (damage.width_m, damage.length_m)
    steps = max(int(reach / 0.02), 8)
    share = np.linspace(0, 1, steps)
    wander = np.cumsum(rng.standard_normal(steps)) + 4.0 * np.cumsum(rng.standard_normal(steps)) / np.sqrt(
        steps
    )
    wander += 1.4 * rng.standard_normal(steps)
    wander -= wander[0] + (wander[-1] - wander[0]) * share
    wander = (wander - wander.min()) / max(float(np.ptp(wander)), 1e-6) * sway
    first, across = _EDGE_M + share * reach, _EDGE_M + wander
    points = np.stack([across, first] if along else [first, across], axis=1) * fine
    width_m = float(rng.uniform(0.007, 0.017)) * np.exp(
        0.45 * _smooth(rng, steps, 9) + 0.25 * rng.standard_normal(steps)
    )
    width_m *= np.clip(1.4 + 1.2 * _smooth(rng, steps, max(steps // 6, 2)), 0.15, 1.3)
    _stroke(canvas, points, width_m * fine)
    for _ in range(int(rng.integers(1, 4))):
        start = int(rng.integers(steps // 8, max(steps - steps // 8, steps // 8 + 1)))
        count = int(rng.integers(6, 18))
        heading = float(rng.uniform(0, 2 * np.pi))
        turns = heading + np.cumsum(0.45 * rng.standard_normal(count))
        branch = points[start] + np.cumsum(
            np.stack([np.cos(turns), np.sin(turns)], axis=1) * 0.016 * fine, axis=0
        )
        _stroke(canvas, branch, np.linspace(width_m[start] * 0.7, 0.002, count) * fine)
    inside = _margin_mask(canvas.shape, (_EDGE_M - 0.02) * fine)
    return _down(canvas * inside)


def _smooth(rng: np.random.Generator, count: int, cell: int) -> Float64:
    knots = rng.standard_normal(count // cell + 2)
    return np.interp(np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots)


def _stroke(canvas: Any, points: Float64, widths: Float64) -> None:
    ends = np.rint(points * 8).astype(np.int32)
    for one, two, width in zip(ends[:-1], ends[1:], widths.tolist(), strict=False):
        if width > 0.4:
            cv2.line(
                canvas, tuple(one.tolist()), tuple(two.tolist()), 255, max(1, round(width)), cv2.LINE_AA, 3
            )


def _margin_mask(shape: tuple[int, ...], margin: float) -> Any:
    mask = np.zeros(shape, np.uint8)
    edge = max(int(margin), 0)
    mask[edge : shape[0] - edge, edge : shape[1] - edge] = 1
    return mask


def _down(canvas: Any) -> Float32:
    size = (canvas.shape[1] // _FINE, canvas.shape[0] // _FINE)
    small: Float32 = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(
        255
    )
    return small


def _cells(rng: np.random.Generator, damage: Damage, px_per_m: float) -> Float32:
    """Draw the net of an alligator crack: borders between cells about seeds, fading out at a ragged rim."""
    rows, columns = _pad(damage, px_per_m)
    cell_m = float(rng.uniform(0.10, 0.17))
    down, right = (np.arange(side) + 0.5 for side in (rows, columns))
    grid = np.stack(np.meshgrid(down, right, indexing="ij"), axis=-1) / px_per_m
    bent = grid + 0.018 * np.stack([noise(rng, (rows, columns), (4.0, 9.0)) for _ in range(2)], axis=-1)
    count = max(int(rows * columns / (px_per_m * cell_m) ** 2), 6)
    seeds = rng.uniform((0, 0), (rows / px_per_m, columns / px_per_m), (count, 2)) * (1.0, 1.0)
    near, _ = cKDTree(seeds * (0.8, 1.0)).query(bent.reshape(-1, 2) * (0.8, 1.0), k=2)
    gap = (near[:, 1] - near[:, 0]).reshape(rows, columns)
    open_m = 0.0075 * np.exp(0.32 * noise(rng, (rows, columns), (px_per_m * 0.12, px_per_m * 0.4)))
    net = np.clip(1.4 - gap / open_m, 0, 1)
    drawn: Float32 = (net * _rim(rng, damage, px_per_m, (rows, columns))).astype(np.float32)
    return drawn


def _rim(rng: np.random.Generator, damage: Damage, px_per_m: float, size: tuple[int, int]) -> Float64:
    """Give 1 inside a ragged ellipse that fills the damage's length and width, 0 outside."""
    middle = (size[0] / 2, size[1] / 2)
    down = (np.arange(size[0]) + 0.5 - middle[0])[:, None] / (damage.length_m * px_per_m / 2)
    right = (np.arange(size[1]) + 0.5 - middle[1])[None, :] / (damage.width_m * px_per_m / 2)
    away = (
        np.sqrt(down**4 + right**4) ** 0.5
        + 0.05 * noise(rng, size, (px_per_m * 0.08, px_per_m * 0.25))
        - 0.04
    )
    shape: Float64 = np.clip((1.0 - away) * 9.0, 0, 1)
    return shape


def _cracked(rng: np.random.Generator, damage: Damage, px_per_m: float, shape: Float32) -> Patch:
    """Darken along cracks: the gap itself, and dirt and raveled stones about it."""
    size = (shape.shape[0], shape.shape[1])
    depth = float(rng.uniform(0.42, 0.72))
    gap = np.clip(shape * 1.15, 0, 1) * depth * (1 + 0.12 * noise(rng, size, (1.5, 4.0)))
    dirt = cv2.GaussianBlur(shape, (0, 0), max(0.018 * px_per_m, 0.6))
    around = float(rng.uniform(0.25, 0.5)) * dirt * np.clip(1 + 0.5 * noise(rng, size, (2.0, 5.0)), 0, 2)
    chips = 0.22 * dirt * (noise(rng, size, (1.6,)) > 1.1)
    gain = np.clip(1 - np.clip(gap, 0, 0.85) - np.clip(around, 0, 0.4) + chips, 0.06, 1.2)
    nothing = np.zeros((*size, 3), np.float32)
    rows, columns = np.nonzero(shape > 0.25)
    return Patch(
        gain.astype(np.float32),
        nothing,
        np.zeros(size, np.float32),
        _outline(damage, rows, columns, size, px_per_m),
        damage.s_m,
        damage.d_m,
    )


def _pothole(rng: np.random.Generator, damage: Damage, px_per_m: float, sun_sd: tuple[float, float]) -> Patch:
    """Dig a hole: a ragged bowl with stones in it, lit from where the sun is, its rim broken."""
    rows, columns = size = _pad(damage, px_per_m)
    turn_knots = rng.standard_normal(7) * np.array([0.0, 0.06, 0.09, 0.06, 0.045, 0.03, 0.02])
    phases = rng.uniform(0, 2 * np.pi, 7)
    down = (np.arange(rows) + 0.5 - rows / 2)[:, None] / (damage.length_m * px_per_m / 2)
    right = (np.arange(columns) + 0.5 - columns / 2)[None, :] / (damage.width_m * px_per_m / 2)
    angle = np.arctan2(down, right)
    reach = 1.0 + sum(
        size_of * np.cos(order * angle + phase)
        for order, (size_of, phase) in enumerate(zip(turn_knots, phases, strict=True))
    )
    away = np.hypot(down, right) / reach + 0.035 * noise(rng, size, (px_per_m * 0.03, px_per_m * 0.08))
    inside = np.clip((1.0 - away) * 0.22 * min(damage.length_m, damage.width_m) * px_per_m, 0, 1)
    deep_m = float(rng.uniform(0.03, 0.07))
    bowl = -deep_m * np.clip(1.0 - away, 0, 0.45) / 0.45
    bowl += 0.004 * noise(rng, size, (2.2, 4.5)) * (away < 1)
    slope_s = np.gradient(-bowl, axis=0) * px_per_m * -1.0
    slope_d = np.gradient(bowl, axis=1) * px_per_m
    lit = np.clip(1.0 + 0.85 * (slope_s * sun_sd[0] + slope_d * sun_sd[1]), 0.35, 1.45)
    shade = lit * (1.0 - 0.40 * np.clip(-bowl / deep_m, 0, 1))
    stones = 1 + 0.14 * noise(rng, size, (1.8, 3.6)) + 0.08 * noise(rng, size, (px_per_m * 0.1,))
    colour = np.array([84.0, 92.0, 98.0]) * float(rng.uniform(0.72, 1.0))
    hole = colour[None, None, :] * (shade * stones)[:, :, None]
    rim = np.exp(-(((away - 1.04) / 0.07) ** 2))
    gain = 1 - 0.30 * rim * np.clip(0.6 + noise(rng, size, (2.0, 4.0)), -0.4, 1.6)
    deep_rows, deep_columns = np.nonzero(inside > 0.4)
    return Patch(
        gain.astype(np.float32),
        hole.clip(0, 255).astype(np.float32),
        inside.astype(np.float32),
        _outline(damage, deep_rows, deep_columns, size, px_per_m),
        damage.s_m,
        damage.d_m,
    )


def _outline(damage: Damage, rows: Any, columns: Any, size: tuple[int, int], px_per_m: float) -> Float64:
    """Give the convex outline of what was drawn as `(s, d)`; the damage's own sides where nothing was."""
    if len(rows) < 3:
        half = np.array([damage.length_m, damage.width_m]) / 2
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        sides: Float64 = corners + np.array([damage.s_m, damage.d_m])
        return sides
    pixels = np.stack([columns, rows], axis=1).astype(np.int32)
    hull = cv2.convexHull(np.concatenate([pixels, pixels + 1]))[:, 0, :].astype(np.float64)
    along = damage.s_m + (size[0] / 2 - hull[:, 1]) / px_per_m
    left = damage.d_m + (size[1] / 2 - hull[:, 0]) / px_per_m
    return np.stack([along, left], axis=1)
