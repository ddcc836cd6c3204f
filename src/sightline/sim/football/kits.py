"""What people on a pitch wear, and how somebody is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.body import RADII, Ball
from sightline.sim.canvas import Pad, Paint, Sprite, rounds, shades
from sightline.sim.wardrobe import HAIRS, SKINS, Colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

PATTERNS = ("plain", "stripes", "hoops", "halves", "sash", "chest", "sleeves", "pins")

WHITE: Colour = (236, 236, 238)
BLACK: Colour = (28, 26, 26)
RED: Colour = (42, 32, 196)
WINE: Colour = (44, 22, 112)
BLUE: Colour = (168, 74, 24)
NAVY: Colour = (74, 36, 20)
SKY: Colour = (226, 178, 108)
GREEN: Colour = (62, 128, 22)
LIME: Colour = (52, 224, 158)
YELLOW: Colour = (34, 214, 242)
ORANGE: Colour = (26, 112, 238)
PURPLE: Colour = (122, 36, 88)
PINK: Colour = (188, 132, 236)
GREY: Colour = (132, 128, 124)
TURQUOISE: Colour = (176, 178, 40)


@dataclass(frozen=True, slots=True)
class Kit:
    """What a team wears.

    Attributes:
        shirt: Main colour.
        trim: Second colour, for the pattern and the sleeves' ends.
        shorts, socks: Their colours.
        pattern: One of `PATTERNS`.
        digits: Colour of the number.
    """

    shirt: Colour
    trim: Colour
    shorts: Colour
    socks: Colour
    pattern: str = "plain"
    digits: Colour = WHITE


KITS: tuple[Kit, ...] = (
    Kit(WHITE, BLACK, WHITE, WHITE, "plain", BLACK), Kit(RED, WHITE, WHITE, RED), Kit(RED, RED, RED, RED),
    Kit(BLUE, WHITE, WHITE, BLUE), Kit(BLUE, BLUE, BLUE, BLUE), Kit(YELLOW, BLACK, BLACK, YELLOW, "plain", BLACK),
    Kit(BLACK, WHITE, BLACK, BLACK), Kit(SKY, WHITE, WHITE, SKY, "plain", NAVY), Kit(GREEN, WHITE, WHITE, GREEN),
    Kit(WHITE, RED, RED, WHITE, "stripes", BLACK), Kit(BLUE, BLACK, BLACK, BLACK, "stripes"),
    Kit(RED, BLACK, BLACK, BLACK, "stripes"), Kit(WHITE, BLACK, BLACK, WHITE, "stripes", RED),
    Kit(GREEN, WHITE, WHITE, WHITE, "hoops", BLACK), Kit(BLUE, RED, BLUE, BLUE, "stripes", YELLOW),
    Kit(WHITE, RED, BLACK, WHITE, "sash", BLACK), Kit(YELLOW, BLUE, BLUE, YELLOW, "sash", BLUE),
    Kit(WINE, SKY, WHITE, WINE, "sleeves"), Kit(RED, WHITE, WHITE, RED, "sleeves"),
    Kit(ORANGE, BLACK, BLACK, ORANGE, "plain", BLACK), Kit(PURPLE, WHITE, PURPLE, PURPLE),
    Kit(LIME, BLACK, LIME, LIME, "plain", BLACK), Kit(PINK, BLACK, BLACK, PINK, "plain", BLACK),
    Kit(NAVY, RED, NAVY, NAVY, "chest"), Kit(WHITE, BLUE, BLUE, WHITE, "halves", BLACK),
    Kit(GREY, BLACK, GREY, GREY, "pins"), Kit(TURQUOISE, WHITE, TURQUOISE, TURQUOISE, "plain", BLACK),
    Kit(RED, BLUE, BLUE, RED, "halves"), Kit(NAVY, WHITE, WHITE, NAVY, "hoops", WHITE),
    Kit(WHITE, NAVY, NAVY, NAVY, "chest", NAVY),
)  # fmt: skip
"""Kits of outfield players, all unlike one another."""

KEEPER_KITS: tuple[Kit, ...] = (
    Kit(LIME, BLACK, LIME, LIME, "plain", BLACK), Kit(ORANGE, BLACK, ORANGE, ORANGE, "plain", BLACK),
    Kit(PINK, BLACK, PINK, PINK, "plain", BLACK), Kit(YELLOW, BLACK, YELLOW, YELLOW, "plain", BLACK),
    Kit(TURQUOISE, WHITE, TURQUOISE, TURQUOISE), Kit(PURPLE, WHITE, PURPLE, PURPLE), Kit(GREY, WHITE, GREY, GREY),
    Kit(BLACK, LIME, BLACK, BLACK), Kit(RED, WHITE, RED, RED), Kit(GREEN, WHITE, GREEN, GREEN), Kit(SKY, WHITE, SKY, SKY),
)  # fmt: skip
REFEREE_KITS: tuple[Kit, ...] = (
    Kit(BLACK, WHITE, BLACK, BLACK), Kit(YELLOW, BLACK, BLACK, BLACK), Kit(LIME, BLACK, BLACK, BLACK),
    Kit(SKY, BLACK, BLACK, BLACK), Kit(RED, BLACK, BLACK, BLACK), Kit(TURQUOISE, BLACK, BLACK, BLACK),
    Kit(ORANGE, BLACK, BLACK, BLACK),
)  # fmt: skip
STAFF_KITS: tuple[Kit, ...] = (
    Kit(BLACK, WHITE, BLACK, BLACK), Kit(NAVY, WHITE, NAVY, NAVY), Kit(GREY, BLACK, BLACK, BLACK),
    Kit(ORANGE, YELLOW, NAVY, NAVY, "hoops"), Kit(LIME, GREY, BLACK, BLACK, "hoops"), Kit(RED, WHITE, BLACK, BLACK),
)  # fmt: skip


def distance(first: Colour, second: Colour) -> float:
    """Give how unlike two colours look: their distance in CIE L*a*b*, about 2 just noticeable, above 40 far apart."""
    pair = np.array([[first, second]], np.float32) / 255
    lab = cv2.cvtColor(pair, cv2.COLOR_BGR2LAB)[0]
    return float(np.linalg.norm(lab[0] - lab[1]))


def choose(rng: np.random.Generator, *, apart: float = 45.0) -> tuple[Kit, Kit, Kit, Kit, Kit]:
    """Draw kits of home, away, both goalkeepers and the referees, shirts at least `apart` where that can be had."""
    home = KITS[int(rng.integers(len(KITS)))]
    away = _unlike(rng, KITS, (home,), apart)
    first = _unlike(rng, KEEPER_KITS, (home, away), apart)
    second = _unlike(rng, KEEPER_KITS, (home, away, first), apart * 0.6)
    return home, away, first, second, _unlike(rng, REFEREE_KITS, (home, away, first, second), apart)


def _unlike(rng: np.random.Generator, kits: tuple[Kit, ...], taken: tuple[Kit, ...], apart: float) -> Kit:
    order = [kits[int(number)] for number in rng.permutation(len(kits))]
    gaps = [min(distance(kit.shirt, other.shirt) for other in taken) for kit in order]
    for kit, gap in zip(order, gaps, strict=True):
        if gap >= apart:
            return kit
    return order[int(np.argmax(gaps))]


@dataclass(slots=True)
class Person:
    """Somebody as they look; made once, drawn often.

    Attributes:
        kit: What is worn.
        height_m: From sole to crown.
        girth: Radii are multiplied by it.
        skin, hair, boots: Their colours.
        number: On the back; None for none.
        long_sleeves: Whether the forearms are covered.
        trousers: Whether the legs are covered, as those of staff.
    """

    kit: Kit
    height_m: float = 1.80
    girth: float = 1.0
    skin: Colour = SKINS[1]
    hair: Colour = HAIRS[0]
    boots: Colour = BLACK
    number: int | None = None
    long_sleeves: bool = False
    trousers: bool = False
    _paints: dict[int, list[list[Paint]]] = field(default_factory=dict, repr=False)
    _colours: list[Colour] = field(default_factory=list, repr=False)

    def paints(self, levels: int) -> list[list[Paint]]:
        """Give each part's paints from its rim to its lit side, in the order of `PARTS`."""
        if levels not in self._paints:
            self._colours = [self._colour(name) for name, *_ in PARTS]
            self._paints[levels] = [_shades(colour, levels) for colour in self._colours]
        return self._paints[levels]

    def _colour(self, name: str) -> Colour:
        kit = self.kit
        found: dict[str, Colour] = {
            "shirt": kit.shirt,
            "sleeve": kit.trim if kit.pattern == "sleeves" else kit.shirt,
            "cuff": kit.shirt if self.long_sleeves else self.skin,
            "shorts": kit.shorts,
            "thigh": kit.shorts if self.trousers else self.skin,
            "knee": kit.shorts if self.trousers else self.skin,
            "socks": kit.shorts if self.trousers else kit.socks,
            "skin": self.skin,
            "hair": self.hair,
            "boots": self.boots,
        }
        return found[name]


