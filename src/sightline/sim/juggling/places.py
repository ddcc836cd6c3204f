"""Where juggling is filmed: pictures to stand in, drawn by lot for a camera that may turn a little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.backdrop import Backdrop
from sightline.sim.textures import noise

if TYPE_CHECKING:
    from sightline.core.arrays import Float64
    from sightline.sim.camera import Camera
    from sightline.sim.wardrobe import Colour

_WALLS: tuple[Colour, ...] = (
    (200, 204, 206),
    (186, 196, 210),
    (206, 198, 186),
    (150, 146, 142),
    (96, 104, 112),
)
_SKIES: tuple[Colour, ...] = ((226, 206, 180), (232, 222, 212), (200, 176, 150))
_GREENS: tuple[Colour, ...] = ((58, 112, 74), (48, 92, 60), (66, 128, 96))
_THINGS = 46


def backdrop(camera: Camera, kind: str, seed: int) -> Backdrop:
    """Draw what stands still behind the juggler; the same arguments give the same pixels.

    Args:
        camera: Who sees it, with a margin for its shake.
        kind: `plain`, `textured`, `cluttered` or `outdoor`.
        seed: Chooses everything.
    """
    rng = np.random.default_rng([seed, 0x9A])
    height, width = camera.size
    draw = {"plain": _plain, "textured": _textured, "cluttered": _cluttered, "outdoor": _outdoor}[kind]
    picture = np.clip(draw(rng, height, width), 0, 255).astype(np.uint8)
    nothing = np.zeros((height, width), np.uint8)
    return Backdrop(camera, picture, nothing, nothing, np.zeros(0), ())


def _plain(rng: np.random.Generator, height: int, width: int) -> Float64:
    wall = np.array(_WALLS[int(rng.integers(len(_WALLS)))], np.float64)
    rows = np.linspace(1.04, 0.92, height)[:, None, None]
    columns = 1 + 0.06 * np.linspace(-1, 1, width)[None, :, None] * rng.uniform(-1, 1)
    return np.asarray(wall * rows * columns)


def _textured(rng: np.random.Generator, height: int, width: int) -> Float64:
    wall = _plain(rng, height, width)
    grain = noise(rng, (height, width), (1.5, 6.0, 40.0))
    wall = wall * (1 + 0.05 * grain[:, :, None])
    edge = int(height * rng.uniform(0.8, 0.95))
    wall[edge : edge + max(2, height // 120)] *= 0.7
    wall[edge + max(2, height // 120) :] *= np.array([0.62, 0.7, 0.82])
    return np.asarray(wall)


def _cluttered(rng: np.random.Generator, height: int, width: int) -> Float64:
    """Shelves, pictures and round things in all colours."""
    picture = np.ascontiguousarray(np.clip(_textured(rng, height, width), 0, 255).astype(np.uint8))
    unit = height / 24
    for _ in range(_THINGS):
        colour = tuple(int(value) for value in rng.integers(25, 230, 3))
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0, height * 0.95))
        size = float(rng.uniform(0.6, 3.2)) * unit
        if rng.random() < 0.3:
            cv2.circle(picture, (x, y), max(2, int(size * 0.5)), colour, cv2.FILLED, cv2.LINE_AA)
        else:
            far = (int(x + size * rng.uniform(0.4, 2.2)), int(y + size * rng.uniform(0.5, 2.0)))
            cv2.rectangle(picture, (x, y), far, colour, cv2.FILLED, cv2.LINE_AA)
    for shelf in rng.uniform(0.15, 0.85, 3):
        y = int(shelf * height)
        cv2.rectangle(picture, (0, y), (width, y + max(2, int(0.25 * unit))), (64, 84, 110), cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.float64)


def _outdoor(rng: np.random.Generator, height: int, width: int) -> Float64:
    """Sky, a row of trees and a lawn."""
    sky = np.array(_SKIES[int(rng.integers(len(_SKIES)))], np.float64)
    green = np.array(_GREENS[int(rng.integers(len(_GREENS)))], np.float64)
    picture = np.empty((height, width, 3))
    picture[:] = sky * np.linspace(1.05, 0.95, height)[:, None, None]
    line = rng.uniform(0.42, 0.6) * height
    crowns = line - height * (0.12 + 0.1 * noise(rng, (1, width), (40.0, 120.0))[0])
    rows = np.arange(height)[:, None]
    leaves = noise(rng, (height, width), (2.0, 7.0, 22.0))[:, :, None]
    trees = (rows > crowns[None, :]) & (rows <= line)
    picture = np.where(trees[:, :, None], green * 0.62 * (1 + 0.3 * leaves), picture)
    lawn = np.array([0.9, 1.15, 1.0]) * green * (1 + 0.1 * leaves)
    return np.asarray(np.where(rows[:, :, None] > line, lawn, picture))


def ball_colours(rng: np.random.Generator, kind: str, count: int) -> list[Colour]:
    """Give a colour for each ball."""
    bright: list[Colour] = [
        (40, 44, 212), (36, 160, 236), (60, 190, 66), (210, 110, 30), (60, 220, 240), (170, 60, 190), (235, 235, 238)
    ]  # fmt: skip
    order = rng.permutation(len(bright))
    if kind == "identical":
        return [bright[int(order[0])]] * count
    return [bright[int(order[number % len(bright)])] for number in range(count)]
