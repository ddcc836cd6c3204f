"""People on a town square: they come, cross, wait at the kiosk, hide one another, and leave.

Everything is drawn from one seed. `seed` and the other options fix every pixel and every truth row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.ports import SceneOptions
from sightline.sim import plaza
from sightline.sim.backdrop import Optics, View
from sightline.sim.body import place, pose
from sightline.sim.camera import Camera, CameraMotion
from sightline.sim.canvas import Lens, Sensor, smear
from sightline.sim.compose import Item, compose, light_at, throw_shadow
from sightline.sim.crowd import Goal, Walker, walk
from sightline.sim.crowd import Path as WalkedPath
from sightline.sim.figure import Figure, draw, shadow
from sightline.sim.scene import Shot, check, filled_in, film, frame_count
from sightline.sim.textures import noise
from sightline.sim.truth import (
    Crossing,
    GroundLine,
    GroundZone,
    Seen,
    Stay,
    crossings,
    events_json,
    stays,
)
from sightline.sim.wardrobe import dress

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64, UInt8
    from sightline.core.space import Homography

LINE = GroundLine("gate", (0.2, 9.4), (0.2, 26.8))
ZONE = GroundZone("kiosk", ((2.2, 15.2), (6.3, 15.2), (6.3, 19.3), (2.2, 19.3)))
KIOSK_M = (4.4, 21.5)
SURVEYED_M = ((-4.0, 11.0), (4.0, 11.0), (8.0, 25.0), (-8.0, 25.0))
"""Points on the ground whose places are known, for the rules' ground plane."""

_LEAD_S = 9.0
_SHUTTER_SHARE = 0.3
_NEAR_M, _FAR_M = 10.0, 25.2
SETTINGS: Mapping[str, Any] = {"sweep_deg": 0.0}
"""What the people scene lets a user choose: how far the camera's pan swings to each side."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One person of the scene."""

    track_id: int
    figure: Figure
    path: WalkedPath
    cloth: Float32