@lru_cache(maxsize=4096)
def _shades(colour: Colour, levels: int) -> list[Paint]:
    return shades(colour, levels, dark=0.72, light=1.08)


def person(rng: np.random.Generator, kit: Kit, *, number: int | None = None, staff: bool = False) -> Person:
    """Draw somebody by lot."""
    boots = (BLACK, WHITE, ORANGE, LIME, PINK, SKY, YELLOW)
    return Person(
        kit,
        height_m=float(np.clip(rng.normal(1.81, 0.06), 1.64, 2.0)),
        girth=float(rng.uniform(0.96, 1.16)),
        skin=SKINS[int(rng.integers(len(SKINS)))],
        hair=HAIRS[int(rng.integers(len(HAIRS)))],
        boots=BLACK if staff else boots[int(rng.integers(len(boots)))],
        number=None if staff else number,
        long_sleeves=staff or bool(rng.random() < 0.25),
        trousers=staff,
    )


# --- drawing ----------------------------------------------------------------------------------------------

_TRUNK = (
    Ball.WAIST_L,
    Ball.WAIST_R,
    Ball.CHEST_L,
    Ball.CHEST_R,
    Ball.SHOULDER_L,
    Ball.SHOULDER_R,
    Ball.HIP_L,
    Ball.HIP_R,
)


