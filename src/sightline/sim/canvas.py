"""Drawing with soft edges, and what a lens and a sensor do to a picture.

Shapes are drawn several times finer than the picture and then averaged down, so edges and slow movement are
smooth. A `Sprite` keeps colours multiplied by coverage, so laying it over a picture never leaves a fringe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32, Float64, UInt8

Paint = tuple[int, int, int, int]
"""Blue, green, red and coverage, each 0..255."""

_SHIFT = 4
_CIRCLE = np.stack([np.cos(np.arange(10) * (np.pi / 5)), np.sin(np.arange(10) * (np.pi / 5))], axis=1)


@dataclass(slots=True)
class Sprite:
    """A piece of picture with soft edges, at a whole-pixel place that may lie outside the picture.

    Attributes:
        left: Column of its first pixel in the picture.
        top: Row of its first pixel.
        colour: `(h, w, 3)` float32 BGR in 0..255, already multiplied by `alpha`.
        alpha: `(h, w)` float32 coverage in 0..1.
        box_px: `x1 y1 x2 y2` of what is covered, as fine as it was drawn; None where nothing is.
    """

    left: int
    top: int
    colour: Float32
    alpha: Float32
    box_px: tuple[float, float, float, float] | None

    @property
    def size(self) -> tuple[int, int]:
        """`(height, width)` in pixels."""
        return self.alpha.shape[0], self.alpha.shape[1]

    def lit(self, gain: float) -> Sprite:
        """Give the sprite made brighter (above 1) or darker."""
        return Sprite(self.left, self.top, self.colour * np.float32(gain), self.alpha, self.box_px)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a sprite that falls inside a picture: rows and columns in both."""

    rows: slice
    columns: slice
    sprite_rows: slice
    sprite_columns: slice


def window(sprite: Sprite, size: tuple[int, int]) -> Window | None:
    """Give the overlap of a sprite with a picture of that `(height, width)`, None where there is none."""
    top, left = max(sprite.top, 0), max(sprite.left, 0)
    bottom = min(sprite.top + sprite.size[0], size[0])
    right = min(sprite.left + sprite.size[1], size[1])
    if top >= bottom or left >= right:
        return None
    return Window(
        slice(top, bottom),
        slice(left, right),
        slice(top - sprite.top, bottom - sprite.top),
        slice(left - sprite.left, right - sprite.left),
    )


class Pad:
    """A fine drawing surface for one sprite.

    Args:
        bounds_px: `x1 y1 x2 y2` that will be drawn into, image pixels; a margin is added.
        fineness: Drawn pixels for each picture pixel, both ways.
        largest: The pad is cut to so many picture pixels on each side.
    """

    def __init__(
        self, bounds_px: Sequence[float], *, fineness: int = 4, margin_px: int = 2, largest: int = 4096
    ) -> None:
        self.left = int(np.floor(bounds_px[0])) - margin_px
        self.top = int(np.floor(bounds_px[1])) - margin_px
        self.width = min(max(int(np.ceil(bounds_px[2])) + margin_px - self.left, 1), largest)
        self.height = min(max(int(np.ceil(bounds_px[3])) + margin_px - self.top, 1), largest)
        self.fineness = fineness
        self.pixels: UInt8 = np.zeros((self.height * fineness, self.width * fineness, 4), np.uint8)

    def fixed(self, points_px: Float64) -> NDArray[np.int32]:
        """Give image points as the fixed-point pad coordinates that the fill functions take."""
        fine = (np.asarray(points_px) - (self.left, self.top)) * self.fineness - 0.5
        return np.rint(fine * (1 << _SHIFT)).astype(np.int32)

    def polygon(self, points_px: Float64, colour: Sequence[float]) -> None:
        """Fill a polygon `(n, 2)`, image pixels, with a BGR colour."""
        cv2.fillPoly(self.pixels, [self.fixed(points_px)], _paint(colour), cv2.LINE_8, _SHIFT)

    def hull(self, fixed_points: NDArray[np.int32], paint: Paint) -> None:
        """Fill the convex hull of points from `fixed` with a colour from `_paint`."""
        cv2.fillConvexPoly(self.pixels, cv2.convexHull(fixed_points), paint, cv2.LINE_8, _SHIFT)

    def quad(self, corners_px: Float64, texture: UInt8) -> None:
        """Stretch a texture `(h, w, 3 or 4)` over four corners: top left, top right, bottom right, bottom left.

        A fourth channel is the texture's own coverage.
        """
        height, width = texture.shape[:2]
        ends = (np.asarray(corners_px) - (self.left, self.top)) * self.fineness - 0.5
        starts = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - 0.5
        matrix = cv2.getPerspectiveTransform(starts.astype(np.float32), ends.astype(np.float32))
        if texture.shape[2] == 3:
            texture = np.dstack([texture, np.full((height, width), 255, np.uint8)])
        size = (self.pixels.shape[1], self.pixels.shape[0])
        warped = cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_LINEAR)
        inside = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.fillConvexPoly(inside, self.fixed(corners_px), 255, cv2.LINE_8, _SHIFT)
        inside &= np.where(warped[:, :, 3] > 127, 255, 0).astype(np.uint8)
        cv2.copyTo(warped, inside, self.pixels)
        self.pixels[inside > 0, 3] = 255

    def sprite(self) -> Sprite:
        """Average the drawing down to picture pixels."""
        drawn = self.pixels[:, :, 3]
        columns = np.flatnonzero(drawn.any(axis=0))
        rows = np.flatnonzero(drawn.any(axis=1))
        box_px = None
        if len(rows):
            box_px = (
                self.left + float(columns[0]) / self.fineness,
                self.top + float(rows[0]) / self.fineness,
                self.left + float(columns[-1] + 1) / self.fineness,
                self.top + float(rows[-1] + 1) / self.fineness,
            )
        small = cv2.resize(self.pixels, (self.width, self.height), interpolation=cv2.INTER_AREA)
        small = small.astype(np.float32)
        return Sprite(
            self.left,
            self.top,
            np.ascontiguousarray(small[:, :, :3]),
            small[:, :, 3] * np.float32(1 / 255),
            box_px,
        )


