"""What stands around a pitch: boards, stands with a crowd, benches, and the goals with their nets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.football.views import NEAR_M

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64, UInt8
    from sightline.sim.football.views import PinholeCamera

_WORDS = (
    "NORDWIND", "ALPA", "KAROLIN", "VELO 21", "SIGMUND", "QUARZ", "MILO", "BRUNNEN", "OSTRA", "TELVA", "HAFEN", "ZIRKEL",
    "LUMO", "GRANIT", "PAX", "AUTO 77", "RADIO", "KANTON", "TRIO", "EXPO",
)  # fmt: skip
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)


@dataclass(frozen=True, slots=True)
class Wall:
    """A flat picture in space.

    Attributes:
        picture: `(h, w, 3)` BGR uint8.
        origin_m: Where its top left corner is.
        across_m: From there to its top right corner.
        down_m: From there to its bottom left corner.
    """

    picture: UInt8
    origin_m: tuple[float, float, float]
    across_m: tuple[float, float, float]
    down_m: tuple[float, float, float]

    def corners_m(self) -> Float64:
        """Give top left, top right, bottom right, bottom left, `(4, 3)`."""
        start, across, down = (np.array(value) for value in (self.origin_m, self.across_m, self.down_m))
        return np.array([start, start + across, start + across + down, start + down])

    def paint(self, image: UInt8, camera: PinholeCamera, cover: UInt8 | None = None) -> None:
        """Paint it into a picture in place, and mark in `cover` `(h, w)` where it is."""
        shape = clipped(camera, self.corners_m())
        if shape is None:
            return
        height, width = camera.size
        left, top = (int(value) for value in np.floor(shape.min(axis=0)).clip(0, (width, height)))
        right, bottom = (int(value) for value in np.ceil(shape.max(axis=0) + 1).clip(0, (width, height)))
        if right - left < 1 or bottom - top < 1:
            return
        tall, wide = self.picture.shape[:2]
        plane = np.zeros((4, 3))
        plane[:3] = np.c_[
            np.array(self.across_m) / wide, np.array(self.down_m) / tall, np.array(self.origin_m)
        ]
        plane[3, 2] = 1.0
        shift = np.array([[1.0, 0.0, -left - 0.5], [0.0, 1.0, -top - 0.5], [0.0, 0.0, 1.0]])
        centre = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
        onto = shift @ camera.matrix() @ plane @ centre
        size = (right - left, bottom - top)
        warped = cv2.warpPerspective(self.picture, onto, size, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros((size[1], size[0]), np.uint8)
        fixed = np.rint((shape - (left, top) - 0.5) * 16).clip(-(2**26), 2**26).astype(np.int32)
        cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_8, 4)
        cv2.copyTo(warped, mask, image[top:bottom, left:right])
        if cover is not None:
            part = cover[top:bottom, left:right]
            np.maximum(part, mask, out=part)


def clipped(camera: PinholeCamera, corners_m: Float64) -> Float64 | None:
    """Give a flat shape as the camera sees it, `(n, 2)` pixels, cut off in front of it; None where it is behind.

    Source:
        Sutherland & Hodgman, Reentrant polygon clipping, CACM 17 (1974).
    """
    matrix = camera.matrix()
    seen = corners_m @ matrix[:, :3].T + matrix[:, 3]
    kept = []
    for here, there in zip(seen, np.roll(seen, -1, axis=0), strict=True):
        if here[2] >= NEAR_M:
            kept.append(here)
        if (here[2] >= NEAR_M) != (there[2] >= NEAR_M):
            share = (NEAR_M - here[2]) / (there[2] - here[2])
            kept.append(here + share * (there - here))
    if len(kept) < 3:
        return None
    shape = np.array(kept)
    result: Float64 = shape[:, :2] / shape[:, 2:]
    return result


# --- pictures ---------------------------------------------------------------------------------------------


def _vivid(rng: np.random.Generator, *, dark: float = 0.0) -> tuple[float, float, float]:
    """Give a colour of the printed world."""
    pixel = np.array([[[rng.integers(180), rng.integers(60, 256), rng.integers(60, 256)]]], np.uint8)
    blue, green, red = cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0].astype(float) * (1 - dark)
    if rng.random() < 0.3:
        blue = green = red = float(rng.integers(20, 240))
    return float(blue), float(green), float(red)


def boards(rng: np.random.Generator, length_m: float, *, height_px: int = 26) -> UInt8:
    """Give a row of advertisements, one metre high."""
    picture = np.zeros((height_px, int(length_m * height_px), 3), np.uint8)
    whole = rng.random() < 0.4
    colour, ink = _vivid(rng), _vivid(rng)
    left = 0
    while left < picture.shape[1]:
        width = int(rng.uniform(3, 9) * height_px)
        if not whole:
            colour, ink = _vivid(rng), _vivid(rng)
        picture[:, left : left + width] = colour
        text = _WORDS[int(rng.integers(len(_WORDS)))]
        font = _FONTS[int(rng.integers(len(_FONTS)))]
        place = (left + int(rng.uniform(2, width / 3)), int(height_px * rng.uniform(0.68, 0.82)))
        cv2.putText(picture, text, place, font, height_px / 34, ink, int(rng.integers(1, 4)), cv2.LINE_AA)
        left += width
    return picture


def crowd(rng: np.random.Generator, length_m: float, rows: int, gain: float) -> UInt8:
    """Give a stand full of people from the front: seats half a metre wide, four fifths deep, ten pixels a metre."""
    columns = int(length_m * 2)
    seats = np.array(_vivid(rng, dark=0.35))
    fans = np.array(
        [_vivid(rng) for _ in range(3)] + [(30, 28, 30), (60, 56, 54), (200, 200, 205), (92, 60, 40)]
    )
    weights = rng.dirichlet([rng.uniform(0.3, 4), 1.0, 0.7, 3.0, 2.0, 1.2, 1.0])
    shirts = fans[rng.choice(len(fans), (rows, columns), p=weights)] + rng.normal(0, 14, (rows, columns, 3))
    full = np.clip(
        rng.uniform(0.3, 1.1) + 0.35 * cv2.resize(rng.standard_normal((3, 12)), (columns, rows)), 0, 0.99
    )
    taken = rng.random((rows, columns)) < full
    shirts = np.where(taken[:, :, None], shirts, seats + rng.normal(0, 5, (rows, columns, 3)))
    skin = np.array([120, 150, 200]) * rng.uniform(0.35, 1.05, (rows, columns, 1))
    cells = np.empty((rows, 8, columns, 5, 3), np.float32)
    cells[:] = shirts[:, None, :, None] * 0.45
    cells[:, 3:7, :, 0:4] = shirts[:, None, :, None]
    cells[:, 0:3, :, 1:3] = np.where(taken[:, :, None], skin, shirts * 0.6)[:, None, :, None]
    picture = cells.reshape(rows * 8, columns * 5, 3)
    for start in range(int(rng.integers(30, 80)), columns * 5, int(rng.uniform(90, 190))):
        picture[:, start : start + 8] = rng.uniform(60, 130)
    for _ in range(int(rng.integers(0, 5))):
        row, column = int(rng.integers(0, rows * 8)), int(rng.integers(0, columns * 5))
        tall, wide = int(rng.uniform(8, 40)), int(rng.uniform(20, 140))
        picture[row : row + tall, column : column + wide] = _vivid(rng)
    return (picture * gain).clip(0, 255).astype(np.uint8)


def _plain(
    rng: np.random.Generator, colour: Sequence[float] | Float64, shape: tuple[int, int] = (8, 64)
) -> UInt8:
    noise = rng.normal(0, 5, (*shape, 1))
    return (np.array(colour) + noise).clip(0, 255).astype(np.uint8)


# --- what is built ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stadium:
    """Walls in the order they are painted.

    Attributes:
        stands: Crowds, farthest; they are painted coarsely, as no lens is focused on them.
        boards: Advertisements behind the people.
        before: What stands between the people and the camera.
        sky: BGR of what is above all this.
        net: How well the goals' nets show, 0..1.
    """

    stands: tuple[Wall, ...]
    boards: tuple[Wall, ...]
    before: tuple[Wall, ...]
    sky: tuple[float, float, float]
    net: float


def build(rng: np.random.Generator, pitch: PitchSize, *, gain: float = 1.0) -> Stadium:
    """Draw a stadium by lot; `gain` is how bright its stands are."""
    half_x = pitch.length_m / 2
    gap_m, stand_m = float(rng.uniform(2.5, 6.5)), float(rng.uniform(7, 14))
    dusk = gain * float(rng.uniform(0.5, 1.3))
    stands: list[Wall] = []
    length = 2 * (half_x + stand_m + 30)
    rows = [int(rng.integers(14, 26)) for _ in range(2)]
    hoarding = boards(rng, 2 * (half_x + gap_m))
    band = boards(rng, 120.0, height_px=18) if rng.random() < 0.7 else _plain(rng, (70, 70, 74))
    tiers = [(stand_m, 1.6, stand_m + 22, 13.0), (stand_m + 21, 15.5, stand_m + 42, 31.0)]
    for side in ("far", "left", "right"):
        for (near_m, low_m, back_m, high_m), count in reversed(list(zip(tiers, rows, strict=True))):
            # Seen from the main stand, the rows at the ends lie closer together.
            picture = crowd(rng, length, count if side == "far" else 2 * count, dusk)
            stands.append(_sided(side, pitch, picture, (back_m, high_m), (near_m, low_m)))
            stands.append(_sided(side, pitch, band, (near_m, low_m), (near_m, low_m - 1.6)))
    rim = [
        _sided(side, pitch, hoarding, (gap_m, float(rng.uniform(0.8, 1.15))), (gap_m, 0.0))
        for side in ("far", "left", "right")
        if side == "far" or rng.random() < 0.85
    ]
    before = _near_side(rng, pitch, dusk) if rng.random() < 0.8 else []
    grey = float(rng.uniform(15, 110))
    sky = (grey * 1.1, grey, grey * 0.95) if rng.random() < 0.7 else (225.0, 190.0, 150.0)
    return Stadium(tuple(stands), tuple(rim), tuple(before), sky, float(rng.uniform(0.12, 0.45)))


def _sided(
    side: str, pitch: PitchSize, picture: UInt8, top: tuple[float, float], low: tuple[float, float]
) -> Wall:
    """Give a wall along a side of the pitch from (metres beyond the line, height) at its top and at its foot."""
    reach = (pitch.length_m / 2 if side == "far" else pitch.width_m / 2) + max(top[0], 12.0)
    if top[0] - low[0] < 1 and top[0] < 7:
        reach = (pitch.length_m if side == "far" else pitch.width_m) / 2 + top[0]
    drop = (low[0] - top[0], low[1] - top[1])
    if side == "far":
        line = pitch.width_m / 2
        return Wall(picture, (-reach, line + top[0], top[1]), (2 * reach, 0, 0), (0, drop[0], drop[1]))
    sign = -1.0 if side == "left" else 1.0
    line = sign * (pitch.length_m / 2 + top[0])
    return Wall(
        picture, (line, sign * reach, top[1]), (0, -sign * 2 * reach, 0), (sign * drop[0], 0, drop[1])
    )


def _near_side(rng: np.random.Generator, pitch: PitchSize, dusk: float) -> list[Wall]:
    """Give what stands before the main stand: boards from behind, benches, and the first rows of the crowd."""
    line = -pitch.width_m / 2
    found: list[Wall] = []
    for middle in (-float(rng.uniform(9, 24)), float(rng.uniform(9, 24))):
        if rng.random() < 0.6:
            found += _bench(rng, middle, line - float(rng.uniform(3.5, 6)))
    if rng.random() < 0.5:
        picture = boards(rng, 110.0, height_px=18) if rng.random() < 0.4 else _plain(rng, (46, 46, 50))
        away = line - float(rng.uniform(3, 7))
        found.append(Wall(picture, (-58, away, 0.95), (116, 0, 0), (0, 0, -0.95)))
    away = line - float(rng.uniform(8, 12))
    picture = np.flipud(crowd(rng, 150.0, 20, dusk * 0.8)).copy()
    found.append(Wall(picture, (-75, away, 0.6), (150, 0, 0), (0, -22, 5.5)))
    return found


def _bench(rng: np.random.Generator, middle: float, line: float) -> list[Wall]:
    """Give a bench with a roof, seen from behind."""
    long_m, deep_m, high_m = (
        float(rng.uniform(6, 12)),
        float(rng.uniform(1.2, 2.2)),
        float(rng.uniform(1.6, 2.2)),
    )
    colour = np.array(_vivid(rng))
    roof = _plain(rng, colour * 1.0, (12, 120))
    roof[:, :: int(rng.integers(8, 20))] = (colour * 0.6).clip(0, 255).astype(np.uint8)
    back = _plain(rng, colour * 0.7, (12, 120))
    left = middle - long_m / 2
    return [
        Wall(roof, (left, line, high_m), (long_m, 0, 0), (0, -deep_m, -0.2)),
        Wall(back, (left, line - deep_m, high_m - 0.2), (long_m, 0, 0), (0, 0, 0.2 - high_m)),
    ]


# --- goals ------------------------------------------------------------------------------------------------

_GOAL_M = (7.32, 2.44, 2.0)


@lru_cache(maxsize=8)
def _goal(pitch: PitchSize, side: int) -> tuple[Float64, tuple[Float64, ...], Float64]:
    """Give a goal's outermost points, the threads of its net and its frame, all in metres."""
    width, height, deep = _GOAL_M
    line, back = side * pitch.length_m / 2, side * (pitch.length_m / 2 + deep)
    half, shelf = width / 2, side * (pitch.length_m / 2 + 0.9)
    threads: list[Float64] = [
        np.array([(line, share, height), (shelf, share, height), (back, share, 0.0)])
        for share in np.linspace(-half, half, 30)
    ]
    for share in np.linspace(0, 1, 10):
        at, up = back + (shelf - back) * share, height * share
        threads.append(np.array([(line, -half, up), (at, -half, up), (at, half, up), (line, half, up)]))
    for share in np.linspace(0, 1, 6):
        at = line + (back - line) * share
        top = height if share < 0.45 else height * (1 - share) / 0.55
        threads += [np.array([(at, sign * half, 0.0), (at, sign * half, top)]) for sign in (-1, 1)]
    corners = np.array([(line, -half, 0), (line, half, height), (back, half, 0), (back, -half, 0)])
    frame = np.array([(line, -half, 0), (line, -half, height), (line, half, height), (line, half, 0)])
    return corners, tuple(threads), frame


