"""Balls as a camera sees them: textured, lit, blurred by movement; `(h, w, 4)` float32 BGRA in 0..1.

Everything is drawn by us; no picture of a ball is used.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Colour = tuple[float, float, float]

KINDS = ("plain", "panels", "tennis", "football", "stripes", "marbled", "seams")
CHANCES = (0.42, 0.16, 0.10, 0.12, 0.08, 0.06, 0.06)

_GOLDEN = (1 + 5**0.5) / 2
_ICOSAHEDRON = np.array(
    [(0, a, b * _GOLDEN) for a in (-1, 1) for b in (-1, 1)]
    + [(a, b * _GOLDEN, 0) for a in (-1, 1) for b in (-1, 1)]
    + [(b * _GOLDEN, 0, a) for a in (-1, 1) for b in (-1, 1)],
    np.float32,
) / np.sqrt(1 + _GOLDEN**2)


@dataclass(frozen=True, slots=True)
class Skin:
    """How a ball is made.

    Attributes:
        kind: One of `KINDS`.
        colours: Up to three BGR colours, 0..1.
        gloss: Strength of the highlight, 0..1.
        dents: How far a beanbag is from round, as a share of its radius.
        grain: Strength of fine texture, 0..1.
    """

    kind: str
    colours: tuple[Colour, ...]
    gloss: float
    dents: float
    grain: float


def draw_skin(rng: np.random.Generator, kinds: tuple[str, ...] = KINDS) -> Skin:
    """Choose a ball by chance; colours of toys and sports balls, vivid more often than dull."""
    chances = np.array([CHANCES[KINDS.index(kind)] for kind in kinds])
    kind = str(rng.choice(kinds, p=chances / chances.sum()))
    colours = tuple(_colour(rng) for _ in range(3))
    if kind == "tennis":
        colours = (
            _bgr(rng.uniform(0.14, 0.22), rng.uniform(0.5, 0.95), rng.uniform(0.7, 1)),
            (0.9, 0.92, 0.9),
            colours[2],
        )
    elif kind == "football" and rng.random() < 0.6:
        colours = ((0.92, 0.92, 0.92), (0.1, 0.1, 0.1), colours[2])
    elif kind == "seams" and rng.random() < 0.5:
        colours = (_bgr(rng.uniform(0.04, 0.08), 0.8, rng.uniform(0.6, 0.9)), (0.1, 0.1, 0.12), colours[2])
    soft = kind in ("plain", "panels") and rng.random() < 0.5
    return Skin(
        kind,
        colours,
        gloss=0.0 if soft else float(rng.uniform(0, 0.6)),
        dents=float(rng.uniform(0.02, 0.1)) if soft else 0.0,
        grain=float(rng.uniform(0, 0.12)),
    )


def _colour(rng: np.random.Generator) -> Colour:
    if rng.random() < 0.16:  # white, grey, black
        value = float(rng.choice([rng.uniform(0.8, 1), rng.uniform(0.05, 0.8)], p=[0.7, 0.3]))
        return _bgr(rng.random(), rng.uniform(0, 0.1), value)
    return _bgr(rng.random(), rng.uniform(0.55, 1), rng.uniform(0.45, 1))


def _bgr(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(float(hue), float(saturation), float(value))
    return blue, green, red


def draw_ball(
    rng: np.random.Generator, skin: Skin, radius_px: float, light: NDArray[np.float64], fineness: int = 3
) -> NDArray[np.float32]:
    """Draw a still ball on nothing.

    Args:
        rng: Turns the ball and dents it.
        skin: How it is made.
        radius_px: In pixels of the result.
        light: `(3,)` unit vector towards the light; x right, y down, z towards the camera.
        fineness: Subpixels a side.

    Returns:
        `(s, s, 4)` BGRA, colours not multiplied by alpha; the centre is the ball's.
    """
    half = int(np.ceil(radius_px * 1.12)) + 1
    fine = max(1, fineness if radius_px < 25 else 2)
    axis = ((np.arange(2 * half * fine) + 0.5) / fine - half) / radius_px
    x, y = np.meshgrid(axis, axis)
    angle = np.arctan2(y, x)
    phases = rng.uniform(0, 2 * np.pi, 3)
    edge = 1 + skin.dents * sum(np.sin((at + 2) * angle + phases[at]) / (at + 1) for at in range(3)) * 0.6
    x, y = x / edge, y / edge
    inside = x * x + y * y <= 1
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    normals = np.stack([x, y, z], -1).astype(np.float32)
    colour = _paint(rng, skin, normals @ _turn(rng).T)
    lit = np.clip(normals @ light.astype(np.float32), 0, 1)
    ambient = rng.uniform(0.35, 0.7)
    half_way = light + np.array([0, 0, 1.0])
    half_way = (half_way / np.linalg.norm(half_way)).astype(np.float32)
    shine = skin.gloss * np.clip(normals @ half_way, 0, 1) ** rng.uniform(15, 60)
    colour = colour * (ambient + (1.15 - ambient) * lit)[..., None] + shine[..., None]
    colour *= (0.75 + 0.25 * z)[..., None]  # the edge sees less of the sky
    rgba = np.concatenate([np.clip(colour, 0, 1), inside[..., None]], -1).astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:]
    small = rgba.reshape(2 * half, fine, 2 * half, fine, 4).mean((1, 3))
    small[..., :3] /= np.maximum(small[..., 3:], 1e-4)
    return np.asarray(small, np.float32)


def _turn(rng: np.random.Generator) -> NDArray[np.float32]:
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return np.asarray(turn, np.float32)


def _paint(rng: np.random.Generator, skin: Skin, at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour points of the unit sphere: `(..., 3)` to `(..., 3)` BGR."""
    one, two, three = (np.array(colour, np.float32) for colour in skin.colours)
    share = np.zeros(at.shape[:-1], np.float32)
    third = np.zeros_like(share)
    if skin.kind == "panels":
        count = int(rng.choice([2, 4, 6, 8]))
        sector = np.floor((np.arctan2(at[..., 1], at[..., 0]) / (2 * np.pi) + 0.5) * count).astype(int)
        share = (sector % 2).astype(np.float32)
    elif skin.kind == "tennis":
        seam = at[..., 0] ** 2 - at[..., 1] ** 2 - 0.9 * at[..., 2] * (1 - at[..., 2] ** 2)
        share = (np.abs(seam) < 0.06).astype(np.float32)
    elif skin.kind == "football":
        nearest = (at @ _ICOSAHEDRON.T).max(-1)
        share = (nearest > rng.uniform(0.88, 0.94)).astype(np.float32)
        third = ((nearest > 0.83) & (nearest < 0.845)).astype(np.float32) * 0.5
        three = np.array((0.15, 0.15, 0.15), np.float32)
    elif skin.kind == "stripes":
        share = (np.sin(at[..., 2] * rng.uniform(3, 9)) > 0.3).astype(np.float32)
        third = (np.abs(at[..., 2]) < 0.12).astype(np.float32)
    elif skin.kind == "marbled":
        waves = sum(np.sin(at @ rng.normal(0, 3, 3).astype(np.float32) + rng.uniform(0, 6)) for _ in range(5))
        share = np.clip(waves / 2 + 0.3, 0, 1)
    elif skin.kind == "seams":
        share = (np.abs(at).min(-1) < 0.045).astype(np.float32)
    colour = one + (two - one) * share[..., None]
    colour = colour + (three - colour) * third[..., None]
    return np.asarray(colour * (1 + skin.grain * rng.normal(size=(*share.shape, 1))), np.float32)


def smear(ball: NDArray[np.float32], move_px: tuple[float, float], steps: int = 12) -> NDArray[np.float32]:
    """Give a ball as an exposure sees it while it moves by `(x, y)` pixels; centred on the middle of the way."""
    import cv2

    length = float(np.hypot(*move_px))
    if length < 0.5:
        return ball
    margin = int(np.ceil(length / 2)) + 1
    wide = np.zeros((ball.shape[0] + 2 * margin, ball.shape[1] + 2 * margin, 4), np.float32)
    wide[margin:-margin, margin:-margin] = ball
    wide[..., :3] *= wide[..., 3:]
    total = np.zeros_like(wide)
    for share in np.linspace(-0.5, 0.5, max(3, min(steps, int(length * 1.5)))):
        shift = np.array([[1, 0, share * move_px[0]], [0, 1, share * move_px[1]]])
        total += cv2.warpAffine(wide, shift, (wide.shape[1], wide.shape[0]), flags=cv2.INTER_LINEAR)
    total /= max(3, min(steps, int(length * 1.5)))
    total[..., :3] /= np.maximum(total[..., 3:], 1e-4)
    return total
