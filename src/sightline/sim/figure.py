"""Draws a body with clothes on, and its shadow on the ground."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.body import Ball, Build, radii_m
from sightline.sim.canvas import Pad, Paint, Sprite, rounds, shades

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64
    from sightline.core.space import Homography
    from sightline.sim.camera import Camera
    from sightline.sim.light import Sun
    from sightline.sim.wardrobe import Colour, Wardrobe


@dataclass(frozen=True, slots=True)
class Part:
    """Some balls whose hull is one piece of a figure.

    Attributes:
        balls: Which.
        colour: Of what.
        swell: Radii are multiplied by it: cloth is wider than the limb.
    """

    balls: tuple[Ball, ...]
    colour: Colour
    swell: float = 1.0


@dataclass(frozen=True, slots=True)
class Limb:
    """Pieces that are shaded as one, so that no rim shows where they join.

    Attributes:
        parts: Drawn in this order, each over the one before.
        nearer_m: Counted so much nearer to the camera when limbs are sorted.
    """

    parts: tuple[Part, ...]
    nearer_m: float = 0.0


class Figure:
    """A dressed body, made ready to be drawn again and again."""

    def __init__(self, build: Build, wardrobe: Wardrobe) -> None:
        self.build = build
        self.limbs = _limbs(wardrobe)
        flat = [(part, limb) for limb in self.limbs for part in limb.parts]
        self.radii_m = radii_m(build)
        self.parts = [part for part, _ in flat]
        ends = np.cumsum([0, *(len(part.balls) for part in self.parts)])
        self.spans = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        self.balls = np.array([ball for part in self.parts for ball in part.balls])
        swells = np.array([part.swell for part in self.parts for _ in part.balls])
        self.part_radii_m = self.radii_m[self.balls] * swells
        self._paints: dict[int, list[list[Paint]]] = {}

    def paints(self, levels: int) -> list[list[Paint]]:
        """Give each part's paints from its rim to its lit side."""
        if levels not in self._paints:
            self._paints[levels] = [shades(part.colour, levels) for part in self.parts]
        return self._paints[levels]

    def order(self, depths_m: Float64) -> list[list[int]]:
        """Give each limb's parts by number, far limbs first; `depths_m` are those of `self.balls`."""
        found, first = [], 0
        for limb in self.limbs:
            numbers = list(range(first, first + len(limb.parts)))
            first += len(limb.parts)
            span = slice(self.spans[numbers[0]].start, self.spans[numbers[-1]].stop)
            found.append((limb.nearer_m - float(depths_m[span].mean()), numbers))
        return [numbers for _, numbers in sorted(found)]


def _limbs(wardrobe: Wardrobe) -> tuple[Limb, ...]:
    trunk = [
        Part(_TRUNK, wardrobe.top, 1.04),
        Part((Ball.NECK, Ball.SHOULDER_L, Ball.SHOULDER_R), wardrobe.top, 0.85),
    ]
    if wardrobe.below in {"skirt", "coat"}:
        colour = wardrobe.legs if wardrobe.below == "skirt" else wardrobe.top
        trunk.insert(0, Part((Ball.HIP_L, Ball.HIP_R, Ball.HEM_L, Ball.HEM_R), colour, 1.08))
    head = Part((Ball.CROWN, Ball.JAW), wardrobe.skin)
    hair = (Ball.HAIR, Ball.HAIR_BACK) if wardrobe.long_hair else (Ball.HAIR,)
    found = [
        Limb(tuple(trunk)),
        Limb((Part((Ball.NECK, Ball.JAW), wardrobe.skin, 0.9), head), 0.012),
        Limb((Part(hair, wardrobe.hat or wardrobe.hair, 1.05 if wardrobe.hat else 1.0),)),
    ]
    if wardrobe.pack:
        found.append(Limb((Part((Ball.PACK_TOP, Ball.PACK_LOW), wardrobe.pack, 0.9),)))
    if wardrobe.bag:
        found.append(
            Limb(
                (
                    Part((Ball.BAG_TOP_FRONT, Ball.HAND_R, Ball.BAG_TOP_BACK), wardrobe.bag, 0.4),
                    Part(_BAG, wardrobe.bag),
                )
            )
        )
    for side in ("L", "R"):
        found += [_arm(wardrobe, side), _leg(wardrobe, side)]
    return tuple(found)


_TRUNK = (
    Ball.WAIST_L, Ball.WAIST_R, Ball.CHEST_L, Ball.CHEST_R, Ball.SHOULDER_L, Ball.SHOULDER_R, Ball.HIP_L, Ball.HIP_R
)  # fmt: skip
_BAG = (Ball.BAG_TOP_FRONT, Ball.BAG_TOP_BACK, Ball.BAG_LOW_FRONT, Ball.BAG_LOW_BACK)