def _paint(colour: Sequence[float]) -> Paint:
    blue, green, red = (min(max(round(float(value)), 0), 255) for value in colour)
    return blue, green, red, 255


def shades(colour: Sequence[float], levels: int, *, dark: float = 0.66, light: float = 1.1) -> list[Paint]:
    """Give paints from the dark rim to the lit side of a round thing of that BGR colour."""
    base = np.asarray(colour, np.float64)
    return [_paint(base * gain) for gain in np.linspace(dark, light, levels)]


def rounds(
    pad: Pad, centres_px: Float64, radii_px: Float64, *, levels: int, light_xy: tuple[float, float]
) -> NDArray[np.int32]:
    """Give the outlines of balls, once for each shading level, shrinking towards the light.

    Filling the hull of the same level of several balls, level after level, draws a smoothly shaded limb.

    Args:
        pad: Where they will be drawn.
        centres_px: `(n, 2)`.
        radii_px: `(n,)`.
        levels: How many shades.
        light_xy: Direction towards the light in the picture, length 1 at most.

    Returns:
        `(n, levels, 10, 2)` int32, for `Pad.hull`.
    """
    share = np.arange(levels) / levels
    scale = radii_px[:, None] * (1.0 - share)[None, :]
    lean = radii_px[:, None] * share[None, :] * 0.55
    middles = centres_px[:, None, :] + lean[:, :, None] * np.asarray(light_xy)
    return pad.fixed(middles[:, :, None, :] + scale[:, :, None, None] * _CIRCLE)


def lay(image: UInt8, sprite: Sprite, cover: Float32 | None = None) -> None:
    """Lay a sprite over a picture, in place.

    Args:
        image: `(h, w, 3)` uint8.
        sprite: What to lay.
        cover: `(h, w)` of the sprite, 0..1: how much of it shows; all of it where None.
    """
    place = window(sprite, (image.shape[0], image.shape[1]))
    if place is None:
        return
    under = image[place.rows, place.columns]
    alpha = sprite.alpha[place.sprite_rows, place.sprite_columns, None]
    colour = sprite.colour[place.sprite_rows, place.sprite_columns]
    if cover is not None:
        shown = cover[place.sprite_rows, place.sprite_columns, None]
        alpha, colour = alpha * shown, colour * shown
    np.copyto(under, (under * (1 - alpha) + colour + 0.5).clip(0, 255).astype(np.uint8))


