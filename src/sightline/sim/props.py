"""Things that stand on the ground, hide people behind them and throw shadows: trees, lamps, a kiosk, benches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.canvas import Pad, Sprite, rounds, shades
from sightline.sim.textures import AWNINGS, boards, glass, stripes

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64, UInt8
    from sightline.sim.camera import Camera
    from sightline.sim.light import Sun

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Solid:
    """Balls whose hull is one rounded piece."""

    centres_m: Float64
    radii_m: Float64
    colour: Colour


@dataclass(frozen=True, slots=True)
class Face:
    """A flat piece seen from outside: corners top left, top right, bottom right, bottom left, and its texture."""

    corners_m: Float64
    texture: UInt8


@dataclass(frozen=True, slots=True)
class Prop:
    """One thing that stands still.

    Attributes:
        name: What it is.
        foot_m: `(x, y)` where it stands; whoever is farther from the camera is hidden by it.
        clearance_m: People keep so far from `foot_m`.
        solids: Rounded pieces.
        faces: Flat pieces.
    """

    name: str
    foot_m: tuple[float, float]
    clearance_m: float
    solids: tuple[Solid, ...] = field(default=())
    faces: tuple[Face, ...] = field(default=())

    def draw(self, camera: Camera, light_xy: tuple[float, float]) -> Sprite:
        """Draw it whole, as that camera sees it."""
        height, width = camera.size
        pad = Pad(
            _bounds(self, camera),
            fineness=4 if height * width < 500_000 else 2,
            largest=max(height, width) + 400,
        )
        eye = np.asarray(camera.position_m)
        pieces: list[tuple[float, Solid | Face]] = []
        for face in self.faces:
            edges = face.corners_m[[1, 3]] - face.corners_m[0]
            if float(np.cross(edges[1], edges[0]) @ (eye - face.corners_m[0])) > 0:
                pieces.append((_far(face.corners_m, eye), face))
        pieces += [(_far(solid.centres_m, eye), solid) for solid in self.solids]
        for _, piece in sorted(pieces, key=lambda pair: -pair[0]):
            if isinstance(piece, Face):
                pad.quad(camera.project(piece.corners_m)[0], piece.texture)
            else:
                _draw_solid(pad, piece, camera, light_xy)
        return pad.sprite()

    def shadow_rings_m(self, sun: Sun) -> list[Float64]:
        """Give outlines on the ground, `(n, 2)` each, that its shadow is the union of."""
        lean = np.array(sun.towards[:2]) / sun.towards[2]
        turns = np.arange(8) * (np.pi / 4)
        ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
        found = []
        for solid in self.solids:
            fall = solid.centres_m[:, :2] - solid.centres_m[:, 2:] * lean
            found.append((fall[:, None] + solid.radii_m[:, None, None] * ring).reshape(-1, 2))
        found += [face.corners_m[:, :2] - face.corners_m[:, 2:] * lean for face in self.faces]
        return found


def _far(points_m: Float64, eye: Float64) -> float:
    return float(np.sqrt(((points_m.mean(axis=0) - eye) ** 2).sum()))


def _bounds(prop: Prop, camera: Camera) -> tuple[float, float, float, float]:
    height, width = camera.size
    found = [camera.project(face.corners_m)[0] for face in prop.faces]
    for solid in prop.solids:
        points_px, depths_m = camera.project(solid.centres_m)
        reach = (solid.radii_m * camera.focal_px / depths_m)[:, None]
        found += [points_px - reach, points_px + reach]
    points_px = np.concatenate(found)
    low, high = np.nanmin(points_px, axis=0), np.nanmax(points_px, axis=0)
    low = np.clip(low, (-40, -40), (width + 39, height + 39))
    high = np.clip(high, low + 1, (width + 40, height + 40))
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _draw_solid(pad: Pad, solid: Solid, camera: Camera, light_xy: tuple[float, float]) -> None:
    points_px, depths_m = camera.project(solid.centres_m)
    radii_px = solid.radii_m * camera.focal_px / depths_m
    levels = int(np.clip(radii_px.max() * 1.2, 2, 7))
    outlines = rounds(pad, points_px, radii_px, levels=levels, light_xy=light_xy)
    for level, paint in enumerate(shades(solid.colour, levels)):
        pad.hull(outlines[:, level].reshape(-1, 2), paint)


def _rod(
    start: Sequence[float], end: Sequence[float], radius_m: float, colour: Colour, taper: float = 1.0
) -> Solid:
    return Solid(np.array([start, end], np.float64), np.array([radius_m, radius_m * taper]), colour)


def tree(rng: np.random.Generator, foot_m: tuple[float, float], *, height_m: float, crown_m: float) -> Prop:
    """Give a broad-leaved tree with a crown of that radius."""
    x, y = foot_m
    fork = 0.42 * height_m
    bark: Colour = (52, 66, 84)
    solids = [_rod((x, y, 0), (x, y, fork), 0.17, bark, 0.75), _rod((x, y, 0), (x, y, 0.15), 0.24, bark, 0.7)]
    middle = np.array([x, y, height_m - crown_m * 0.9])
    for turn in rng.uniform(0, 2 * np.pi, 5):
        tip = middle + crown_m * 0.55 * np.array([np.cos(turn), np.sin(turn), 0.2])
        solids.append(_rod((x, y, fork), tuple(tip), 0.10, bark, 0.4))
    count = 1500
    spread = rng.standard_normal((count, 3))
    spread /= np.sqrt((spread**2).sum(axis=1, keepdims=True))
    places = middle + spread * (crown_m * rng.uniform(0.35, 1.0, count) ** 0.5)[:, None] * (1, 1, 0.85)
    for place, sheen in zip(places, rng.normal(0, 0.16, count), strict=True):
        light = 0.80 + 0.32 * (place[2] - middle[2]) / crown_m + sheen
        green = (44 * light, 104 * light + 6 * sheen, 78 * light)
        size = float(rng.uniform(0.05, 0.12)) * crown_m / 1.8
        twigs = place + rng.normal(0, size * 0.8, (2, 3))
        solids.append(Solid(np.vstack([place, twigs]), np.array([size, size * 0.55, size * 0.45]), green))
    return Prop("tree", foot_m, 0.55, tuple(solids))


def lamp(foot_m: tuple[float, float], *, height_m: float = 4.2) -> Prop:
    """Give a street lamp: a thin post that hides little of whoever passes behind it."""
    x, y = foot_m
    iron: Colour = (62, 66, 62)
    solids = (
        _rod((x, y, 0), (x, y, 0.5), 0.10, iron, 0.7),
        _rod((x, y, 0.5), (x, y, height_m), 0.055, iron, 0.8),
        _rod((x, y, height_m), (x, y, height_m + 0.32), 0.16, (212, 226, 232), 0.8),
        _rod((x, y, height_m + 0.42), (x, y, height_m + 0.5), 0.20, iron, 0.3),
    )
    return Prop("lamp", foot_m, 0.35, solids)


def _box(foot_m: tuple[float, float], half_m: tuple[float, float], low_m: float, high_m: float) -> Float64:
    """Give four sides (front, right, back, left) and the top, `(5, 4, 3)`, each seen from outside."""
    (x, y), (a, b) = foot_m, half_m
    ground = [(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)]
    sides = []
    for (x1, y1), (x2, y2) in zip(ground, ground[1:] + ground[:1], strict=True):
        sides.append([(x1, y1, high_m), (x2, y2, high_m), (x2, y2, low_m), (x1, y1, low_m)])
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = ground
    sides.append([(dx, dy, high_m), (cx, cy, high_m), (bx, by, high_m), (ax, ay, high_m)])
    return np.array(sides, np.float64)


def kiosk(rng: np.random.Generator, foot_m: tuple[float, float]) -> Prop:
    """Give a kiosk with its counter towards the camera, 2.6 m wide."""
    paint: Colour = (96, 116, 70)
    half_m, high_m, fine = (1.3, 1.0), 2.5, 80
    walls = _box(foot_m, half_m, 0.0, high_m)
    front = boards(rng, (200, 208), paint, board_px=13)
    front[52:116, 18:190] = (216, 220, 222)
    front[56:112, 22:186] = glass(rng, (56, 164))
    front[84:112, 40:168] = (front[84:112, 40:168] * 0.5 + np.array([20, 40, 66]) * 0.5).astype(np.uint8)
    front[116:124] = (150, 176, 196)
    front[8:38, 14:194] = (66, 50, 40)
    cv2.putText(front, "KAFFE", (52, 32), cv2.FONT_HERSHEY_DUPLEX, 0.95, (214, 228, 234), 2, cv2.LINE_AA)
    gains = (1.0, 0.72, 0.6, 0.84)
    textures = [front, *(boards(rng, (200, fine * 2), paint, board_px=13) for _ in range(3))]
    faces = [
        Face(side, (texture * gain).astype(np.uint8))
        for side, texture, gain in zip(walls, textures, gains, strict=False)
    ]
    roof = _box(foot_m, (half_m[0] + 0.25, half_m[1] + 0.25), high_m, high_m + 0.16)
    faces += [
        Face(side, np.full((8, 8, 3), gain, np.uint8))
        for side, gain in zip(roof, (96, 70, 60, 80, 122), strict=True)
    ]
    x, y = foot_m
    edge, near = y - half_m[1], y - half_m[1] - 0.95
    cloth = stripes((40, 220), AWNINGS[0], (220, 226, 228), stripe_px=22)
    corners = [(x - 1.35, edge, 2.42), (x + 1.35, edge, 2.42), (x + 1.35, near, 2.1), (x - 1.35, near, 2.1)]
    faces.append(Face(np.array(corners), cloth))
    hang = [(x - 1.35, near, 2.1), (x + 1.35, near, 2.1), (x + 1.35, near, 1.92), (x - 1.35, near, 1.92)]
    faces.append(Face(np.array(hang), (cloth[:16] * 0.8).astype(np.uint8)))
    return Prop("kiosk", foot_m, 1.9, faces=tuple(faces))


def planter(rng: np.random.Generator, foot_m: tuple[float, float], *, half_m: tuple[float, float]) -> Prop:
    """Give a stone trough with shrubs, low enough to hide only legs."""
    faces = []
    for side, gain in zip(_box(foot_m, half_m, 0.0, 0.5), (0.92, 0.72, 0.6, 0.8, 0.5), strict=True):
        faces.append(
            Face(side, boards(rng, (32, 96), tuple(gain * tone for tone in (158, 166, 172)), board_px=48))
        )
    solids = []
    for _ in range(int(60 * half_m[0])):
        place = np.array(
            [*(np.array(foot_m) + rng.uniform(-1, 1, 2) * half_m), 0.58 + float(rng.uniform(0, 0.28))]
        )
        light = float(rng.uniform(0.75, 1.2))
        bloom = rng.random() < 0.13
        colour: Colour = (
            (120 * light, 90 * light, 196 * light) if bloom else (46 * light, 100 * light, 70 * light)
        )
        size = 0.06 if bloom else float(rng.uniform(0.09, 0.17))
        solids.append(Solid(place[None], np.array([size]), colour))
    return Prop("planter", foot_m, max(half_m) + 0.35, tuple(solids), tuple(faces))


def bench(foot_m: tuple[float, float]) -> Prop:
    """Give a wooden bench facing the camera."""
    x, y = foot_m
    wood: Colour = (62, 96, 138)
    iron: Colour = (58, 58, 58)
    solids = [
        _rod((x + s, y + d, 0), (x + s, y + d, 0.42), 0.03, iron) for s in (-0.75, 0.75) for d in (-0.2, 0.2)
    ]
    solids += [
        _rod((x - 0.9, y + d, 0.45), (x + 0.9, y + d, 0.45), 0.035, wood) for d in (-0.2, -0.07, 0.07, 0.2)
    ]
    solids += [_rod((x - 0.9, y + 0.28, h), (x + 0.9, y + 0.28, h), 0.035, wood) for h in (0.62, 0.76, 0.9)]
    return Prop("bench", foot_m, 0.9, tuple(solids))


def darkness(props: Sequence[Prop], sun: Sun, camera: Camera, *, fineness: int = 2) -> Float32:
    """Give how dark the props' shadows make each pixel of the ground, `(h, w)` float32 in 0..`sun.shadow`."""
    height, width = camera.size
    mask = np.zeros((height * fineness, width * fineness), np.uint8)
    onto = camera.ground_to_image()
    for prop in props:
        for ring_m in prop.shadow_rings_m(sun):
            ring_px = onto.project(ring_m)
            if not np.isfinite(ring_px).all():
                continue
            fixed = np.rint((ring_px * fineness - 0.5) * 16).clip(-(2**20), 2**20).astype(np.int32)
            cv2.fillConvexPoly(mask, cv2.convexHull(fixed), 255, cv2.LINE_8, 4)
    small = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), max(height / 260, 0.8))
    dark: Float32 = soft.astype(np.float32) * np.float32(sun.shadow / 255)
    return dark