def _sided(side: str) -> list[tuple[str, tuple[Ball, ...], float, int]]:
    def at(*names: str) -> tuple[Ball, ...]:
        return tuple(Ball[f"{name}_{side}"] for name in names)

    leg, arm = (3, 1) if side == "L" else (4, 2)
    return [
        ("boots", at("HEEL", "TOE", "ANKLE"), 1.1, leg),
        ("socks", at("KNEE", "ANKLE"), 1.08, leg),
        ("thigh", at("MID_THIGH", "KNEE"), 0.98, leg),
        ("shorts", at("THIGH", "MID_THIGH"), 1.24, leg),
        ("skin", at("WRIST", "HAND"), 1.0, arm),
        ("cuff", at("ELBOW", "WRIST"), 1.0, arm),
        ("sleeve", at("UPPER_ARM", "ELBOW"), 1.2, arm),
    ]


PARTS: tuple[tuple[str, tuple[Ball, ...], float, int], ...] = (
    ("shorts", (Ball.HIP_L, Ball.HIP_R, Ball.THIGH_L, Ball.THIGH_R), 1.05, 0),
    ("shirt", _TRUNK, 1.08, 0),
    *_sided("L"),
    *_sided("R"),
    ("skin", (Ball.NECK, Ball.JAW), 0.9, 5),
    ("skin", (Ball.CROWN, Ball.JAW), 1.0, 5),
    ("hair", (Ball.HAIR, Ball.CROWN), 0.95, 6),
)
"""Pieces of a figure: what of, which balls' hull, how much wider than the limb, and the limb they belong to."""

