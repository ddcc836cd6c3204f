"""What the camera sees: the road by its surface, verge and hills beyond, posts and trees, light and weather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.sim.canvas import Pad, lay
from sightline.sim.road.surface import AHEAD_M, HALF_M, PX_PER_M
from sightline.sim.textures import noise

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64, UInt8
    from sightline.sim.camera import Camera
    from sightline.sim.road.ring import Ring
    from sightline.sim.road.surface import Stretch

_FIELD_PX_PER_M, _FIELD_PX = 12.0, 1024
_PANORAMA_PX = 2880
_PX_A_DEG = _PANORAMA_PX / 360
_HAZE_M = 220.0
_FAR = (84.0, 108.0, 94.0)
_LIGHTS = {"day": 1.0, "dusk": 0.5, "night": 0.035}
_SKIES = {
    "day": ((226, 196, 160), (236, 226, 214)),
    "dusk": ((120, 92, 84), (120, 140, 196)),
    "night": ((18, 12, 8), (30, 22, 18)),
}
_WET_SKY = ((176, 172, 168), (196, 194, 192))


@dataclass(frozen=True, slots=True)
class Post:
    """Something that stands beside the road: a post, or a tree of that height."""

    s_m: float
    d_m: float
    height_m: float
    tree: bool
    colour: tuple[float, float, float]


class Outlook:
    """Draws frame after frame.

    Args:
        ring: The road.
        seed: Draws fields, hills and posts.
        light: `day`, `dusk` or `night`.
        rain: Whether it rains.
        clutter: Whether posts and trees stand beside the road.
    """

    def __init__(self, ring: Ring, *, seed: int, light: str, rain: bool, clutter: bool) -> None:
        rng = np.random.default_rng([seed, 0x0174])
        self._ring, self._seed, self._rain, self._night = ring, seed, rain, light == "night"
        self._gain = _LIGHTS[light]
        self._sky = _WET_SKY if rain and light == "day" else _SKIES[light]
        self._field = _field(rng)
        self._hills = _hills(rng)
        self._posts = _posts(rng, ring) if clutter else []
        self._size: tuple[int, int] | None = None

    def draw(self, camera: Camera, stretch: Stretch, s_m: float, d_m: float, index: int) -> UInt8:
        """Give the picture from a car at `(s_m, d_m)`; `camera` is in the car's own axes."""
        height, width = camera.size
        points = _ground(camera)
        picture = self._backdrop(camera, s_m)
        there = np.isfinite(points[:, :, 1]) & (points[:, :, 1] > 0.3)
        rows = np.flatnonzero(there.any(axis=1))
        if len(rows):
            top = int(rows[0])
            ahead_m = points[top:, :, 1]
            ground, lit = self._surface(points[top:], stretch, s_m, d_m)
            haze = np.exp(-np.nan_to_num(ahead_m, nan=1e4) / _HAZE_M)[:, :, None] if not self._night else 1.0
            far = np.array(_FAR, np.float32) * self._gain
            ground = (ground * lit) * haze + far * (1 - haze)
            mask = there[top:, :, None]
            picture[top:] = np.where(mask, ground, picture[top:])
        image = picture.clip(0, 255).astype(np.uint8)
        self._stand(image, camera, s_m, d_m)
        if self._rain:
            image = self._wet(image, index, (height, width))
        return image

    def _surface(self, points: Float64, stretch: Stretch, s_m: float, d_m: float) -> tuple[Float32, Any]:
        """Give the ground's colours and how much light falls on them."""
        places = self._ring.from_car(np.nan_to_num(points, nan=1e4), s_m, d_m)
        far_m = np.hypot(points[:, :, 0], points[:, :, 1])
        columns = (HALF_M - places[:, :, 1]) * PX_PER_M
        lines = (stretch.first_s + stretch.length_m - places[:, :, 0]) * PX_PER_M
        ground = self._fields(points, s_m, d_m)
        on = (np.abs(places[:, :, 1]) < HALF_M - 0.02) & (far_m < AHEAD_M) & (lines > 0)
        middle = points.shape[1] // 2
        step_m = np.abs(np.gradient(np.nan_to_num(points[:, middle, 1], nan=1e4)))
        side_m = np.abs(points[:, min(middle + 1, points.shape[1] - 1), 0] - points[:, middle, 0])
        with np.errstate(divide="ignore", invalid="ignore"):
            fine = np.log2(np.sqrt(np.nan_to_num(step_m * side_m, nan=1e6)) * PX_PER_M)
        levels = np.clip(np.nan_to_num(fine, nan=5, posinf=5, neginf=0), 0, len(stretch.pictures) - 1)
        for level in range(len(stretch.pictures)):
            own = np.flatnonzero(levels.astype(np.int64) == level)
            if not len(own) or not on[own].any():
                continue
            r1, r2 = int(own[0]), int(own[-1]) + 1
            seen = self._sampled(stretch, columns[r1:r2], lines[r1:r2], level, levels[r1:r2] - level)
            ground[r1:r2] = np.where(on[r1:r2, :, None], seen, ground[r1:r2])
        if self._rain:
            ground = self._shine(ground * 0.72, points)
        return ground, self._lit(points)

    @staticmethod
    def _sampled(stretch: Stretch, columns: Float64, lines: Float64, level: int, between: Float64) -> Float32:
        """Read the surface at a level of fineness and the next, mixed."""
        found = []
        for each in (level, min(level + 1, len(stretch.pictures) - 1)):
            scale = 1.0 / (1 << each)
            found.append(
                cv2.remap(
                    stretch.pictures[each],
                    (columns * scale - 0.5).astype(np.float32),
                    (lines * scale - 0.5).astype(np.float32),
                    cv2.INTER_LINEAR,
                    borderMode=cv2.BORDER_REPLICATE,
                ).astype(np.float32)
            )
        share = np.clip(between, 0, 1).astype(np.float32)[:, None, None]
        mixed: Float32 = found[0] * (1 - share) + found[1] * share
        return mixed

    def _fields(self, points: Float64, s_m: float, d_m: float) -> Float32:
        """Give the land beside the road, which lies still while the car drives."""
        heading = s_m / self._ring.radius_m
        here = self._ring.on_earth(np.array([[s_m, d_m]]))[0]
        right, ahead = np.nan_to_num(points[:, :, 0], nan=0.0), np.nan_to_num(points[:, :, 1], nan=0.0)
        east = here[0] + right * np.cos(heading) - ahead * np.sin(heading)
        north = here[1] + right * np.sin(heading) + ahead * np.cos(heading)
        seen: Float32 = cv2.remap(
            self._field,
            np.mod(east * _FIELD_PX_PER_M, _FIELD_PX).astype(np.float32),
            np.mod(north * _FIELD_PX_PER_M, _FIELD_PX).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        ).astype(np.float32)
        calm = np.clip(ahead / 25.0, 0, 1)[:, :, None].astype(np.float32)
        mixed: Float32 = seen * (1 - calm) + np.array([60.0, 104.0, 96.0], np.float32) * calm
        return mixed

    def _lit(self, points: Float64) -> Any:
        """Give the light on the ground: the sky's, or the headlamps' at night."""
        if not self._night:
            return self._gain
        right, ahead = np.nan_to_num(points[:, :, 0]), np.nan_to_num(points[:, :, 1], nan=1e4)
        cone = np.exp(-((right / (1.2 + 0.22 * ahead)) ** 2))
        beam = 0.85 * cone * np.clip((ahead - 1.0) / 4.0, 0, 1) * (7.0 / np.maximum(ahead, 7.0)) ** 1.3
        return (self._gain + beam)[:, :, None]

    def _shine(self, ground: Float32, points: Float64) -> Float32:
        """Let a wet road mirror the sky, the more the flatter one looks at it."""
        ahead = np.nan_to_num(points[:, :, 1], nan=1e4)
        share = np.clip(0.10 + ahead / 60.0, 0, 0.55)[:, :, None]
        mixed: Float32 = (ground * (1 - share) + np.array(self._sky[1], np.float32) * share).astype(
            np.float32
        )
        return mixed

    def _backdrop(self, camera: Camera, s_m: float) -> Float32:
        """Give sky and hills by the direction of each pixel."""
        height, width = camera.size
        turn = camera.rotation()
        u = (np.arange(width) + 0.5 - width / 2) / camera.focal_px
        v = (np.arange(height) + 0.5 - height / 2) / camera.focal_px
        across, down = np.meshgrid(u, v)
        rays = np.stack([across, down, np.ones_like(across)], axis=-1) @ turn
        rise = np.rad2deg(np.arctan2(rays[:, :, 2], np.hypot(rays[:, :, 0], rays[:, :, 1])))
        bearing = np.rad2deg(np.arctan2(rays[:, :, 0], rays[:, :, 1])) + self._ring.bearing_deg(s_m)
        top, low = (np.array(colour, np.float32) for colour in self._sky)
        share = np.clip(rise / 30.0, 0, 1)[:, :, None].astype(np.float32)
        sky = low * (1 - share) + top * share
        hills = cv2.remap(
            self._hills,
            np.mod(bearing * _PX_A_DEG, _PANORAMA_PX).astype(np.float32),
            np.clip((12.0 - rise) * _PX_A_DEG, 0, len(self._hills) - 1).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.float32)
        cover = hills[:, :, 3:] / 255.0
        mixed: Float32 = sky * (1 - cover) + hills[:, :, :3] * self._gain * cover
        return mixed

    def _stand(self, image: UInt8, camera: Camera, s_m: float, d_m: float) -> None:
        """Draw posts and trees, far ones first."""
        lap = self._ring.lap_m
        near = [(each, (each.s_m - s_m) % lap) for each in self._posts]
        for post, ahead_m in sorted(near, key=lambda pair: -pair[1]):
            if not 3.0 < ahead_m < 55.0:
                continue
            foot = self._ring.to_car(np.array([[s_m + ahead_m, post.d_m]]), s_m, d_m)[0]
            gain = self._gain if not self._night else float(self._lit(np.array([[foot]]))[0, 0, 0])
            _draw_post(image, camera, post, foot, gain)

    def _wet(self, image: UInt8, index: int, size: tuple[int, int]) -> UInt8:
        """Blur a little and let drops fall through the picture."""
        rng = np.random.default_rng([self._seed, 0x4A1, index])
        soft = cv2.GaussianBlur(image, (0, 0), max(size[1] / 900.0, 0.4))
        streaks = np.zeros(size, np.uint8)
        for x, y, length in zip(
            rng.uniform(0, size[1], 90), rng.uniform(0, size[0], 90), rng.uniform(0.01, 0.05, 90), strict=True
        ):
            end = (round(x + 0.12 * length * size[0]), round(y + length * size[0]))
            cv2.line(streaks, (round(x), round(y)), end, 60, 1, cv2.LINE_AA)
        result: UInt8 = cv2.add(soft, cv2.merge([streaks] * 3))
        return result