def _arm(wardrobe: Wardrobe, side: str) -> Limb:
    upper, elbow, wrist, hand = (Ball[f"{name}_{side}"] for name in ("UPPER_ARM", "ELBOW", "WRIST", "HAND"))
    sleeved = wardrobe.sleeves == "long"
    lower = Part((elbow, wrist), wardrobe.top if sleeved else wardrobe.skin, 1.15 if sleeved else 0.95)
    return Limb((Part((wrist, hand), wardrobe.skin), lower, Part((upper, elbow), wardrobe.top, 1.15)), 0.01)


def _leg(wardrobe: Wardrobe, side: str) -> Limb:
    names = ("THIGH", "MID_THIGH", "KNEE", "ANKLE", "HEEL", "TOE")
    thigh, mid, knee, ankle, heel, toe = (Ball[f"{name}_{side}"] for name in names)
    shoe = Part((heel, toe, ankle), wardrobe.shoes, 1.1)
    if wardrobe.below == "shorts":
        bare = Part((mid, knee), wardrobe.skin, 0.95)
        return Limb(
            (shoe, Part((knee, ankle), wardrobe.skin, 0.98), bare, Part((thigh, mid), wardrobe.legs, 1.2))
        )
    if wardrobe.below == "skirt":
        return Limb(
            (shoe, Part((knee, ankle), wardrobe.skin, 0.98), Part((thigh, knee), wardrobe.skin, 0.95))
        )
    return Limb((shoe, Part((knee, ankle), wardrobe.legs, 1.2), Part((thigh, knee), wardrobe.legs, 1.12)))


def draw(
    figure: Figure,
    points_m: Float64,
    camera: Camera,
    light_xy: tuple[float, float],
    cloth: Float32 | None = None,
) -> Sprite:
    """Draw a figure, far limbs first.

    Args:
        figure: Who.
        points_m: `(len(Ball), 3)` in the world, all in front of the camera.
        camera: Who looks.
        light_xy: From `Sun.in_picture`.
        cloth: A field of gains about 1 that makes surfaces less smooth; None for none.

    Returns:
        The whole figure, also what lies outside the picture.
    """
    all_px, all_m = camera.project(points_m)
    points_px, depths_m = all_px[figure.balls], all_m[figure.balls]
    radii_px = figure.part_radii_m * camera.focal_px / depths_m
    low = (points_px - radii_px[:, None]).min(axis=0)
    high = (points_px + radii_px[:, None]).max(axis=0)
    tall_px = float(high[1] - low[1])
    pad = Pad((*low, *high), fineness=4 if tall_px < 120 else 3 if tall_px < 320 else 2, largest=1600)
    levels = int(np.clip(tall_px / 22, 3, 6))
    outlines = rounds(pad, points_px, radii_px, levels=levels, light_xy=light_xy)
    paints = figure.paints(levels)
    for numbers in figure.order(depths_m):
        for level in range(levels):
            for number in numbers:
                span = outlines[figure.spans[number], level]
                pad.hull(span.reshape(-1, 2), paints[number][level])
    sprite = pad.sprite()
    if cloth is not None:
        height, width = sprite.size
        grain = cv2.resize(cloth, (max(width, 8) * 2, max(height, 8) * 2), interpolation=cv2.INTER_LINEAR)
        sprite.colour *= grain[:height, :width, None]
    return sprite


def shadow(
    figure: Figure, points_m: Float64, sun: Sun, ground_to_image: Homography
) -> tuple[int, int, Float32] | None:
    """Give the shadow that a figure throws on the ground: left, top, and darkness `(h, w)`.

    Balls throw round shadows; None where the shadow lies behind the camera.
    """
    fall = points_m[:, :2] - points_m[:, 2:3] * (np.array(sun.towards[:2]) / sun.towards[2])
    turns = np.arange(8) * (np.pi / 4)
    ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    rings = fall[figure.balls][:, None, :] + figure.part_radii_m[:, None, None] * 0.95 * ring
    points_px = ground_to_image.project(rings.reshape(-1, 2)).reshape(len(rings), 8, 2)
    if not np.isfinite(points_px).all():
        return None
    low, high = points_px.min(axis=(0, 1)), points_px.max(axis=(0, 1))
    pad = Pad((*low, *high), fineness=2, margin_px=4, largest=1600)
    fixed = pad.fixed(points_px)
    mask = np.zeros(pad.pixels.shape[:2], np.uint8)
    for span in figure.spans:
        hull = cv2.convexHull(fixed[span].reshape(-1, 2))
        cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_8, 4)
    mask = cv2.resize(mask, (pad.width, pad.height), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.9)
    dark: Float32 = soft.astype(np.float32) * np.float32(sun.shadow / 255)
    return pad.left, pad.top, dark
