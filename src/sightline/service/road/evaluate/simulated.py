"""Drives of the simulator seen by a made-up detector: truth boxes with noise, through the real tracker and watch.

Where there are no weights, this tells what everything behind the detector does; it says nothing of a detector. Nothing is
drawn: boxes come from the scene's geometry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline import plugins
from sightline.analytics.road.camera import RoadCamera
from sightline.analytics.road.gps import GpsTrack, on_clock, read_gpx
from sightline.analytics.road.hazards import HazardEvent, Phase, Sighting, WatchSettings
from sightline.analytics.road.kinds import HazardKind
from sightline.analytics.road.region import RoadRegion
from sightline.analytics.road.sizes import overlap
from sightline.analytics.road.watch import HazardWatch
from sightline.core.detections import Detections
from sightline.ports import SceneOptions
from sightline.service.prepare import make_tracker
from sightline.stages.pipeline import read_pipeline

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

KINDS = (HazardKind.D00, HazardKind.D10, HazardKind.D20, HazardKind.D40)
SIZE = (720, 1280)
_THINGS_EVERY_M = 12.0
_LIES_ON = 0.3
_WATCHED = WatchSettings(measure_from_m=3.0, measure_to_m=10.0)


@dataclass(frozen=True, slots=True)
class BoxNoise:
    """What the made-up detector gets wrong.

    Attributes:
        edge_px: Standard deviation of a box's edges ...
        edge_share: ... plus so much of its sides.
        miss: Share of frames in which a hazard nearby is missed; more and more are with distance.
        far_m: From where on it is missed always.
        confusion: Share of boxes with another class.
        false_a_frame: Boxes a frame that are nothing, anywhere on the road, each in one frame only.
        things: Whether things beside the road are taken for hazards, in four frames of five.
    """

    edge_px: float = 1.5
    edge_share: float = 0.04
    miss: float = 0.15
    far_m: float = 22.0
    confusion: float = 0.05
    false_a_frame: float = 0.05
    things: bool = True


@dataclass(frozen=True, slots=True)
class SimulatedDrive:
    """One drive, and what was made of it.

    Attributes:
        seed: Of the scene.
        truth: `events.json`'s hazards.
        events: Closed ones.
        meant: Event number -> hazard of the truth that its best box lies on; 0 for none.
        beside: Numbers of events that mean no hazard, and whose best box lies on a thing beside the road.
        things: How many things beside the road were boxed, and boxes of them.
        gps_m: `(n,)` how far the receiver's place was off, once a second.
        frames: How many.
    """

    seed: int
    truth: Sequence[Mapping[str, Any]]
    events: Sequence[HazardEvent]
    meant: Mapping[int, int]
    beside: frozenset[int]
    things: tuple[int, int]
    gps_m: Float64
    frames: int
    settings: Mapping[str, Any] = field(default_factory=dict)


def drive(
    seed: int,
    *,
    laps: int = 3,
    hz: float = 15.0,
    noise: BoxNoise | None = None,
    hazards: int | None = None,
    camera_known: bool = True,
    **settings: Any,
) -> SimulatedDrive:
    """Drive around a simulated ring so many times, and watch.

    Args:
        seed: Of road, noise and GPS.
        laps: How often every hazard is passed.
        hz: Frames a second.
        noise: What the made-up detector gets wrong.
        hazards: On the ring; None for what suits its length.
        camera_known: Whether the watch is told the camera.
        settings: Of the scene.
    """
    wrong = noise or BoxNoise()
    scene_class = plugins.load("scenes", "road")
    lap_m, speed_mps = float(settings.get("lap_m", 432.0)), float(settings.get("speed_mps", 11.0))
    seconds = laps * lap_m / speed_mps
    scene = scene_class(
        SceneOptions(seconds=seconds, seed=seed, size=SIZE, actors=hazards, settings=settings)
    )
    gps = GpsTrack(on_clock(read_gpx(scene.gpx()), start_s=None, first_t_s=0.0, offset_s=0.0))
    camera = RoadCamera(SIZE, scene.rest.focal_px, scene.chosen["height_m"], scene.chosen["pitch_deg"])
    watch = HazardWatch(RoadRegion.of_camera(camera), _WATCHED, camera if camera_known else None)
    tracker = make_tracker("bytetrack", camera_motion=False, tuned=_tuned())
    detector = _NoisyDetector(scene, wrong, seed)
    events: list[HazardEvent] = []
    frames = int(seconds * hz)
    for frame in range(frames):
        t_s = frame / hz
        tracks = tracker.update(detector.look(frame, t_s), t_s=t_s)
        events += watch.feed(Sighting.of(tracks, KINDS, frame=frame, t_s=t_s, place=gps.at(t_s)))
    events += watch.finish()
    closed = [event for event in events if event.phase is Phase.CLOSED]
    meant = {event.event_id: detector.meant(event) for event in closed}
    return SimulatedDrive(
        seed,
        scene.events()["hazards"],
        closed,
        meant,
        frozenset(one.event_id for one in closed if not meant[one.event_id] and detector.is_beside(one)),
        (len(detector.things), detector.thing_boxes),
        _gps_errors_m(scene, gps, seconds),
        frames,
        dict(settings),
    )


def _tuned() -> Mapping[str, Any]:
    steps = read_pipeline("sightline.apps.road")
    tuned: Mapping[str, Any] = next(step["tuned"] for step in steps if step["stage"] == "track")
    return tuned


def _gps_errors_m(scene: Any, gps: GpsTrack, seconds: float) -> Float64:
    """Give how far off the car's own place is, as interpolated, every half second."""
    from sightline.analytics.road.hazards import HazardPlace
    from sightline.analytics.road.known import distance_m

    found = []
    for t_s in np.arange(0.0, seconds, 0.5).tolist():
        place = gps.at(t_s)
        if place is None:
            continue
        latitude, longitude = scene.on_earth(scene.drive.s_m(t_s), scene.drive.d_m(t_s))
        true = HazardPlace(latitude, longitude, None, "seen", "vehicle")
        read = HazardPlace(place.latitude_deg, place.longitude_deg, None, "seen", "vehicle")
        found.append(distance_m(true, read))
    return np.array(found, np.float64)