_BALLS = np.array([ball for _, balls, _, _ in PARTS for ball in balls])
_SWELLS = np.array([swell for _, balls, swell, _ in PARTS for _ in balls])
_ENDS = np.cumsum([0, *(len(balls) for _, balls, _, _ in PARTS)])
_SPANS = [slice(int(a), int(b)) for a, b in pairwise(_ENDS)]
_LIMBS = [[n for n, part in enumerate(PARTS) if part[3] == limb] for limb in range(7)]
_NEARER_M = (0.0, 0.01, 0.01, 0.0, 0.0, 0.012, 0.0)
_RADII: Float64 = RADII[_BALLS] * _SWELLS
_SEGMENTS = {0: "abcdef", 1: "bc", 2: "abged", 3: "abgcd", 4: "fgbc", 5: "afgcd", 6: "afgedc", 7: "abc", 8: "abcdefg", 9: "abcdfg"}  # fmt: skip
_BARS = {
    "a": (0.0, 0.0, 1.0, 0.2), "g": (0.0, 0.4, 1.0, 0.6), "d": (0.0, 0.8, 1.0, 1.0), "f": (0.0, 0.0, 0.28, 0.5),
    "e": (0.0, 0.5, 0.28, 1.0), "b": (0.72, 0.0, 1.0, 0.5), "c": (0.72, 0.5, 1.0, 1.0),
}  # fmt: skip


def extent(who: Person, points_px: Float64, depths_m: Float64, focal_px: float) -> Float64:
    """Give the box `x1 y1 x2 y2` that `draw` would fill; arguments as there."""
    radii_px = _RADII * (who.height_m * who.girth * focal_px) / depths_m[_BALLS]
    places_px = points_px[_BALLS]
    low, high = places_px - radii_px[:, None], places_px + radii_px[:, None]
    return np.concatenate([low.min(axis=0), high.max(axis=0)])


def draw(
    who: Person, points_px: Float64, depths_m: Float64, focal_px: float, light_xy: tuple[float, float]
) -> Sprite:
    """Draw somebody, far limbs first.

    Args:
        who: As they look.
        points_px: `(len(Ball), 2)` where the balls appear.
        depths_m: `(len(Ball),)` how far they are.
        focal_px: The camera's.
        light_xy: Direction towards the light in the picture, length 1 at most.

    Returns:
        The whole figure, also what lies outside the picture.
    """
    places_px, far_m = points_px[_BALLS], depths_m[_BALLS]
    radii_px = _RADII * (who.height_m * who.girth * focal_px) / far_m
    low = (places_px - radii_px[:, None]).min(axis=0)
    high = (places_px + radii_px[:, None]).max(axis=0)
    tall_px = float(high[1] - low[1])
    pad = Pad((*low, *high), fineness=4 if tall_px < 130 else 2, margin_px=1, largest=1400)
    levels = 2 if tall_px < 40 else 3 if tall_px < 130 else 5
    outlines = rounds(pad, places_px, radii_px, levels=levels, light_xy=light_xy)
    paints = who.paints(levels)
    order = sorted(
        range(len(_LIMBS)),
        key=lambda limb: (
            _NEARER_M[limb] - far_m[_SPANS[_LIMBS[limb][0]].start : _SPANS[_LIMBS[limb][-1]].stop].mean()
        ),
    )
    for limb in order:
        for level in range(levels):
            for number in _LIMBS[limb]:
                pad.hull(outlines[_SPANS[number], level].reshape(-1, 2), paints[number][level])
        if limb == 0:
            _print_shirt(pad, who, points_px, outlines[_SPANS[1], 0].reshape(-1, 2))
    return pad.sprite()


