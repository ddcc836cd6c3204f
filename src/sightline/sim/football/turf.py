"""The ground: mown and worn grass with the stadium's shade on it, and the painted lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.analytics.pitch.markings import Marking, markings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float32, Float64, UInt8
    from sightline.sim.football.views import PinholeCamera

MARGIN_M = 16.0
"""How far the ground reaches beyond the lines."""
_FINE = 2
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Turf:
    """Grass, drawn from above.

    Attributes:
        picture: `(h, w, 3)` BGR uint8, the far touchline on top.
        light: `(h, w)` float32 gain of the light at each place, 1 where nothing shades it.
        scale_px_m: Pixels for each metre.
        pitch: The field's size.
        paint: BGR of the lines.
        cover: How well the lines hide the grass, 0..1.
        line_m: Width of the lines.
    """

    picture: UInt8
    light: Float32
    scale_px_m: float
    pitch: PitchSize
    paint: tuple[float, float, float]
    cover: float
    line_m: float

    def to_ground(self) -> Float64:
        """Give the `(3, 3)` map from the picture's pixel centres to metres."""
        step = 1 / self.scale_px_m
        left, top = -self.pitch.length_m / 2 - MARGIN_M, self.pitch.width_m / 2 + MARGIN_M
        return np.array([[step, 0.0, left + step / 2], [0.0, -step, top - step / 2], [0.0, 0.0, 1.0]])

    def seen(self, camera: PinholeCamera) -> UInt8:
        """Give the ground as a camera sees it, lines and all; what lies above the horizon is of no meaning."""
        shift = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]])
        onto = shift @ camera.ground_to_image() @ self.to_ground()
        size = (camera.size[1], camera.size[0])
        image: UInt8 = cv2.warpPerspective(self.picture, onto, size, borderMode=cv2.BORDER_REPLICATE)
        rows, columns, drawn = lines(camera, self.pitch, self.line_m)
        if drawn.size:
            part = image[rows, columns]
            cover = cv2.convertScaleAbs(drawn, alpha=self.cover)
            grass = cv2.multiply(part, cv2.merge([cv2.bitwise_not(cover)] * 3), scale=1 / 255)
            chalk = cv2.merge([cv2.convertScaleAbs(cover, alpha=channel / 255) for channel in self.paint])
            cv2.add(grass, chalk, dst=part)
        return image

    def light_at(self, places_m: Float64) -> Float64:
        """Give the light at `(n, 2)` places."""
        height, width = self.light.shape
        share = (height / self.picture.shape[0]) * self.scale_px_m
        columns = ((places_m[:, 0] + self.pitch.length_m / 2 + MARGIN_M) * share).astype(np.int64)
        rows = ((self.pitch.width_m / 2 + MARGIN_M - places_m[:, 1]) * share).astype(np.int64)
        found: Float64 = self.light[rows.clip(0, height - 1), columns.clip(0, width - 1)].astype(np.float64)
        return found


# --- lines ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def strips(pitch: PitchSize, line_m: float) -> tuple[Float64, ...]:
    """Give the painted lines as strips: for each `(n, 2, 3)`, its two edges along its course, metres."""
    found = []
    for name, marking in markings_of(pitch).all.items():
        if marking.on_ground and not name.startswith("Goal"):
            found.append(_strip(marking, line_m))
    half_x, half_y = pitch.length_m / 2, pitch.width_m / 2
    turns = np.linspace(0, np.pi / 2, 7)
    for x, y, start in ((-1, -1, 0.0), (1, -1, 0.5), (1, 1, 1.0), (-1, 1, 1.5)):
        ring = np.stack([np.cos(turns + start * np.pi), np.sin(turns + start * np.pi)], axis=1)
        centre = np.array([x * half_x, y * half_y])
        found.append(np.stack([centre + ring * (1 - line_m / 2), centre + ring * (1 + line_m / 2)], axis=1))
    disc = np.linspace(0, np.pi, 7)
    for spot_m in (0.0, -half_x + 11.0, half_x - 11.0):
        upper = np.stack([spot_m + 0.16 * np.cos(disc), 0.16 * np.sin(disc)], axis=1)
        found.append(np.stack([upper, upper * (1, -1)], axis=1))
    return tuple(np.concatenate([strip, np.zeros((*strip.shape[:2], 1))], axis=2) for strip in found)


def _strip(marking: Marking, line_m: float) -> Float64:
    points = marking.sample(1.5)[:, :2]
    along = np.gradient(points, axis=0)
    along /= np.sqrt((along**2).sum(axis=1))[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) * (line_m / 2)
    return np.stack([points - across, points + across], axis=1)


