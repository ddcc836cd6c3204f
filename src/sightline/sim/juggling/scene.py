"""Somebody juggles in front of a camera; every throw, catch and drop is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.ports import SceneOptions
from sightline.sim.backdrop import Optics, View
from sightline.sim.body import place, pose
from sightline.sim.camera import Camera, CameraMotion
from sightline.sim.canvas import Lens, Sensor, lay, smear
from sightline.sim.figure import draw
from sightline.sim.juggling.act import performance_of
from sightline.sim.juggling.choices import SETTINGS, checked
from sightline.sim.juggling.figure import (
    REACH_M,
    ball_sprite,
    fingers_sprite,
    juggling_pose,
    radius_px,
    standing_figure,
)
from sightline.sim.juggling.places import backdrop, ball_colours
from sightline.sim.light import Sun
from sightline.sim.scene import Shot, check, film, frame_count
from sightline.sim.truth import Seen

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64, UInt8
    from sightline.sim.canvas import Sprite

_AHEAD_M = 4.0
_BELOW_M, _ABOVE_M = 0.62, 0.3
_LEAST_VIEW_M = 1.5
_SHUTTER_SHARE = 0.35
_TILT_DEG = 1.0
_SUN = Sun.at(azimuth_deg=-140, height_deg=50, shadow=0.3)
_WALKS_AHEAD_M, _WALK_MPS = 6.2, 1.25


class JugglingScene:
    """A juggler; see `ports.Scene`. Balls have the ids 1, 2, ... of the truth's `tracks`."""

    name = "juggling"
    class_name = "ball"
    settings = SETTINGS

    def __init__(self, options: SceneOptions | None = None) -> None:
        self.options = options or SceneOptions()
        check(self.options)
        self.chosen = checked(self.options.settings)
        rng = np.random.default_rng([self.options.seed, 0x1B])
        self.act = performance_of(self.chosen, self.options.seconds, self.options.actors, rng)
        self._figure = standing_figure(rng)
        self._walker = standing_figure(rng)
        self._cloth = (1 + 0.05 * rng.standard_normal((48, 48))).astype(np.float32)
        self._colours = ball_colours(rng, self.chosen["balls"], len(self.act.balls))
        self.rest = self._camera()
        self.motion = CameraMotion(self.rest, self.options.shake_px, seed=self.options.seed)

    def render(self, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
        """Write the clip and its truth; see `ports.Scene.render`."""
        return film(self, out, progress)

    def events(self) -> Mapping[str, Any]:
        """Give every throw, catch and drop, for `events.json`."""
        last_s = (frame_count(self.options) - 1) / float(self.options.frame_rate_hz)
        throws = [throw for throw in self.act.throws if not throw.held and throw.t_s <= last_s]
        return {
            "siteswap": str(self.act.runs[0].pattern.canonical()),
            "balls": len(self.act.balls),
            "throws": [
                {
                    "t_s": round(throw.t_s, 6),
                    "ball": throw.ball + 1,
                    "hand": str(throw.hand),
                    "value": throw.value,
                    "height_m": round(throw.height_m, 4),
                    "catch_t_s": round(throw.catch_t_s, 6) if throw.catch_hand else None,
                    "catch_hand": str(throw.catch_hand) if throw.catch_hand else None,
                }
                for throw in throws
            ],
            "drops": [
                {"t_s": round(t_s, 6), "ball": ball + 1} for ball, t_s in self.act.drops if t_s <= last_s
            ],
        }

    def facts(self) -> Mapping[str, Any]:
        """Give what was drawn by lot."""
        fall = 9.81 * self.rest.focal_px / (_AHEAD_M - REACH_M)
        return {
            "siteswap": str(self.act.runs[0].pattern),
            "balls": len(self.act.balls),
            "gravity_px_s2": fall,
        }

    def rules(self) -> Mapping[str, Any]:
        """Nothing is counted at lines."""
        return {"version": 1}

    def shots(self) -> Iterator[Shot]:
        """Draw every frame in order."""
        options = self.options
        wide = self.rest.widened(self.motion.margin_px())
        behind = backdrop(wide, self.chosen["background"], options.seed)
        optics = Optics(Lens(options.size), Sensor(options.size, sigma=options.noise, seed=options.seed))
        for index in range(frame_count(options)):
            t_s = float(index / options.frame_rate_hz)
            camera = self.motion.at(t_s)
            image = View(behind, camera).picture()
            if self.chosen["passer_by"]:
                self._walk_by(image, camera, t_s)
            seen = self._draw(image, camera, t_s)
            yield Shot(index, t_s, optics.see(image, index, t_s), camera, seen)

    def _camera(self) -> Camera:
        """Give a camera that has the whole pattern and the juggler down to the hips in its picture."""
        times = np.arange(0.0, max(self.act.end_s, 0.1), 0.02)
        hand_m = 1.05
        top_m = max(float(self.act.balls_m(times)[:, :, 1].max()) + _ABOVE_M, 1.9)
        bottom_m = hand_m - _BELOW_M
        view_m = max(top_m - bottom_m, _LEAST_VIEW_M)
        depth_m = _AHEAD_M - REACH_M
        focal_px = self.options.size[0] * depth_m / view_m
        middle_m = (top_m + bottom_m) / 2
        up_m = middle_m + depth_m * float(np.tan(np.deg2rad(_TILT_DEG)))
        return Camera(
            self.options.size,
            focal_px,
            (0.0, 0.0, up_m),
            tilt_deg=_TILT_DEG,
            roll_deg=self.chosen["roll_deg"],
        )

    def _places(self, t_s: float) -> tuple[Float64, Float64]:
        """Give balls `(n, 3)` and hands `(2, 3)` in the world."""
        at = np.array([t_s])
        return _in_world(self.act.balls_m(at)[0]), _in_world(self.act.hands_m(at)[0])

    def _draw(self, image: UInt8, camera: Camera, t_s: float) -> list[Seen]:
        balls_m, hands_m = self._places(t_s)
        light_xy = _SUN.in_picture(camera)
        body = juggling_pose(self._figure, hands_m, _AHEAD_M, t_s)
        lay(image, draw(self._figure, body, camera, light_xy, self._cloth))
        before_m, _ = self._places(t_s - 0.5 * _SHUTTER_SHARE / float(self.options.frame_rate_hz))
        after_m, _ = self._places(t_s + 0.5 * _SHUTTER_SHARE / float(self.options.frame_rate_hz))
        places_px, depths_m = camera.project(balls_m)
        moved_px = camera.project(after_m)[0] - camera.project(before_m)[0]
        hands_px, _ = camera.project(hands_m)
        seen: list[Seen] = []
        for ball in range(len(balls_m)):
            r = radius_px(camera, float(depths_m[ball]))
            sprite = ball_sprite(places_px[ball], r, self._colours[ball], light_xy)
            lay(image, smear(sprite, *(float(value) for value in moved_px[ball])))
            away = np.hypot(*(hands_px - places_px[ball]).T)
            hand = int(np.argmin(away))
            held = bool(away[hand] < 0.7 * r)
            if held:
                lay(image, self._fingers(places_px[ball], r, light_xy, hand))
            box = _cut(places_px[ball], r, camera.size)
            if box is not None:
                seen.append(_seen(ball, places_px[ball], r, box, balls_m[ball], held=held))
        return seen

    def _fingers(self, place_px: Float64, r: float, light_xy: tuple[float, float], hand: int) -> Sprite:
        skin = self._figure.parts[-1].colour
        for part in self._figure.parts:
            if len(part.balls) == 2 and part.swell == 1.0:
                skin = part.colour
        return fingers_sprite(place_px, r, skin, light_xy, -1.0 if hand == 0 else 1.0)

    def _walk_by(self, image: UInt8, camera: Camera, t_s: float) -> None:
        """Let somebody cross behind the juggler, again and again."""
        half_m = self.options.size[1] / 2 / camera.focal_px * _WALKS_AHEAD_M + 0.6
        span_s = 2 * half_m / _WALK_MPS
        x_m = -half_m + _WALK_MPS * (t_s % span_s)
        points = pose(
            self._walker.build, phase=(0.75 * t_s) % 1.0, speed_mps=_WALK_MPS, t_s=t_s, glance_rad=0.0
        )
        points = place(points, np.array([x_m, _WALKS_AHEAD_M]), np.array([1.0, 0.0]))
        cloth: Float32 = self._cloth
        lay(image, draw(self._walker, points, camera, _SUN.in_picture(camera), cloth))


def _in_world(places_m: Float64) -> Float64:
    """Put `(n, 2)` places of the performance, right and up, before the juggler's body."""
    return np.stack([places_m[:, 0], np.full(len(places_m), _AHEAD_M - REACH_M), places_m[:, 1]], axis=1)


def _cut(place_px: Float64, r: float, size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    x, y = float(place_px[0]), float(place_px[1])
    left, top = max(x - r, 0.0), max(y - r, 0.0)
    right, bottom = min(x + r, float(size[1])), min(y + r, float(size[0]))
    return (left, top, right, bottom) if right > left and bottom > top else None


def _seen(
    ball: int,
    place_px: Float64,
    r: float,
    box: tuple[float, float, float, float],
    place_m: Float64,
    *,
    held: bool,
) -> Seen:
    x, y = float(place_px[0]), float(place_px[1])
    area = (box[2] - box[0]) * (box[3] - box[1]) / (4 * r * r)
    return Seen(
        ball + 1,
        box,
        (x - r, y - r, x + r, y + r),
        area * (0.65 if held else 1.0),
        (float(place_m[0]), float(place_m[1])),
    )