def _ground(camera: Camera) -> Float64:
    """Give `(h, w, 2)` where each pixel's ray meets the ground, to the right and ahead; NaN at and above the horizon."""
    height, width = camera.size
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    matrix = camera.image_to_ground().matrix
    depth = matrix[2, 0] * across + matrix[2, 1] * down + matrix[2, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        right = (matrix[0, 0] * across + matrix[0, 1] * down + matrix[0, 2]) / depth
        ahead = (matrix[1, 0] * across + matrix[1, 1] * down + matrix[1, 2]) / depth
    points = np.stack([right, ahead], axis=-1)
    points[(depth <= 1e-9) | (ahead > 1e4)] = np.nan
    return points


def _field(rng: np.random.Generator) -> UInt8:
    size = (_FIELD_PX, _FIELD_PX)
    light = 1 + 0.13 * noise(rng, size, (2.0, 5.0)) + 0.1 * noise(rng, size, (60.0, 160.0))
    picture: UInt8 = (np.array([56.0, 104.0, 92.0]) * light[:, :, None]).clip(0, 255).astype(np.uint8)
    return picture


def _hills(rng: np.random.Generator) -> UInt8:
    """Give a ring of woods and hills, BGR and coverage, 12 degrees above the horizon to 4 below."""
    rows = round(16 * _PX_A_DEG)
    strip = np.zeros((rows, _PANORAMA_PX, 4), np.uint8)
    turn = np.arange(_PANORAMA_PX) * (2 * np.pi / _PANORAMA_PX)
    horizon = round(12 * _PX_A_DEG)
    for high, colour in ((3.2, (150, 148, 132)), (1.7, (96, 118, 100)), (0.9, (58, 84, 70))):
        tops = high * (
            0.75
            + sum(
                np.sin(order * turn + float(rng.uniform(0, 6.3))) * 0.35 / order**0.5
                for order in (2, 3, 5, 9)
            )
            / 2
        )
        tops += 0.16 * np.interp(turn, np.linspace(0, 2 * np.pi, 720), rng.standard_normal(720))
        edge = horizon - np.maximum(tops, 0.1) * _PX_A_DEG
        below = np.arange(rows)[:, None] >= edge[None, :]
        grain = 1 + 0.08 * noise(rng, (rows, _PANORAMA_PX), (2.0, 6.0))
        shaded = (np.array(colour) * grain[:, :, None]).clip(0, 255)
        strip[below] = np.concatenate([shaded, np.full((rows, _PANORAMA_PX, 1), 255.0)], axis=2)[
            below
        ].astype(np.uint8)
    return strip


def _posts(rng: np.random.Generator, ring: Ring) -> list[Post]:
    """Put posts at even distances, and trees between them, on both sides."""
    found = []
    for s_m in np.arange(6.0, ring.lap_m, 24.0):
        found += [Post(float(s_m), side * 4.4, 0.95, False, (214.0, 216.0, 216.0)) for side in (-1.0, 1.0)]
    for _ in range(round(ring.lap_m / 11)):
        side = float(rng.choice([-1, 1]))
        green = (float(rng.uniform(34, 56)), float(rng.uniform(70, 104)), float(rng.uniform(52, 84)))
        found.append(
            Post(
                float(rng.uniform(0, ring.lap_m)),
                side * float(rng.uniform(6.0, 12.0)),
                float(rng.uniform(3.5, 8.0)),
                True,
                green,
            )
        )
    return found


def _draw_post(image: UInt8, camera: Camera, post: Post, foot: Float64, gain: float) -> None:
    """Draw a post with its black band, or a tree with its crown."""
    half = 0.06 if not post.tree else 0.13
    trunk_m = post.height_m if not post.tree else 0.45 * post.height_m
    corners = np.array(
        [
            (foot[0] - half, foot[1], 0),
            (foot[0] + half, foot[1], 0),
            (foot[0] + half, foot[1], trunk_m),
            (foot[0] - half, foot[1], trunk_m),
        ]
    )
    points, _ = camera.project(corners)
    if not np.isfinite(points).all():
        return
    crown_m = 0.36 * post.height_m
    middle, depth = camera.project(np.array([(foot[0], foot[1], 0.68 * post.height_m)]))
    radius = crown_m * camera.focal_px / float(depth[0])
    low, high = points.min(axis=0), points.max(axis=0)
    if post.tree:
        low, high = np.minimum(low, middle[0] - 1.25 * radius), np.maximum(high, middle[0] + 1.25 * radius)
    if high[0] < -50 or low[0] > camera.size[1] + 50:
        return
    pad = Pad((*low.tolist(), *high.tolist()), fineness=2)
    pad.polygon(points, tuple(value * gain for value in ((62.0, 78.0, 92.0) if post.tree else post.colour)))
    if post.tree:
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        bulge = 1 + 0.12 * np.sin(5 * turn + post.s_m) + 0.08 * np.sin(11 * turn + post.d_m)
        for size, light in ((1.0, 0.8), (0.72, 1.0), (0.42, 1.18)):
            ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * (radius * size * bulge)[:, None]
            pad.polygon(
                middle[0] + ring - (0, radius * (1 - size) * 0.4),
                tuple(value * light * gain for value in post.colour),
            )
    else:
        band = points.copy()
        band[:2] = points[:2] + (points[[3, 2]] - points[:2]) * 0.72
        band[2:] = points[[1, 0]] + (points[2:] - points[[1, 0]]) * 0.86
        pad.polygon(band, (24.0 * gain, 24.0 * gain, 26.0 * gain))
    lay(image, pad.sprite())
