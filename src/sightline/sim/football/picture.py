"""One frame of a match as a camera sees it: who stands where, in what light, through which lens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.body import Ball
from sightline.sim.canvas import Pad, Sprite, lay, smear, window
from sightline.sim.football import bodies, kits, shadows
from sightline.sim.football.shadows import WEATHERS, Light
from sightline.sim.football.stadium import Stadium, build, paint_goal
from sightline.sim.football.turf import Turf, grow
from sightline.sim.football.views import NEAR_M

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float32, Float64, UInt8
    from sightline.sim.football.kits import Person
    from sightline.sim.football.views import PinholeCamera

BALL_RADIUS_M = 0.11


@dataclass(frozen=True, slots=True)
class Look:
    """What a match looks like whoever plays where.

    Attributes:
        turf: The ground.
        stadium: What stands around it.
        light: How it is lit.
        ball: BGR of the ball.
    """

    turf: Turf
    stadium: Stadium
    light: Light
    ball: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody at one moment.

    Attributes:
        track_id: Who; 0 for somebody who is drawn but is not part of the truth.
        kind: `player`, `goalkeeper`, `referee`, or anything else.
        person: As they look.
        posture: A row of joints.
        place_m: `(x, y)` on the ground.
        heading_rad: Where the body faces, anticlockwise from x.
        velocity_mps: `(x, y)`, for motion blur.
    """

    track_id: int
    kind: str
    person: Person
    posture: Float64
    place_m: tuple[float, float]
    heading_rad: float
    velocity_mps: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Somebody, or the ball, in a picture.

    Attributes:
        track_id: Who.
        kind: As in `Figure`, or `ball`.
        box_px: `x1 y1 x2 y2`, cut at the picture's edges.
        full_box_px: The same uncut.
        visibility: Share of its area that shows, 0..1.
    """

    track_id: int
    kind: str
    box_px: tuple[float, float, float, float]
    full_box_px: tuple[float, float, float, float]
    visibility: float


def look(
    rng: np.random.Generator, pitch: PitchSize, *, weather: str | None = None, scale_px_m: float = 8.0
) -> Look:
    """Draw what a match looks like by lot; `weather` is one of `WEATHERS`, or None for any."""
    weather = weather or WEATHERS[int(rng.choice(4, p=(0.3, 0.3, 0.1, 0.3)))]
    turf = grow(rng, pitch, scale_px_m=scale_px_m, sun=0.7 if weather == "sun" else 0.0)
    bright = {"sun": 1.0, "cloud": 0.8, "rain": 0.6, "night": 0.45}[weather]
    light = shadows.lamps(rng, weather)
    tints = ((245, 245, 245), (245, 245, 245), (60, 225, 240), (60, 140, 250), (200, 235, 225))
    return Look(turf, build(rng, pitch, gain=bright), light, tints[int(rng.integers(len(tints)))])


# --- drawing ----------------------------------------------------------------------------------------------


def draw(
    look: Look,
    camera: PinholeCamera,
    figures: Sequence[Figure],
    ball: tuple[Float64, Float64] | None = None,
    *,
    shutter_s: float = 0.0,
) -> tuple[UInt8, list[Drawn]]:
    """Draw a frame without what lens and sensor do to it.

    Args:
        look: What the match looks like.
        camera: Where it is seen from.
        figures: Who is there.
        ball: The ball's centre `(3,)` and velocity `(3,)`; None for no ball. It has the `track_id` 0.
        shutter_s: For how long the shutter is open.

    Returns:
        `(h, w, 3)` BGR, and what is to be seen of figures with a `track_id` and of the ball, ball first, then as
        `figures` come.
    """
    image = look.turf.seen(camera)
    _paint_surroundings(image, look, camera)
    items = _sprites(image, look, camera, figures, shutter_s)
    if ball is not None:
        items += _ball(image, look, camera, ball, shutter_s)
    cover = np.zeros(camera.size, np.uint8)
    _lay_all(image, look, camera, items)
    for wall in look.stadium.before:
        if abs(wall.origin_m[1]) + 1.5 < abs(camera.position_m[1]):
            wall.paint(image, camera, cover)
    if look.light.gain != (1.0, 1.0, 1.0):
        image = cv2.multiply(image, (*look.light.gain, 1.0))
    found = _visible(items, camera.size, cover)
    return image, [one for _, one in sorted(found, key=lambda pair: pair[0])]


def outlines(
    camera: PinholeCamera, figures: Sequence[Figure], ball: tuple[Float64, Float64] | None = None
) -> list[Drawn]:
    """Tell what `draw` would show, without drawing: boxes of the same bodies, hidden as far as nearer boxes cover them.

    Boxes are those of `draw` to a pixel; visibility is coarser, since a box is taken to be full. Walls before the
    camera hide nobody here.
    """
    told = [figure for figure in figures if figure.track_id > 0]
    boxes: list[tuple[int, str, Float64, float]] = []
    if told:
        points_px, depths_m = camera.project(_bodies(told))
        for figure, shape_px, far_m in zip(told, points_px, depths_m, strict=True):
            if np.isfinite(shape_px).all():
                box = kits.extent(figure.person, shape_px, far_m, camera.focal_px)
                boxes.append((figure.track_id, figure.kind, box, float(far_m.mean())))
    if ball is not None:
        points_px, depths_m = camera.project(ball[0][None])
        if np.isfinite(points_px).all():
            radius = BALL_RADIUS_M * camera.focal_px / float(depths_m[0])
            boxes.insert(
                0, (0, "ball", np.r_[points_px[0] - radius, points_px[0] + radius], float(depths_m[0]))
            )
    return [
        drawn for number in range(len(boxes)) if (drawn := _outline(boxes, number, camera.size)) is not None
    ]


def _outline(
    boxes: list[tuple[int, str, Float64, float]], number: int, size: tuple[int, int]
) -> Drawn | None:
    track_id, kind, full, far_m = boxes[number]
    box = np.clip(full, 0, (size[1], size[0], size[1], size[0]))
    if box[2] - box[0] < 1 or box[3] - box[1] < 1:
        return None
    grid = np.stack(np.meshgrid(*((np.arange(8) + 0.5) / 8,) * 2), axis=-1).reshape(-1, 2)
    spots = full[:2] + grid * (full[2:] - full[:2])
    shown = ((spots >= 0) & (spots < (size[1], size[0]))).all(axis=1)
    for other, (_, _, cover, near_m) in enumerate(boxes):
        if other != number and near_m < far_m:
            shown &= ~((spots > cover[:2]) & (spots < cover[2:])).all(axis=1)
    corners = tuple(float(value) for value in box), tuple(float(value) for value in full)
    return Drawn(track_id, kind, corners[0], corners[1], float(shown.mean()))  # type: ignore[arg-type]


def _bodies(figures: Sequence[Figure]) -> Float64:
    """Give where the balls of bodies are, `(n, len(Ball), 3)` metres."""
    turns = np.array([figure.heading_rad for figure in figures])
    shapes = bodies.shape(np.array([figure.posture for figure in figures]), np.array([figure.person.height_m for figure in figures]))  # fmt: skip
    places_m = np.array([figure.place_m for figure in figures])
    return bodies.place(shapes, places_m, np.stack([np.cos(turns), np.sin(turns)], axis=1))


@dataclass(slots=True)
class _Item:
    order: int
    track_id: int
    kind: str
    sprite: Sprite
    depth_m: float
    place_m: tuple[float, float]
    told: bool


def _paint_surroundings(image: UInt8, look: Look, camera: PinholeCamera) -> None:
    """Paint the sky over all that is no ground, and the walls over that."""
    ground = np.linalg.inv(camera.ground_to_image())[2]
    if abs(ground[1]) > 1e-12:
        at = [-(ground[0] * column + ground[2]) / ground[1] for column in (0.0, float(camera.size[1]))]
        if max(at) > 0:
            above = np.array([[0.0, -10.0], [camera.size[1], -10.0], [camera.size[1], at[1]], [0.0, at[0]]])
            fixed = np.rint(above).clip(-32000, 32000).astype(np.int32)
            cv2.fillConvexPoly(image, fixed, look.stadium.sky)
    half = replace(
        camera,
        size=(camera.size[0] // 2, camera.size[1] // 2),
        focal_px=camera.focal_px / 2,
        centre_px=(camera.middle_px[0] / 2, camera.middle_px[1] / 2),
    )
    coarse, cover = np.zeros((*half.size, 3), np.uint8), np.zeros(half.size, np.uint8)
    for wall in look.stadium.stands:
        wall.paint(coarse, half, cover)
    rows = np.flatnonzero(cover.any(axis=1))
    if len(rows):
        low = int(rows[-1]) + 1
        size = (camera.size[1], 2 * low)
        stands = cv2.resize(coarse[:low], size, interpolation=cv2.INTER_LINEAR)
        cv2.copyTo(stands, cv2.resize(cover[:low], size, interpolation=cv2.INTER_NEAREST), image[: 2 * low])
    for wall in look.stadium.boards:
        wall.paint(image, camera)


def _sprites(
    image: UInt8, look: Look, camera: PinholeCamera, figures: Sequence[Figure], shutter_s: float
) -> list[_Item]:
    """Draw everybody who is in sight on their own, and their shadows on the ground."""
    if not figures:
        return []
    places_m = np.array([figure.place_m for figure in figures])
    points_m = _bodies(figures)
    points_px, depths_m = camera.project(points_m)
    light_xy = shadows.in_picture(look.light, camera)
    shown = look.turf.light_at(places_m)
    height, width = camera.size
    items: list[_Item] = []
    for order, figure in enumerate(figures):
        shape_px = points_px[order]
        if not np.isfinite(shape_px).all():
            continue
        low, high = shape_px.min(axis=0) - 60, shape_px.max(axis=0) + 60
        if high[0] < 0 or low[0] > width or high[1] < 0 or low[1] > height:
            continue
        shadows.throw(image, look.light, camera, points_m[order], float(shown[order]))
        sprite = kits.draw(figure.person, shape_px, depths_m[order], camera.focal_px, light_xy)
        if shown[order] < 0.99:
            sprite = sprite.lit(float(0.15 + 0.85 * shown[order]))
        if shutter_s:
            sprite = _blurred(sprite, camera, figure, shutter_s)
        items.append(
            _Item(
                order + 1,
                figure.track_id,
                figure.kind,
                sprite,
                float(depths_m[order].mean()),
                figure.place_m,
                figure.track_id > 0,
            )
        )
    return items


def _blurred(sprite: Sprite, camera: PinholeCamera, figure: Figure, shutter_s: float) -> Sprite:
    start = np.array([*figure.place_m, 1.0])
    end = start + (np.array([*figure.velocity_mps, 0.0]) * shutter_s)
    points_px, _ = camera.project(np.array([start, end]))
    if not np.isfinite(points_px).all():
        return sprite
    dx, dy = (float(value) for value in points_px[1] - points_px[0])
    return smear(sprite, dx, dy)


def _ball(
    image: UInt8, look: Look, camera: PinholeCamera, ball: tuple[Float64, Float64], shutter_s: float
) -> list[_Item]:
    centre_m, velocity_mps = ball
    ends = np.array([centre_m, centre_m + velocity_mps * shutter_s])
    points_px, depths_m = camera.project(ends)
    if not np.isfinite(points_px).all() or depths_m[0] < NEAR_M:
        return []
    radius = BALL_RADIUS_M * camera.focal_px / float(depths_m[0])
    x, y = (float(value) for value in points_px[0])
    height, width = camera.size
    if not (-radius < x < width + radius and -radius < y < height + radius):
        return []
    foot = centre_m.copy()
    foot[2] = 0.0
    flat = np.repeat(foot[None], len(Ball), axis=0)
    turns = np.arange(len(flat)) * (2 * np.pi / len(flat))
    flat[:, :2] += BALL_RADIUS_M * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    if centre_m[2] < 0.6:
        shadows.soft(image, camera, flat, 0.8 * look.light.shadow * (1 - centre_m[2]))
    pad = Pad((x - radius, y - radius, x + radius, y + radius), fineness=8 if radius < 20 else 3, margin_px=2)
    turns = np.arange(20) * (np.pi / 10)
    ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    light = np.array(shadows.in_picture(look.light, camera))
    for level, gain in enumerate((0.62, 0.78, 0.9, 1.0)):
        middle = np.array([x, y]) + light * radius * 0.45 * level / 4
        pad.polygon(middle + ring * radius * (1 - level / 4.6), [channel * gain for channel in look.ball])
    if radius > 3:
        spin = float(foot[0] * 3 + foot[1] * 2)
        for turn in np.arange(3) * 2.1 + spin:
            spot = np.array([x, y]) + 0.55 * radius * np.array([np.cos(turn), np.sin(turn)])
            pad.polygon(spot + ring[::4] * radius * 0.24, (40, 36, 36))
    sprite = pad.sprite().lit(float(look.turf.light_at(foot[None, :2])[0]))
    dx, dy = (float(value) for value in points_px[1] - points_px[0])
    long_px = float(np.hypot(dx, dy))
    if long_px > 60:
        dx, dy = dx * 60 / long_px, dy * 60 / long_px
    sprite = smear(sprite, dx, dy)
    return [_Item(0, 0, "ball", sprite, float(depths_m[0]), (float(foot[0]), float(foot[1])), True)]


def _lay_all(image: UInt8, look: Look, camera: PinholeCamera, items: list[_Item]) -> None:
    """Lay everybody over the picture, far ones first, goals among them by their distance."""
    pitch = look.turf.pitch
    goals: list[tuple[float, int]] = []
    for side in (-1, 1):
        points_px, depths_m = camera.project(np.array([[side * (pitch.length_m / 2 + 0.5), 0.0, 1.0]]))
        if np.isfinite(points_px).all():
            goals.append((float(depths_m[0]), side))
    things: list[tuple[float, int, _Item | None]] = [(-item.depth_m, item.order, item) for item in items]
    things += [(-depth_m, -side, None) for depth_m, side in goals]
    for _, number, item in sorted(things, key=lambda thing: thing[:2]):
        if item is None:
            paint_goal(image, camera, pitch, -number, look.stadium.net)
        else:
            lay(image, item.sprite)


def _visible(items: list[_Item], size: tuple[int, int], cover: UInt8) -> list[tuple[int, Drawn]]:
    """Give the boxes of all that is told, with the share that neither nearer figures nor walls hide."""
    height, width = size
    near_first = sorted(items, key=lambda item: (item.depth_m, item.order))
    found: list[tuple[int, Drawn]] = []
    for number, item in enumerate(near_first):
        sprite = item.sprite
        place = window(sprite, size)
        if not item.told or place is None or sprite.box_px is None:
            continue
        x1, y1, x2, y2 = sprite.box_px
        box = (max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height)))
        if box[2] - box[0] < 1 or box[3] - box[1] < 1:
            continue
        shows = sprite.alpha[place.sprite_rows, place.sprite_columns]
        wall = cover[place.rows, place.columns]
        if wall.any():
            shows = shows * (1 - wall.astype(np.float32) / np.float32(255))
        for other in near_first[:number]:
            shows = _hidden_by(shows, place.rows, place.columns, other.sprite)
        whole = float(sprite.alpha.sum(dtype=np.float64))
        share = min(float(shows.sum(dtype=np.float64)) / whole, 1.0) if whole else 0.0
        found.append((item.order, Drawn(item.track_id, item.kind, box, sprite.box_px, share)))
    return found


def _hidden_by(shows: Float32, rows: slice, columns: slice, over: Sprite) -> Float32:
    """Take from what shows, at those rows and columns of the picture, what another sprite covers."""
    top, left = max(rows.start, over.top), max(columns.start, over.left)
    bottom, right = min(rows.stop, over.top + over.size[0]), min(columns.stop, over.left + over.size[1])
    if top >= bottom or left >= right:
        return shows
    kept = shows.copy()
    kept[top - rows.start : bottom - rows.start, left - columns.start : right - columns.start] *= (
        1 - over.alpha[top - over.top : bottom - over.top, left - over.left : right - over.left]
    )
    return kept
