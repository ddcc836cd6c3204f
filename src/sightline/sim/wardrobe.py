"""Clothes, hair and build, drawn by lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from sightline.sim.body import Build

Colour = tuple[float, float, float]
"""Blue, green, red in 0..255."""

SKINS: tuple[Colour, ...] = (
    (150, 180, 226),
    (122, 158, 212),
    (96, 134, 190),
    (70, 100, 150),
    (48, 70, 112),
    (34, 48, 78),
)
HAIRS: tuple[Colour, ...] = (
    (28, 26, 30),
    (34, 44, 62),
    (44, 70, 104),
    (84, 140, 182),
    (150, 152, 158),
    (30, 50, 112),
)
TOPS: tuple[Colour, ...] = (
    (44, 40, 44), (226, 228, 230), (52, 46, 168), (150, 78, 36), (62, 110, 62), (48, 168, 214), (126, 122, 120),
    (128, 62, 110), (84, 150, 208), (176, 150, 88), (36, 72, 132), (70, 52, 34), (120, 96, 214), (96, 128, 60),
)  # fmt: skip
LEGS: tuple[Colour, ...] = (
    (92, 62, 42), (46, 42, 44), (118, 88, 64), (92, 124, 152), (92, 92, 94), (62, 76, 58), (34, 32, 36), (150, 168, 182)
)  # fmt: skip
SHOES: tuple[Colour, ...] = ((34, 32, 34), (222, 224, 226), (48, 66, 96), (60, 58, 62), (70, 60, 160))


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """What somebody looks like.

    Attributes:
        skin, hair, top, legs, shoes: Colours.
        sleeves: `long`, `short`.
        below: `trousers`, `shorts`, `skirt`, `coat` (a coat hangs over the thighs in the top's colour).
        long_hair: Whether hair falls to the neck.
        hat: Colour of a cap, None without one.
        pack: Colour of a backpack, None without one.
        bag: Colour of a bag in the right hand, None without one.
    """

    skin: Colour
    hair: Colour
    top: Colour
    legs: Colour
    shoes: Colour
    sleeves: str = "long"
    below: str = "trousers"
    long_hair: bool = False
    hat: Colour | None = None
    pack: Colour | None = None
    bag: Colour | None = None


def dress(rng: np.random.Generator) -> tuple[Build, Wardrobe]:
    """Draw a body and its clothes by lot."""
    woman = bool(rng.random() < 0.5)
    height_m = float(np.clip(rng.normal(1.66 if woman else 1.79, 0.06), 1.5, 1.98))
    hands = ["swing", "swing"]
    bag = _near(_pick(rng, TOPS), rng) if rng.random() < 0.25 else None
    if bag is not None:
        hands[1] = "carry"
    if rng.random() < 0.3:
        hands[0] = _pick(rng, ("phone", "pocket"))
    build = Build(
        height_m=height_m,
        girth=float(rng.uniform(0.92, 1.14)),
        arm_swing=float(rng.uniform(0.7, 1.2)),
        left_hand=hands[0],
        right_hand=hands[1],
        lean_rad=float(rng.uniform(0.02, 0.09)),
    )
    below = _pick(
        rng,
        ("trousers", "trousers", "skirt", "coat", "shorts")
        if woman
        else ("trousers", "trousers", "trousers", "coat", "shorts"),
    )
    wardrobe = Wardrobe(
        skin=_pick(rng, SKINS),
        hair=_pick(rng, HAIRS),
        top=_near(_pick(rng, TOPS), rng),
        legs=_near(_pick(rng, LEGS), rng),
        shoes=_pick(rng, SHOES),
        sleeves="short" if below == "shorts" or rng.random() < 0.3 else "long",
        below=below,
        long_hair=woman and bool(rng.random() < 0.75),
        hat=_near(_pick(rng, TOPS), rng) if rng.random() < 0.15 else None,
        pack=_near(_pick(rng, TOPS), rng) if rng.random() < 0.25 else None,
        bag=bag,
    )
    return build, wardrobe


_T = TypeVar("_T")


def _pick(rng: np.random.Generator, options: Sequence[_T]) -> _T:
    return options[int(rng.integers(len(options)))]


def _near(colour: Colour, rng: np.random.Generator) -> Colour:
    faded = 0.72 * np.asarray(colour) + 0.28 * np.mean(colour)
    blue, green, red = np.clip(faded + rng.normal(0, 8, 3), 18, 232)
    return float(blue), float(green), float(red)