def shade(image: UInt8, left: int, top: int, darkness: Float32) -> None:
    """Darken a picture in place: each pixel is multiplied by 1 - `darkness` `(h, w)`."""
    patch = Sprite(left, top, np.zeros((1, 1, 3), np.float32), darkness, None)
    place = window(patch, (image.shape[0], image.shape[1]))
    if place is not None:
        under = image[place.rows, place.columns]
        kept = 1 - darkness[place.sprite_rows, place.sprite_columns, None]
        np.copyto(under, (under * kept + 0.5).astype(np.uint8))


def smear(sprite: Sprite, dx_px: float, dy_px: float) -> Sprite:
    """Give a sprite blurred along a movement made while the shutter was open.

    Movements under half a pixel leave it as it is. Its box stays that of the sharp shape.
    """
    length_px = float(np.hypot(dx_px, dy_px))
    if length_px < 0.5:
        return sprite
    reach = int(np.ceil(length_px / 2)) + 1
    pad = Pad((0.0, 0.0, 2.0 * reach + 1, 2.0 * reach + 1), fineness=8, margin_px=0)
    middle = np.array([reach + 0.5, reach + 0.5])
    half = np.array([dx_px, dy_px]) / 2
    across = np.array([-half[1], half[0]]) / length_px
    pad.polygon(
        np.array(
            [middle - half - across, middle + half - across, middle + half + across, middle - half + across]
        ),
        (255, 255, 255),
    )
    kernel = pad.sprite().alpha
    kernel = kernel / kernel.sum()
    grown = (reach, reach, reach, reach)
    colour = cv2.copyMakeBorder(sprite.colour, *grown, cv2.BORDER_CONSTANT)
    alpha = cv2.copyMakeBorder(sprite.alpha, *grown, cv2.BORDER_CONSTANT)
    return Sprite(
        sprite.left - reach,
        sprite.top - reach,
        cv2.filter2D(colour, -1, kernel),
        cv2.filter2D(alpha, -1, kernel),
        sprite.box_px,
    )


class Lens:
    """Darkens the corners and follows a slow drift of the light.

    Args:
        size: `(height, width)`.
        vignette: How much darker the corners are, 0..1.
        tint: BGR gains of the light's colour.
    """

    def __init__(
        self,
        size: tuple[int, int],
        *,
        vignette: float = 0.2,
        tint: tuple[float, float, float] = (1.0, 1.0, 1.0),
    ) -> None:
        rows = (np.arange(size[0]) + 0.5) / size[0] * 2 - 1
        columns = (np.arange(size[1]) + 0.5) / size[1] * 2 - 1
        fall = 1 - vignette * (rows[:, None] ** 2 + columns[None, :] ** 2) / 2
        self._gain: Float32 = (fall[:, :, None] * np.asarray(tint)).astype(np.float32)

    def see(self, image: UInt8, exposure: float = 1.0) -> UInt8:
        """Give the picture as the lens passes it on."""
        result: UInt8 = cv2.multiply(image, self._gain, scale=exposure, dtype=cv2.CV_8U)
        return result


class Sensor:
    """Adds seeded noise, most of it in brightness as cameras do.

    A field of noise larger than the picture is made once; each frame adds two pieces of it from places
    drawn by the frame's own number, so frames differ and any frame can be made again on its own.

    Args:
        size: `(height, width)`.
        sigma: Standard deviation in grey levels; 0 adds none.
        seed: Chooses the noise.
    """

    _ROOM = 64

    def __init__(self, size: tuple[int, int], *, sigma: float, seed: int) -> None:
        self._size, self._seed, self._sigma = size, seed, sigma
        rng = np.random.default_rng([seed, 0x5E45])
        shape = (size[0] + self._ROOM, size[1] + self._ROOM)
        bright = rng.standard_normal(shape, np.float32)[:, :, None]
        tinted = rng.standard_normal((*shape, 3), np.float32)
        field = (bright * 0.9 + tinted * 0.45) * np.float32(sigma / np.sqrt(2))
        self._field = np.rint(field * 16).clip(-2000, 2000).astype(np.int16)

    def see(self, image: UInt8, index: int) -> UInt8:
        """Give the picture as the sensor reads it in the frame of that number."""
        if self._sigma == 0:
            return image
        rng = np.random.default_rng([self._seed, 0x5E46, index])
        (row, other_row), (column, other_column) = rng.integers(0, self._ROOM + 1, (2, 2))
        height, width = self._size
        noise = self._field[row : row + height, column : column + width]
        noise = noise + self._field[other_row : other_row + height, other_column : other_column + width]
        result: UInt8 = cv2.add(image, (noise + 8) >> 4, dtype=cv2.CV_8U)
        return result