def paint_goal(image: UInt8, camera: PinholeCamera, pitch: PitchSize, side: int, net: float) -> None:
    """Paint the goal at the end `side` (-1 or 1) into a picture in place; `net` is how well its net shows."""
    corners, threads, frame = _goal(pitch, side)
    places_px, _ = camera.project(corners)
    if not np.isfinite(places_px).all():
        return
    low, high = np.floor(places_px.min(axis=0) - 12), np.ceil(places_px.max(axis=0) + 12)
    left, top = (int(value) for value in low.clip(0, (camera.size[1], camera.size[0])))
    right, bottom = (int(value) for value in high.clip(0, (camera.size[1], camera.size[0])))
    if right <= left or bottom <= top:
        return
    part = image[top:bottom, left:right]
    netted = part.copy()
    for thread in threads:
        points_px, _ = camera.project(thread)
        fixed = np.rint((points_px - (left, top) - 0.5) * 16).astype(np.int32)
        cv2.polylines(netted, [fixed], False, (225, 225, 225), 1, cv2.LINE_AA, 4)
    cv2.addWeighted(netted, net, part, 1 - net, 0, dst=part)
    points_px, depths_m = camera.project(frame)
    thick = max(round(0.12 * camera.focal_px / float(depths_m.mean())), 1)
    fixed = np.rint((points_px - (left, top) - 0.5) * 16).astype(np.int32)
    cv2.polylines(part, [fixed], False, (240, 240, 240), thick, cv2.LINE_AA, 4)
