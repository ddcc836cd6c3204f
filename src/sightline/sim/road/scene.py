"""A car drives around a damaged road with a camera behind its windscreen; every crack and pothole is known.

The road is a ring, so a drive longer than a lap passes every hazard again. All truth is on the road: a hazard's box in a
frame is that of its outline, projected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.ports import SceneOptions
from sightline.service.folder import whole
from sightline.sim.backdrop import Optics
from sightline.sim.camera import NEAR_M, Camera, CameraMotion
from sightline.sim.canvas import Lens, Sensor
from sightline.sim.light import Sun
from sightline.sim.road.choices import SETTINGS, checked
from sightline.sim.road.damage import place_damages
from sightline.sim.road.ring import ORIGIN, START_EPOCH_S, Drive, Ring, fixes, gpx_of
from sightline.sim.road.surface import Surface, tilted
from sightline.sim.road.view import Outlook
from sightline.sim.scene import Shot, check, film, frame_count
from sightline.sim.truth import Seen

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, UInt8
    from sightline.sim.road.damage import Damage

CLASSES = ("D00", "D10", "D20", "D40")
_FOCAL_SHARE = 0.8
_A_HAZARD_M = 24.0
_LEAST_AHEAD_M, _FARTHEST_M = 1.2, 45.0
_LEAST_SHOWN = 0.1
_NIGHT_NOISE = 2.5


class RoadScene:
    """A drive; see `ports.Scene`. Hazards have the ids 1, 2, ... of the truth's `tracks`, the same in every lap."""

    name = "road"
    class_name = "hazard"
    settings = SETTINGS

    def __init__(self, options: SceneOptions | None = None) -> None:
        self.options = options or SceneOptions()
        check(self.options)
        self.chosen = checked(self.options.settings)
        seed = self.options.seed
        rng = np.random.default_rng([seed, 0x20AD])
        ring = Ring(9.0 * round(self.chosen["lap_m"] / 9.0))
        count = self.options.actors
        if count is None:
            count = max(1, round(ring.lap_m / _A_HAZARD_M))
        placed = place_damages(rng, count, self.chosen["kinds"], ring.lap_m, seed)
        sun = Sun.at(
            azimuth_deg=float(rng.uniform(-160, 160)), height_deg=float(rng.uniform(25, 55)), shadow=0.4
        )
        by_day = self.chosen["light"] != "night" and self.chosen["weather"] != "rain"
        self.surface = Surface(
            ring.lap_m,
            placed,
            seed=seed,
            sun_sd=tilted(sun) if by_day else (0.35, 0.0),
            shadows=bool(self.chosen["shadows"]) and by_day,
            clutter=bool(self.chosen["clutter"]),
        )
        wheels = [each.s_m for each in self.damages if each.kind.value == "D40" and each.d_m < 0]
        self.drive = Drive(
            ring, self.chosen["speed_mps"], self.chosen["bumps"], np.array(wheels), rng.uniform(0, 1, 5)
        )
        focal_px = self.chosen["focal_px"] or _FOCAL_SHARE * self.options.size[1]
        self.rest = Camera(
            self.options.size,
            focal_px,
            (0.0, 0.0, self.chosen["height_m"]),
            tilt_deg=self.chosen["pitch_deg"],
        )
        self.motion = CameraMotion(self.rest, self.options.shake_px, seed=seed)

    @property
    def damages(self) -> tuple[Damage, ...]:
        """All hazards of the road, in order."""
        return self.surface.damages

    def render(self, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
        """Write the clip, its truth and `drive.gpx`; see `ports.Scene.render`."""
        paths = dict(film(self, out, progress))
        paths["gpx"] = out / "drive.gpx"
        with whole(paths["gpx"]) as path:
            path.write_text(self.gpx(), encoding="utf-8", newline="\n")
        return paths

    def gpx(self) -> str:
        """Give what the receiver reads on the way, noise and all."""
        read = fixes(
            self.drive,
            self.options.seconds,
            noise_m=self.chosen["gps_noise_m"],
            hz=self.chosen["gps_hz"],
            seed=self.options.seed,
        )
        return gpx_of(read)

    def events(self) -> Mapping[str, Any]:
        """Give every hazard with its size, its place and its passes, for `events.json`."""
        return {"start_epoch_s": START_EPOCH_S, "hazards": [self._told(each) for each in self.damages]}

    def facts(self) -> Mapping[str, Any]:
        """Give what was drawn by lot, and the car's way."""
        count = frame_count(self.options)
        way = [self.drive.s_m(index / float(self.options.frame_rate_hz)) for index in range(count)]
        return {"lap_m": self.drive.ring.lap_m, "hazards": len(self.damages), "driven_m": round(way[-1], 3)}

    def rules(self) -> Mapping[str, Any]:
        """Nothing is counted at lines."""
        return {"version": 1}

    def shots(self) -> Iterator[Shot]:
        """Draw every frame in order."""
        options = self.options
        outlook = Outlook(
            self.drive.ring,
            seed=options.seed,
            light=self.chosen["light"],
            rain=self.chosen["weather"] == "rain",
            clutter=bool(self.chosen["clutter"]),
        )
        dark = self.chosen["light"] == "night"
        sigma = options.noise * (_NIGHT_NOISE if dark else 1.0)
        optics = Optics(Lens(options.size), Sensor(options.size, sigma=sigma, seed=options.seed))
        for index in range(frame_count(options)):
            t_s = float(index / options.frame_rate_hz)
            camera, s_m, d_m = self.camera(t_s), self.drive.s_m(t_s), self.drive.d_m(t_s)
            image: UInt8 = outlook.draw(camera, self.surface.stretch(s_m), s_m, d_m, index)
            yield Shot(index, t_s, optics.see(image, index, t_s), camera, self.seen(t_s))

    def camera(self, t_s: float) -> Camera:
        """Give the camera in the car's axes: how it shakes and pitches."""
        shaken = self.motion.at(t_s)
        x, y, z = shaken.position_m
        return replace(
            shaken,
            tilt_deg=shaken.tilt_deg + self.drive.pitch_deg(t_s),
            position_m=(x, y, z + self.drive.heave_m(t_s)),
        )

    def seen(self, t_s: float) -> list[Seen]:
        """Give the hazards in the picture at a time, without drawing it."""
        camera, s_m, d_m = self.camera(t_s), self.drive.s_m(t_s), self.drive.d_m(t_s)
        found = []
        for each in self.damages:
            ahead_m = (each.s_m - s_m + 10.0) % self.drive.ring.lap_m - 10.0
            if not -each.length_m < ahead_m < _FARTHEST_M:
                continue
            one = _in_picture(self._outline(each, s_m, d_m, ahead_m), camera, each)
            if one is not None:
                found.append(one)
        return found

    def _outline(self, damage: Damage, s_m: float, d_m: float, ahead_m: float) -> Float64:
        """Give a hazard's outline in the car's axes, `(n, 2)` to the right and ahead."""
        places = self.surface.outline_m(damage.number) + np.array([s_m + ahead_m - damage.s_m, 0.0])
        return self.drive.ring.to_car(places, s_m, d_m)

    def _told(self, damage: Damage) -> dict[str, Any]:
        latitude, longitude = self.on_earth(damage.s_m, damage.d_m)
        extent = damage.extent
        return {
            "hazard": damage.number,
            "kind": damage.kind.value,
            "s_m": round(damage.s_m, 4),
            "d_m": round(damage.d_m, 4),
            "length_m": round(damage.length_m, 4),
            "width_m": round(damage.width_m, 4),
            "extent": round(extent.value, 4),
            "extent_unit": extent.unit,
            "latitude_deg": round(latitude, 8),
            "longitude_deg": round(longitude, 8),
            "passes": self.passes(damage),
        }

    def on_earth(self, s_m: float, d_m: float) -> tuple[float, float]:
        """Give latitude and longitude of a place on the road, degrees."""
        earth_m = self.drive.ring.on_earth(np.array([[s_m, d_m]]))
        longitude, latitude = ORIGIN.degrees(earth_m)[0].tolist()
        return float(latitude), float(longitude)

    def passes(self, damage: Damage) -> int:
        """Give how often the car came past a hazard and had it in its picture."""
        driven_m = self.drive.s_m((frame_count(self.options) - 1) / float(self.options.frame_rate_hz))
        reach_m = damage.s_m - 2.0 * self.chosen["height_m"]
        return (
            max(0, int(np.floor((driven_m - reach_m) / self.drive.ring.lap_m)) + 1)
            if driven_m > reach_m
            else 0
        )


def _in_picture(outline_m: Float64, camera: Camera, damage: Damage) -> Seen | None:
    """Give a hazard as the camera sees it; None where too little of it is in the picture."""
    ground = np.c_[outline_m, np.zeros(len(outline_m))]
    points, depth = camera.project(ground)
    if (depth < max(NEAR_M, _LEAST_AHEAD_M)).any():
        kept = depth >= _LEAST_AHEAD_M
        if kept.sum() < 2:
            return None
        points = points[kept]
    x1, y1 = points.min(axis=0)
    x2, y2 = points.max(axis=0)
    height, width = camera.size
    left, top, right, bottom = max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height))
    if right <= left or bottom <= top:
        return None
    shown = (right - left) * (bottom - top) / max((x2 - x1) * (y2 - y1), 1e-9)
    if shown < _LEAST_SHOWN:
        return None
    middle = outline_m.mean(axis=0)
    return Seen(
        damage.number,
        (float(left), float(top), float(right), float(bottom)),
        (float(x1), float(y1), float(x2), float(y2)),
        float(min(shown, 1.0)),
        (float(middle[0]), float(middle[1])),
        kind=damage.kind.value,
        class_id=CLASSES.index(damage.kind.value),
    )