def lines(camera: PinholeCamera, pitch: PitchSize, line_m: float) -> tuple[slice, slice, UInt8]:
    """Give how far lines cover each pixel, 0..255, and the rows and columns of the picture that this is about."""
    height, width = camera.size
    quads = []
    for strip in strips(pitch, line_m):
        points_px, _ = camera.project(strip)
        ahead = np.asarray(np.isfinite(points_px).all(axis=(1, 2)))
        pairs = ahead[1:] & ahead[:-1]
        pieces = np.stack([points_px[:-1, 0], points_px[1:, 0], points_px[1:, 1], points_px[:-1, 1]], axis=1)[
            pairs
        ]
        low, high = pieces.min(axis=1), pieces.max(axis=1)
        inside = (low[:, 0] < width) & (high[:, 0] > 0) & (low[:, 1] < height) & (high[:, 1] > 0)
        quads.append(pieces[inside])
    shapes = np.concatenate(quads)
    if not len(shapes):
        return slice(0, 0), slice(0, 0), np.zeros((0, 0), np.uint8)
    top = int(np.clip(shapes[..., 1].min() - 1, 0, height - 1))
    bottom = int(np.clip(shapes[..., 1].max() + 2, top + 1, height))
    left = int(np.clip(shapes[..., 0].min() - 1, 0, width - 1))
    right = int(np.clip(shapes[..., 0].max() + 2, left + 1, width))
    fine = np.zeros(((bottom - top) * _FINE, (right - left) * _FINE), np.uint8)
    fixed = (
        np.rint(((shapes - (left, top)) * _FINE - 0.5) * (1 << _SHIFT)).clip(-(2**26), 2**26).astype(np.int32)
    )
    for quad in fixed:
        cv2.fillConvexPoly(fine, quad, 255, cv2.LINE_8, _SHIFT)
    drawn = cv2.resize(fine, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    return slice(top, bottom), slice(left, right), drawn


# --- grass ------------------------------------------------------------------------------------------------


def blotches(rng: np.random.Generator, shape: tuple[int, int], cell_px: float) -> Float32:
    """Give smooth noise of unit variance whose lumps are about so large."""
    small = (max(int(shape[0] / cell_px), 2), max(int(shape[1] / cell_px), 2))
    field = rng.standard_normal(small, np.float32)
    result: Float32 = cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return result


def grow(rng: np.random.Generator, pitch: PitchSize, *, scale_px_m: float = 8.0, sun: float = 0.5) -> Turf:
    """Draw a ground by lot.

    Args:
        rng: Chooses all of it.
        pitch: The field's size.
        scale_px_m: Detail.
        sun: How likely the stadium throws a sharp shade, 0..1.
    """
    wide, tall = pitch.length_m + 2 * MARGIN_M, pitch.width_m + 2 * MARGIN_M
    shape = (int(tall * scale_px_m), int(wide * scale_px_m))
    x = ((np.arange(shape[1], dtype=np.float32) + 0.5) / scale_px_m - np.float32(wide / 2))[None, :]
    y = (np.float32(tall / 2) - (np.arange(shape[0], dtype=np.float32) + 0.5) / scale_px_m)[:, None]
    gain = 1 + _stripes(rng, x, y, pitch) * float(rng.uniform(0.015, 0.13))
    gain += blotches(rng, shape, 9 * scale_px_m) * float(rng.uniform(0.01, 0.05))
    gain += blotches(rng, shape, 1.2 * scale_px_m) * float(rng.uniform(0.005, 0.025))
    gain += rng.standard_normal((64, shape[1]), np.float32)[rng.integers(0, 64, shape[0])] * float(
        rng.uniform(0.01, 0.05)
    )
    base = _green(rng)
    picture = cv2.multiply(np.full((*shape, 3), base, np.float32), cv2.merge([gain, gain, gain]))
    _wear(rng, picture, x, y, pitch)
    _border(rng, picture, x, y, pitch)
    light = (
        _shade(rng, pitch, wide, tall)
        if rng.random() < sun
        else np.ones((shape[0] // 4, shape[1] // 4), np.float32)
    )
    if light.min() < 1:
        fall = cv2.resize(light, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        tint = 1 - (1 - fall)[:, :, None] * np.array([0.72, 0.95, 1.05], np.float32)
        picture *= tint
    white = float(rng.uniform(200, 248))
    return Turf(
        picture.clip(0, 255).astype(np.uint8), light, scale_px_m, pitch,
        (white, white, white * float(rng.uniform(0.94, 1.0))), float(rng.uniform(0.6, 1.0)), float(rng.choice((0.09, 0.10, 0.11, 0.12, 0.13))),
    )  # fmt: skip


def _green(rng: np.random.Generator) -> tuple[float, float, float]:
    hue = float(np.clip(rng.normal(47, 6), 36, 68))
    saturation, value = float(rng.uniform(85, 185)), float(rng.uniform(78, 155))
    pixel = np.array([[[hue, saturation, value]]], np.float32).clip(0, 255).astype(np.uint8)
    blue, green, red = (float(channel) for channel in cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0])
    return blue, green, red


def _stripes(rng: np.random.Generator, x: Float32, y: Float32, pitch: PitchSize) -> Float32:
    """Give the mower's pattern in -1..1."""
    kind = ("across", "across", "across", "diagonal", "along", "checks", "none")[int(rng.integers(7))]
    shape = np.broadcast(x, y).shape
    if kind == "none":
        return np.zeros(shape, np.float32)
    count = int(rng.integers(8, 22))
    width_m = pitch.length_m / count
    sharp = float(rng.uniform(1.5, 8.0))

    def waves(u: Float32) -> Float32:
        return np.asarray(np.tanh(np.float32(sharp) * np.sin(np.float32(np.pi / width_m) * u)), np.float32)

    if kind == "across":
        return np.broadcast_to(waves(x), shape)
    if kind == "along":
        return np.broadcast_to(waves(y), shape)
    if kind == "checks":
        return (0.6 * waves(x) + 0.6 * waves(y)).astype(np.float32)
    angle = float(rng.uniform(-0.8, 0.8))
    return waves((x * np.cos(angle) + y * np.sin(angle)).astype(np.float32))


def _wear(rng: np.random.Generator, picture: Float32, x: Float32, y: Float32, pitch: PitchSize) -> None:
    """Wear the grass off in goal mouths and where officials run, in place."""
    amount = float(rng.uniform(0, 0.55)) * float(rng.random() < 0.6)
    if amount < 0.05:
        return
    earth = np.array([70, 112, 128], np.float32) * float(rng.uniform(0.75, 1.15))
    half = pitch.length_m / 2
    spots = [(-half + 3.5, 0.0, 5.0, 7.0), (half - 3.5, 0.0, 5.0, 7.0), (0.0, 0.0, 5.0, 5.0)]
    spots += [(float(rng.uniform(-50, 50)), float(rng.uniform(-33, 33)), float(rng.uniform(1, 9)), float(rng.uniform(1, 5))) for _ in range(5)]  # fmt: skip
    for number, (cx, cy, rx, ry) in enumerate(spots):
        columns = np.flatnonzero(abs(x[0] - cx) < 2.2 * rx)
        rows = np.flatnonzero(abs(y[:, 0] - cy) < 2.2 * ry)
        if not len(columns) or not len(rows):
            continue
        part = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        dx, dy = (x[:, columns] - cx) / rx, (y[rows] - cy) / ry
        strength = np.exp(-(dx**2) - dy**2) * (amount if number < 3 else 0.5 * amount)
        strength = (strength * (1 + 0.5 * blotches(rng, strength.shape, 5.0))).clip(0, 0.85)[:, :, None]
        part += (earth - part) * strength


def _border(rng: np.random.Generator, picture: Float32, x: Float32, y: Float32, pitch: PitchSize) -> None:
    """Colour what lies beyond the grass, in place."""
    edge_m = float(rng.uniform(1.5, 6.0))
    colours = ((70, 88, 60), (84, 84, 84), (60, 60, 62), (60, 72, 150), (96, 112, 120), None, None)
    colour = colours[int(rng.integers(len(colours)))]
    rows = abs(y[:, 0]) > pitch.width_m / 2 + edge_m
    columns = abs(x[0]) > pitch.length_m / 2 + edge_m
    gain = np.float32(rng.uniform(0.55, 1.05))
    if colour is None:
        picture[rows] *= gain
        picture[:, columns] *= gain
    else:
        worn = np.array(colour, np.float32) * float(rng.uniform(0.6, 1.3))
        picture[rows] = worn + rng.normal(0, 4, (int(rows.sum()), 1, 1)).astype(np.float32)
        picture[:, columns] = worn + rng.normal(0, 4, (picture.shape[0], 1, 1)).astype(np.float32)


def _shade(rng: np.random.Generator, pitch: PitchSize, wide: float, tall: float) -> Float32:
    """Give the light under a low sun: roofs shade part of the ground, sometimes with slits of light."""
    shape = (int(tall * 8) // 4, int(wide * 8) // 4)
    light = np.ones(shape, np.float32)
    dark = float(rng.uniform(0.42, 0.82))
    scale = shape[1] / wide

    def fixed(points: list[tuple[float, float]]) -> NDArray[np.int32]:
        spots = [((px + wide / 2) * scale, (tall / 2 - py) * scale) for px, py in points]
        return np.asarray(np.rint(np.array(spots) * 16), np.int32)

    side = (-1.0, 1.0)[int(rng.random() < 0.5)]
    reach = float(rng.uniform(-0.6, 0.9)) * pitch.width_m / 2
    slope = float(rng.normal(0, 14))
    far = side * tall
    edge = [(-wide / 2, side * reach - slope), (wide / 2, side * reach + slope)]
    cv2.fillPoly(light, [fixed([*edge, (wide / 2, far), (-wide / 2, far)])], dark, cv2.LINE_AA, 4)
    if rng.random() < 0.35:
        for start in rng.uniform(-50, 50, 6):
            width = float(rng.uniform(1, 5))
            spot = [
                (start, far),
                (start + width, far),
                (start + width + 25, side * reach),
                (start + 25, side * reach),
            ]
            cv2.fillPoly(light, [fixed(spot)], 1.0, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.4, 2.5))), np.float32)