class _NoisyDetector:
    """Gives truth boxes with noise, and things that are none."""

    def __init__(self, scene: Any, noise: BoxNoise, seed: int) -> None:
        self._scene, self._noise, self._seed = scene, noise, seed
        rng = np.random.default_rng([seed, 0xE1E])
        lap_m = scene.drive.ring.lap_m
        count = round(lap_m / _THINGS_EVERY_M) if noise.things else 0
        self.things = [
            (
                float(rng.uniform(0, lap_m)),
                float(rng.choice([-1.0, 1.0]) * rng.uniform(4.5, 12.0)),
                float(rng.uniform(0.3, 1.2)),
                float(rng.uniform(0.4, 2.5)),
            )
            for _ in range(count)
        ]
        self.thing_boxes = 0

    def look(self, frame: int, t_s: float) -> Detections:
        """Give what the detector finds in a frame."""
        rng = np.random.default_rng([self._seed, 0xE2E, frame])
        rows = [*self._hazards(rng, t_s), *self._things(rng, t_s), *self._nothings(rng)]
        if not rows:
            return Detections.empty()
        rows.sort(key=lambda row: -row[1])
        boxes = np.array([row[0] for row in rows], np.float64)
        low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
        limits = np.array([SIZE[1], SIZE[0]], np.float64)
        cut = np.concatenate([low.clip(0, limits), high.clip(0, limits)], axis=1).astype(np.float32)
        return Detections(
            cut, np.array([row[1] for row in rows], np.float32), np.array([row[2] for row in rows], np.int32)
        )

    def meant(self, event: HazardEvent) -> int:
        """Give the hazard whose true box the event's best box lies on; 0 for none.

        The true box is taken as large as its noise makes it: a crack far away is two pixels high.
        """
        best, number = _LIES_ON, 0
        reach_px = 4 * self._noise.edge_px
        for seen in self._scene.seen(event.best_t_s):
            x1, y1, x2, y2 = seen.box_px
            share = overlap((x1 - reach_px, y1 - reach_px, x2 + reach_px, y2 + reach_px), event.box_px)
            if share > best:
                best, number = share, seen.track_id
        return number

    def is_beside(self, event: HazardEvent) -> bool:
        """Tell whether the event's best box lies on a thing beside the road."""
        boxes = (box for box in self._thing_boxes(event.best_t_s) if box is not None)
        return any(overlap(box.tolist(), event.box_px) > _LIES_ON for box in boxes)

    def _hazards(self, rng: np.random.Generator, t_s: float) -> Iterator[tuple[Any, float, int]]:
        noise = self._noise
        for seen in self._scene.seen(t_s):
            away = float(np.hypot(*seen.place_m)) / noise.far_m
            if rng.random() < noise.miss + (1 - noise.miss) * min(away, 1.0) ** 3:
                continue
            box = np.array(seen.box_px)
            sides = np.tile(box[2:] - box[:2], 2)
            sd = noise.edge_px + noise.edge_share * np.minimum(sides, sides[::-1])
            kind = seen.class_id if rng.random() >= noise.confusion else int(rng.integers(len(KINDS)))
            yield (
                box + rng.normal(0, 1, 4) * sd,
                float(np.clip(rng.normal(0.62 - 0.25 * away, 0.12), 0.05, 0.99)),
                kind,
            )

    def _things(self, rng: np.random.Generator, t_s: float) -> Iterator[tuple[Any, float, int]]:
        """Box things that stand beside the road."""
        for box in self._thing_boxes(t_s):
            if rng.random() < 0.2 or box is None:
                continue
            self.thing_boxes += 1
            yield box, float(np.clip(rng.normal(0.6, 0.1), 0.05, 0.99)), 3

    def _thing_boxes(self, t_s: float) -> Iterator[Float64 | None]:
        """Give the boxes of things that are near enough; None for one that is not in the picture."""
        scene = self._scene
        camera, s_m, d_m = scene.camera(t_s), scene.drive.s_m(t_s), scene.drive.d_m(t_s)
        lap_m = scene.drive.ring.lap_m
        for at_s, at_d, wide_m, high_m in self.things:
            ahead_m = (at_s - s_m) % lap_m
            if not 2.0 < ahead_m < 25.0:
                continue
            foot = scene.drive.ring.to_car(np.array([[s_m + ahead_m, at_d]]), s_m, d_m)[0]
            corners = np.array(
                [(foot[0] - wide_m / 2, foot[1], 0.0), (foot[0] + wide_m / 2, foot[1], high_m)]
            )
            points, _ = camera.project(corners)
            if not np.isfinite(points).all() or not 0 <= points[0, 0] <= SIZE[1]:
                yield None
                continue
            yield np.array([points[0, 0], points[1, 1], points[1, 0], points[0, 1]])

    def _nothings(self, rng: np.random.Generator) -> Iterator[tuple[Any, float, int]]:
        for _ in range(int(rng.poisson(self._noise.false_a_frame))):
            x, y = rng.uniform(0.2, 0.8) * SIZE[1], rng.uniform(0.5, 0.95) * SIZE[0]
            wide, tall = rng.uniform(20, 120), rng.uniform(10, 50)
            yield (
                np.array([x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2]),
                float(rng.uniform(0.2, 0.6)),
                3,
            )
