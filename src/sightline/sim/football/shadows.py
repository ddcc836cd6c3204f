"""Where the light of a match comes from, and the shadows that people throw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.body import Ball
from sightline.sim.canvas import Pad, Sprite, window

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, UInt8
    from sightline.sim.football.views import PinholeCamera

WEATHERS = ("sun", "cloud", "rain", "night")


@dataclass(frozen=True, slots=True)
class Light:
    """How the light falls.

    Attributes:
        weather: One of `WEATHERS`.
        towards: Directions `(k, 3)` of length 1 to each lamp.
        shadow: How dark the shadow of one lamp is, 0..1.
        gain: BGR gains on everything.
    """

    weather: str
    towards: Float64
    shadow: float
    gain: tuple[float, float, float]


def lamps(rng: np.random.Generator, weather: str) -> Light:
    """Draw by lot how the light falls in some weather, one of `WEATHERS`."""
    turn = float(rng.uniform(0, 2 * np.pi))
    if weather == "sun":
        rise = float(np.deg2rad(rng.uniform(18, 62)))
        towards = np.array([[np.cos(turn) * np.cos(rise), np.sin(turn) * np.cos(rise), np.sin(rise)]])
        warm = float(rng.uniform(0.9, 1.0))
        return Light(weather, towards, float(rng.uniform(0.3, 0.6)), (warm, 0.98, 1.03))
    if weather == "night":
        rises = np.deg2rad(rng.uniform(35, 60, 4))
        turns = np.pi / 4 + np.pi / 2 * np.arange(4) + rng.normal(0, 0.2, 4)
        towards = np.stack(
            [np.cos(turns) * np.cos(rises), np.sin(turns) * np.cos(rises), np.sin(rises)], axis=1
        )
        return Light(weather, towards, float(rng.uniform(0.08, 0.24)), (1.0, 1.0, 1.0))
    cool = float(rng.uniform(1.0, 1.06))
    return Light(weather, np.array([[0.0, 0.0, 1.0]]), float(rng.uniform(0.2, 0.45)), (cool, 1.0, 0.97))


def in_picture(light: Light, camera: PinholeCamera) -> tuple[float, float]:
    """Give the direction of the light across the picture, length 1 at most."""
    seen = camera.rotation() @ light.towards.mean(axis=0)
    long = max(float(np.hypot(seen[0], seen[1])), 1e-9)
    scale = min(long, 1.0) / long
    return float(seen[0]) * scale, float(seen[1]) * scale


_BONES = np.array(
    [
        (Ball[a], Ball[b])
        for a, b in (
            ("HIP_L", "KNEE_L"), ("KNEE_L", "ANKLE_L"), ("ANKLE_L", "TOE_L"), ("HIP_R", "KNEE_R"), ("KNEE_R", "ANKLE_R"),
            ("ANKLE_R", "TOE_R"), ("HIP_L", "CHEST_R"), ("HIP_R", "CHEST_L"), ("SHOULDER_L", "SHOULDER_R"), ("NECK", "CROWN"),
            ("SHOULDER_L", "ELBOW_L"), ("ELBOW_L", "WRIST_L"), ("SHOULDER_R", "ELBOW_R"), ("ELBOW_R", "WRIST_R"),
        )
    ]
)  # fmt: skip
_THICK_M = (0.17, 0.11, 0.09, 0.17, 0.11, 0.09, 0.3, 0.3, 0.2, 0.2, 0.09, 0.07, 0.09, 0.07)


def throw(image: UInt8, light: Light, camera: PinholeCamera, points_m: Float64, shown: float) -> None:
    """Darken the ground where somebody keeps the light off, in place."""
    if light.weather in {"cloud", "rain"} or shown < 0.9:
        soft(image, camera, points_m, light.shadow)
        return
    towards = light.towards
    fall = points_m[None, :, :2] - points_m[None, :, 2:3] * (towards[:, None, :2] / towards[:, None, 2:3])
    points_px, depths_m = camera.project(np.concatenate([fall, np.zeros((*fall.shape[:2], 1))], axis=2))
    if not np.isfinite(points_px).all():
        return
    low, high = points_px.min(axis=(0, 1)) - 4, points_px.max(axis=(0, 1)) + 5
    left, top = (int(v) for v in np.floor(low).clip(0, (camera.size[1], camera.size[0])))
    right, bottom = (int(v) for v in np.ceil(high).clip(0, (camera.size[1], camera.size[0])))
    if right - left < 2 or bottom - top < 2 or right - left > 1200:
        return
    scale = camera.focal_px / float(depths_m.mean())
    dark = np.zeros((bottom - top, right - left), np.uint8)
    level = round(255 * light.shadow)
    for lamp_px in points_px:
        mask = np.zeros_like(dark) if len(points_px) > 1 else dark
        fixed = np.rint((lamp_px - (left, top) - 0.5) * 8).astype(np.int32)
        for (start, end), thick_m in zip(_BONES, _THICK_M, strict=True):
            thick = max(round(thick_m * scale * 0.9), 1)
            cv2.line(mask, fixed[start].tolist(), fixed[end].tolist(), level, thick, cv2.LINE_AA, 3)
        if mask is not dark:
            cv2.add(dark, mask, dst=dark)
    dark = cv2.blur(dark, (3, 3))
    _darken(image[top:bottom, left:right], dark)


def soft(image: UInt8, camera: PinholeCamera, points_m: Float64, strength: float) -> None:
    """Darken the ground about a body softly, as under clouds, in place."""
    middle = points_m[:, :2].mean(axis=0)
    turns = np.arange(12) * (np.pi / 6)
    ring = np.stack(
        [middle[0] + 0.42 * np.cos(turns), middle[1] + 0.42 * np.sin(turns), np.zeros(12)], axis=1
    )
    points_px, _ = camera.project(ring)
    if not np.isfinite(points_px).all():
        return
    pad = Pad((*points_px.min(axis=0), *points_px.max(axis=0)), fineness=1, margin_px=3, largest=600)
    mask = np.zeros((pad.height, pad.width), np.uint8)
    cv2.fillConvexPoly(mask, pad.fixed(points_px), round(255 * strength), cv2.LINE_AA, 4)
    wide = max(pad.width // 3, 3) | 1
    mask = cv2.blur(mask, (wide, max(pad.height // 3, 3) | 1))
    patch = Sprite(pad.left, pad.top, np.zeros((1, 1, 3), np.float32), mask.astype(np.float32), None)
    place = window(patch, (image.shape[0], image.shape[1]))
    if place is not None:
        _darken(
            image[place.rows, place.columns],
            np.ascontiguousarray(mask[place.sprite_rows, place.sprite_columns]),
        )


def _darken(part: UInt8, dark: UInt8) -> None:
    kept = cv2.bitwise_not(dark)
    cv2.multiply(part, cv2.merge([kept, kept, kept]), dst=part, scale=1 / 255)