def _print_shirt(pad: Pad, who: Person, points_px: Float64, outline: NDArray[np.int32]) -> None:
    """Print the pattern, and the number where the back is seen."""
    if outline.size == 0 or abs(points_px[Ball.SHOULDER_L, 0] - points_px[Ball.SHOULDER_R, 0]) < 1.5:
        return
    from_behind = _faces_away(points_px)
    marks: list[tuple[tuple[float, ...], Colour]] = [
        (mark, who.kit.trim) for mark in _pattern(who.kit.pattern)
    ]
    if who.number is not None and from_behind:
        marks += [(mark, who.kit.digits) for mark in _digits(who.number)]
    if not marks:
        return
    left, right = ("L", "R") if from_behind else ("R", "L")
    ends = [Ball[name] for name in (f"SHOULDER_{left}", f"SHOULDER_{right}", f"HIP_{right}", f"HIP_{left}")]
    corners = points_px[ends]
    middle = corners.mean(axis=0)
    corners = middle + (corners - middle) * (1.3, 1.12)
    corners[2:, 0] = middle[0] + (corners[2:, 0] - middle[0]) * 1.6
    shapes: dict[Colour, list[NDArray[np.int32]]] = {}
    for mark, colour in marks:
        shares = np.array(mark).reshape(-1, 2)
        across, down = shares[:, :1], shares[:, 1:]
        top = corners[0] * (1 - across) + corners[1] * across
        low = corners[3] * (1 - across) + corners[2] * across
        shapes.setdefault(colour, []).append(pad.fixed(top * (1 - down) + low * down))
    hull = cv2.convexHull(outline)
    start_x, start_y, width, height = (max(int(value), 0) for value in cv2.boundingRect(hull >> 4))
    part = pad.pixels[start_y : start_y + height + 1, start_x : start_x + width + 1]
    shift = -np.array([start_x, start_y], np.int32) * 16
    trunk = np.zeros(part.shape[:2], np.uint8)
    cv2.fillConvexPoly(trunk, hull + shift, 255, cv2.LINE_8, 4)
    for colour, polygons in shapes.items():
        stencil = np.zeros_like(trunk)
        for polygon in polygons:
            cv2.fillPoly(stencil, [polygon + shift], 255, cv2.LINE_8, 4)
        cv2.bitwise_and(stencil, trunk, dst=stencil)
        cv2.copyTo(np.full_like(part, (*colour, 255)), stencil, part)


def _faces_away(points_px: Float64) -> bool:
    """Tell whether the back is seen: the left shoulder then appears on the left."""
    return bool(points_px[Ball.SHOULDER_L, 0] < points_px[Ball.SHOULDER_R, 0])


def _box(x1: float, y1: float, x2: float, y2: float) -> tuple[float, ...]:
    return (x1, y1, x2, y1, x2, y2, x1, y2)


def _pattern(name: str) -> list[tuple[float, ...]]:
    """Give a pattern as polygons over the shirt, x across and y down in 0..1."""
    if name == "stripes":
        return [_box(start, 0, start + 0.14, 1) for start in (0.08, 0.36, 0.64, 0.92)]
    if name == "pins":
        return [_box(start, 0, start + 0.04, 1) for start in (0.1, 0.3, 0.5, 0.7, 0.9)]
    if name == "hoops":
        return [_box(0, start, 1, start + 0.14) for start in (0.1, 0.38, 0.66, 0.92)]
    if name == "halves":
        return [_box(0, 0, 0.5, 1)]
    if name == "sash":
        return [(0.0, 0.0, 0.25, 0.0, 1.0, 0.75, 1.0, 1.0, 0.8, 1.0, 0.0, 0.2)]
    if name == "chest":
        return [_box(0, 0.28, 1, 0.5)]
    return []


def _digits(number: int) -> list[tuple[float, ...]]:
    """Give a number as bars over the back."""
    text = str(number)
    wide = 0.24
    start = 0.5 - (len(text) * (wide + 0.06) - 0.06) / 2
    marks = []
    for place, digit in enumerate(text):
        left = start + place * (wide + 0.06)
        for name in _SEGMENTS[int(digit)]:
            x1, y1, x2, y2 = _BARS[name]
            marks.append(_box(left + x1 * wide, 0.3 + y1 * 0.36, left + x2 * wide, 0.3 + y2 * 0.36))
    return marks
