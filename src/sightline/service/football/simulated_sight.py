"""What a detector and a calibration would make of a simulated match: its truth, made as bad as real ones are.

How bad is in `SightNoise`; nothing downstream knows the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline import plugins
from sightline.analytics.evaluation.mot import MotTable
from sightline.analytics.football.teams import KitRows
from sightline.core.detections import Detections
from sightline.ports import SceneOptions
from sightline.vision.shirts import shirt_color

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.events import FootballEvent
    from sightline.analytics.football.match import Player
    from sightline.core.arrays import Float64, Int64
    from sightline.ports import Tracker

_FALSE_RADIUS_PX = 4.0
CLASSES = ("ball", "goalkeeper", "player", "referee")


@dataclass(frozen=True, slots=True)
class SightNoise:
    """How badly a match is seen.

    Attributes:
        miss: Share of people in full view that the detector misses.
        hidden: Who shows less than this share is never found; up to twice as much, half of the time.
        edge: Standard deviation of a box's edges, as a share of its height.
        false_people: False people a frame, on average.
        confused: Share of boxes with a wrong class.
        ball_miss: Share of frames in which the ball is missed though it is in view.
        false_balls: False balls a frame, on average.
        ball_px: Standard deviation of the ball's place, pixels.
        pan_deg: Standard deviation of the camera's pan and tilt, new in every frame.
        drift_deg: The same for an error that stays for a second or two.
        zoom: Standard deviation of the focal length, as a share.
        kit_every: Shirts are looked at in every n-th frame.
    """

    miss: float = 0.04
    hidden: float = 0.3
    edge: float = 0.025
    false_people: float = 0.25
    confused: float = 0.02
    ball_miss: float = 0.2
    false_balls: float = 0.5
    ball_px: float = 1.0
    pan_deg: float = 0.01
    drift_deg: float = 0.03
    zoom: float = 0.002
    kit_every: int = 15


@dataclass(frozen=True, slots=True)
class Sight:
    """A simulated match and what was seen of it.

    Attributes:
        times_s: `(n,)` of the frames.
        rate_hz: Frames a second.
        size: `(height, width)` of the picture.
        players: Who the columns of `places_m` are; a truth box's id is the column plus one.
        places_m: `(n, p, 2)` where they really are.
        ball_m: `(n, 3)` where the ball really is.
        alive: `(n,)` bool, whether it is in play.
        events: What really happened.
        boxes: True boxes of people who can be seen.
        tracks: What the tracker gave.
        kits: Looks at the shirts of tracks.
        balls: Rows `frame, x_px, y_px, score, radius_px` of what may be the ball, its centre.
        cameras: `(n, 3, 4)` projections from metres to pixels, with errors.
    """

    times_s: Float64
    rate_hz: Fraction
    size: tuple[int, int]
    players: tuple[Player, ...]
    places_m: Float64
    ball_m: Float64
    alive: NDArray[np.bool_]
    events: tuple[FootballEvent, ...]
    boxes: MotTable
    tracks: MotTable
    kits: KitRows
    balls: Float64
    cameras: Float64


def see(
    seed: int,
    *,
    seconds: float,
    camera: str = "broadcast",
    size: tuple[int, int] = (720, 1280),
    noise: SightNoise | None = None,
) -> Sight:
    """Play a match and look at it.

    Args:
        seed: Chooses the match and what is seen wrongly.
        seconds: How long.
        camera: `broadcast`, `tactical` or `phone`.
        size: `(height, width)` of the picture.
        noise: How badly it is seen.
    """
    noise = noise or SightNoise()
    rate_hz = Fraction(25)
    options = SceneOptions(
        seconds=seconds, seed=seed, size=size, frame_rate_hz=rate_hz, settings={"camera": camera}
    )
    scene: Any = plugins.load("scenes", "football")(options)
    tracker: Tracker = plugins.load("trackers", "bytetrack")()
    rng = np.random.default_rng([seed, 0x5EE])
    true: list[tuple[int, int, Sequence[float], int]] = []
    found: list[tuple[int, int, Sequence[float], int]] = []
    balls: list[tuple[float, ...]] = []
    kits: list[tuple[float, ...]] = []
    for shot in scene.shots(draw_every=noise.kit_every):
        people = [one for one in shot.seen if one.kind != "ball"]
        true += [
            (shot.index, one.track_id, one.box_px, CLASSES.index(one.kind))
            for one in people
            if one.visibility >= noise.hidden
        ]
        tracks = tracker.update(_detections(people, size, noise, rng), t_s=shot.t_s)
        rows = list(
            zip(tracks.track_ids.tolist(), tracks.boxes_px.tolist(), tracks.class_ids.tolist(), strict=True)
        )
        found += [(shot.index, number, box, kind) for number, box, kind in rows]
        balls += [(float(shot.index), *row) for row in _balls(shot.seen, size, noise, rng)]
        if shot.image is not None:
            for number, box, _ in rows:
                color = shirt_color(shot.image, box)
                if color is not None:
                    kits.append((float(number), *color, float(shot.index)))
    looks = np.array(kits, np.float64).reshape(-1, 6)
    return Sight(
        scene.staging.times_s, rate_hz, size, scene.played.players, scene.staging.positions_m, scene.staging.ball_m,
        scene.played.alive[scene.played.rows(scene.staging.times_s)[0]], tuple(scene.played.events), _table(true), _table(found),
        KitRows(looks[:, 0].astype(np.int64), looks[:, 1:4].copy(), looks[:, 4].copy(), looks[:, 5].astype(np.int64)),
        np.array(balls, np.float64).reshape(-1, 5), _cameras(scene.cameras, noise, rng),
    )  # fmt: skip


def _detections(
    people: Sequence[Any], size: tuple[int, int], noise: SightNoise, rng: np.random.Generator
) -> Detections:
    boxes, scores, classes = [], [], []
    for one in people:
        share = one.visibility
        missed = noise.miss if share >= 2 * noise.hidden else 0.5 if share >= noise.hidden else 1.0
        luck, shift = rng.random(), rng.normal(0, noise.edge, 4)
        kind = CLASSES.index(one.kind) if rng.random() >= noise.confused else int(rng.integers(1, 4))
        score = float(rng.uniform(0.6, 0.95)) * (0.6 + 0.4 * share)
        if luck < missed:
            continue
        box = np.array(one.box_px)
        boxes.append(_inside(box + shift * (box[3] - box[1]), size))
        scores.append(score)
        classes.append(kind)
    for _ in range(int(rng.poisson(noise.false_people))):
        tall = float(rng.uniform(25, 90))
        x, y = rng.uniform((0, 0.2 * size[0]), (size[1] - 0.4 * tall, size[0] - tall))
        boxes.append(np.array([x, y, x + 0.4 * tall, y + tall]))
        scores.append(float(rng.uniform(0.2, 0.7)))
        classes.append(2)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), np.array(classes, np.int32)
    )


def _inside(box: Float64, size: tuple[int, int]) -> Float64:
    """Keep a box in the picture and at least a pixel wide and high."""
    cut = np.clip(box, 0, (size[1], size[0], size[1], size[0]))
    cut[2:] = np.maximum(cut[2:], cut[:2] + 1)
    return cut


def _balls(
    seen: Sequence[Any], size: tuple[int, int], noise: SightNoise, rng: np.random.Generator
) -> list[tuple[float, float, float, float]]:
    """Give `x_px, y_px, score, radius_px` of what may be the ball in a frame."""
    rows = []
    for one in seen:
        if one.kind == "ball" and one.visibility >= noise.hidden and rng.random() >= noise.ball_miss:
            x1, y1, x2, y2 = one.box_px
            x, y = np.array([(x1 + x2) / 2, (y1 + y2) / 2]) + rng.normal(0, noise.ball_px, 2)
            rows.append((float(x), float(y), float(rng.uniform(0.3, 0.9)), (y2 - y1) / 2))
    for _ in range(int(rng.poisson(noise.false_balls))):
        x, y = rng.uniform((0, 0.2 * size[0]), (size[1], size[0]))
        rows.append((float(x), float(y), float(rng.uniform(0.05, 0.5)), _FALSE_RADIUS_PX))
    return rows


def _cameras(cameras: Sequence[Any], noise: SightNoise, rng: np.random.Generator) -> Float64:
    """Give `(n, 3, 4)` projections of cameras that are a little off: an error of each frame, and one that drifts."""
    keep = np.exp(-1 / 40)
    drift = np.zeros(3)
    maps = []
    for camera in cameras:
        drift = keep * drift + np.sqrt(1 - keep**2) * rng.normal(
            0, (noise.drift_deg, noise.drift_deg, noise.zoom)
        )
        pan, tilt = drift[:2] + rng.normal(0, noise.pan_deg, 2)
        zoom = float(np.exp(drift[2]))
        maps.append(camera.turned(pan_deg=float(pan), tilt_deg=float(tilt), zoom=zoom).matrix())
    return np.array(maps)


def _table(rows: Sequence[tuple[int, int, Sequence[float], int]]) -> MotTable:
    frames: Int64 = np.array([row[0] for row in rows], np.int64)
    numbers: Int64 = np.array([row[1] for row in rows], np.int64)
    kinds: NDArray[np.int32] = np.array([row[3] for row in rows], np.int32)
    boxes = np.array([row[2] for row in rows], np.float64).reshape(-1, 4)
    return MotTable(frames, numbers, boxes, np.ones(len(rows)), kinds)