class PeopleScene:
    """A town square with people; see `ports.Scene`."""

    name = "people"
    class_name = "person"
    settings = SETTINGS

    def __init__(self, options: SceneOptions | None = None) -> None:
        self.options = options or SceneOptions()
        check(self.options)
        self.chosen = filled_in("people", SETTINGS, self.options.settings)
        focal_px = 690.0 * self.options.size[0] / 360.0
        self.rest = Camera(self.options.size, focal_px, (0.0, 0.0, 5.2), tilt_deg=15.0)
        self.motion = CameraMotion(
            self.rest, self.options.shake_px, float(self.chosen["sweep_deg"]), seed=self.options.seed
        )
        self.props = plaza.furniture(np.random.default_rng([self.options.seed, 0xF1]))
        self.actors = self._cast()

    def render(self, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
        """Write the clip and its truth; see `ports.Scene.render`."""
        return film(self, out, progress)

    # -- what happens --------------------------------------------------------------------------------------

    def _cast(self) -> list[Actor]:
        """Draw everybody by lot and let them walk; ids rise with the time of arrival."""
        rng = np.random.default_rng([self.options.seed, 0xAC])
        seconds = self.options.seconds
        wanted = self.options.actors
        count = round(6 + 0.45 * seconds) if wanted is None else wanted
        slots = (np.arange(count) + rng.uniform(0.1, 0.9, count)) / max(count, 1)
        starts_s = -_LEAD_S + slots * (seconds + 0.6 * _LEAD_S)
        walkers = [self._walker(rng, number, float(start_s)) for number, start_s in enumerate(starts_s)]
        obstacles_m = np.array([prop.foot_m for prop in self.props])
        clearances_m = np.array([prop.clearance_m for prop in self.props])
        paths = walk(walkers, obstacles_m, clearances_m, from_s=-_LEAD_S, to_s=seconds)
        actors: list[Actor] = []
        for path in paths:
            build, wardrobe = dress(rng)
            cloth = 1 + 0.035 * noise(rng, (48, 48), (3.0, 9.0))
            if path is not None and path.end_s > 0:
                actors.append(Actor(len(actors) + 1, Figure(build, wardrobe), path, cloth.astype(np.float32)))
        return actors

    def _walker(self, rng: np.random.Generator, number: int, start_s: float) -> Walker:
        """Give somebody's plan: every third person visits the kiosk, the rest cross, as many each way."""
        side = -1.0 if number % 2 == 0 else 1.0
        ahead_m, leave_m = (
            float(value) for value in _NEAR_M + (_FAR_M - _NEAR_M) * rng.uniform(0.02, 0.98, 2) ** 2
        )
        start_m = self._outside(side, ahead_m)
        end_m = self._outside(-side if rng.random() < 0.8 else side, leave_m)
        speed_mps = float(np.clip(rng.normal(1.35, 0.17), 0.9, 1.8))
        if number % 3 == 1:
            spot = (float(rng.uniform(2.8, 5.7)), float(rng.uniform(16.0, 18.5)))
            wait_s = float(rng.uniform(2.5, 7.0))
            goals = (Goal(spot, wait_s, KIOSK_M), Goal(self._outside(side, leave_m)))
            return Walker(start_s, start_m, goals, speed_mps)
        if end_m[0] * start_m[0] > 0:
            return Walker(start_s, start_m, (self._turning(rng, ahead_m, side), Goal(end_m)), speed_mps)
        middle_m = (float(rng.uniform(-1.5, 1.5)), (ahead_m + leave_m) / 2 + float(rng.uniform(-1.2, 1.2)))
        return Walker(start_s, start_m, (Goal(middle_m), Goal(end_m)), speed_mps)

    def _turning(self, rng: np.random.Generator, ahead_m: float, side: float) -> Goal:
        """Give a place to turn round at, well short of the line or well past it."""
        across_m = side * 2.5 if rng.random() < 0.4 else -side * 2.5
        return Goal((across_m, float(np.clip(ahead_m + rng.uniform(-2, 2), _NEAR_M + 0.5, _FAR_M - 0.5))))

    def _outside(self, side: float, ahead_m: float) -> tuple[float, float]:
        """Give the place at that distance ahead where somebody is just out of the picture."""
        depth_m = ahead_m * np.cos(np.deg2rad(15.0)) + 5.2 * np.sin(np.deg2rad(15.0))
        half_m = self.options.size[1] / 2 / self.rest.focal_px * depth_m
        return side * (float(half_m) + 1.1), ahead_m

    def happened(self) -> tuple[list[Crossing], list[Stay]]:
        """Give all line crossings and stays, from the exact paths."""
        rate_hz = float(self.options.frame_rate_hz)
        last_t_s = (frame_count(self.options) - 1) / rate_hz
        found: list[Crossing] = []
        stayed: list[Stay] = []
        for actor in self.actors:
            times_s, places_m = actor.path.times_s(), actor.path.places_m
            args = (actor.track_id, times_s, places_m)
            found += crossings(LINE, *args, frame_rate_hz=rate_hz, last_t_s=last_t_s)
            stayed += stays(ZONE, *args, frame_rate_hz=rate_hz, last_t_s=last_t_s)
        return found, stayed

    def events(self) -> Mapping[str, Any]:
        """Give what happened, for `events.json`."""
        return events_json(*self.happened())

    def facts(self) -> Mapping[str, Any]:
        """Give what was drawn by lot."""
        return {"people": len(self.actors), "props": [prop.name for prop in self.props]}

    def rules(self) -> Mapping[str, Any]:
        """Give the scene's line and zone in pixels of the camera at rest, and its homography."""
        onto = self.rest.ground_to_image()

        def px(points_m: Any) -> list[list[float]]:
            return [[round(float(value), 2) for value in row] for row in onto.project(np.array(points_m))]

        start, end = px([LINE.start_m, LINE.end_m])
        return {
            "version": 1,
            "lines": [{"name": LINE.name, "start": start, "end": end}],
            "zones": [{"name": ZONE.name, "polygon": px(ZONE.polygon_m)}],
            "ground": {
                "pairs": [
                    {"image": image, "metres": list(metres)}
                    for image, metres in zip(px(SURVEYED_M), SURVEYED_M, strict=True)
                ],
                "extent_m": [-10.0, 9.0, 10.0, 27.0],
            },
        }

    # -- what it looks like --------------------------------------------------------------------------------

    def shots(self) -> Iterator[Shot]:
        """Draw every frame in order."""
        options = self.options
        wide = self.rest.widened(self.motion.margin_px())
        backdrop = plaza.backdrop(wide, plaza.SUN, self.props, options.seed)
        optics = Optics(Lens(options.size), Sensor(options.size, sigma=options.noise, seed=options.seed))
        for index in range(frame_count(options)):
            t_s = float(index / options.frame_rate_hz)
            camera = self.motion.at(t_s)
            view = View(backdrop, camera)
            image = view.picture()
            seen = self._draw_people(image, view, t_s)
            yield Shot(index, t_s, optics.see(image, index, t_s), camera, seen)

    def _draw_people(self, image: UInt8, view: View, t_s: float) -> list[Seen]:
        """Draw everybody who is there, with their shadows, and tell who is seen."""
        light_xy = plaza.SUN.in_picture(view.camera)
        onto = view.ground_to_image
        items = []
        for actor in self.actors:
            now = actor.path.at(t_s)
            if now is None or not self._in_sight(view.camera, now[0]):
                continue
            place_m, heading, speed_mps, phase = now
            glance_rad = 0.35 * float(np.sin(0.9 * t_s + 2.4 * actor.track_id))
            build = actor.figure.build
            points_m = pose(build, phase=phase, speed_mps=speed_mps, t_s=t_s, glance_rad=glance_rad)
            points_m = place(points_m, place_m, heading)
            dark = shadow(actor.figure, points_m, plaza.SUN, onto)
            if dark is not None:
                throw_shadow(image, view, *dark)
            here_m = (float(place_m[0]), float(place_m[1]))
            sprite = draw(actor.figure, points_m, view.camera, light_xy, actor.cloth)
            dx_px, dy_px = self._smear_px(onto, place_m, heading, speed_mps)
            items.append(
                Item(actor.track_id, smear(sprite.lit(light_at(view, here_m)), dx_px, dy_px), here_m)
            )
        return compose(image, view, items)

    def _in_sight(self, camera: Camera, place_m: Float64) -> bool:
        """Tell whether somebody there could reach into the picture."""
        points_px, depths_m = camera.project(np.array([[*place_m, 0.0], [*place_m, 2.0]]))
        if (depths_m < 1.5).any():
            return False
        reach_px = 1.6 * camera.focal_px / depths_m.min()
        height, width = camera.size
        low, high = points_px.min(axis=0) - reach_px, points_px.max(axis=0) + reach_px
        return bool(low[0] < width and low[1] < height and high[0] > 0 and high[1] > 0)

    def _smear_px(
        self, onto: Homography, place_m: Float64, heading: Float64, speed_mps: float
    ) -> tuple[float, float]:
        """Give how far somebody moves across the picture while the shutter is open."""
        step_m = heading * (speed_mps * _SHUTTER_SHARE / float(self.options.frame_rate_hz))
        here, there = onto.project(np.array([place_m, place_m + step_m]))
        return float(there[0] - here[0]), float(there[1] - here[1])
