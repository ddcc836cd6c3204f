"""Pictures of balls in the air, in hands and on the ground, put together from real scenes and drawn balls.

Real juggling videos are what the model is tested on; none of them is looked at here. `python -m training.render ball`
writes thousands of these ahead of training.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.data.labelled import IGNORED, load_split
from training.pictures.backgrounds import Background, open_frames, plain_wall, scenes_with_people
from training.pictures.cutouts import CutOut, people_of, put
from training.pictures.cutouts import Scene as Stage
from training.pictures.spheres import Skin, draw_ball, draw_skin, smear

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BALL = 0

SIZES = ((360, 640), (416, 416), (640, 360), (480, 480))
"""`(height, width)` of the pictures that a `Painter` makes."""


OPEN_PEOPLE = ("coco", "video_open")
"""Domains whose people may stand before a wall: none of the videos that balls are tested on is among them."""


@dataclass(slots=True)
class Scene:
    """A picture under construction, BGR float32 0..1, with what is labelled so far."""

    image: NDArray[np.float32]
    people_px: NDArray[np.float32]
    boxes_px: list[NDArray[np.float32]] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)

    def label(self, box_px: NDArray[np.float32] | list[float], class_id: int) -> None:
        """Add a box, cut at the picture's edge; a sliver of less than a third of it is `IGNORED`."""
        height, width = self.image.shape[:2]
        box = np.asarray(box_px, np.float32)
        cut = box.clip(0, [width, height, width, height])
        sides = cut[2:] - cut[:2]
        if (sides < 1).any():
            return
        seen = sides.prod() / max((box[2:] - box[:2]).prod(), 1e-6)
        self.boxes_px.append(cut)
        self.classes.append(class_id if seen > 0.33 else IGNORED)


def render_ball_crop(
    rng: np.random.Generator,
    background: Background | None,
    size: tuple[int, int] = (416, 416),
    person: CutOut | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
    """Make one picture.

    Args:
        rng: All chance comes from it.
        background: The scene, of which a random part is taken; None for a drawn wall.
        size: `(height, width)` of the result.
        person: Who stands before the wall, if anybody.

    Returns:
        BGR picture, `(n, 4)` boxes in pixels and `(n,)` classes, `IGNORED` for what may or may not pass for a ball.
    """
    scene = _stage(rng, background, size, person)
    light = np.array([rng.normal(0, 0.5), -rng.uniform(0.2, 1.2), rng.uniform(0.4, 1.2)])
    light /= np.linalg.norm(light)
    sharpness = rng.uniform(0, 1.2) if rng.random() < 0.7 else rng.uniform(1.2, 2.2)
    for _ in range(int(rng.integers(0, 5))):
        _distract(rng, scene)
    balls = int(rng.choice([0, 1, 2, 3, 4, 5, 7], p=[0.08, 0.25, 0.17, 0.27, 0.1, 0.09, 0.04]))
    radius_px = float(np.exp(rng.uniform(np.log(2.8), np.log(32))))
    skins = [draw_skin(rng) for _ in range(max(balls, 1))]
    if rng.random() < 0.5:
        skins = skins[:1] * len(skins)
    taken: list[tuple[float, float, float]] = []
    for skin in skins[:balls]:
        own_px = radius_px * float(np.exp(rng.normal(0, 0.06)))
        _drop(rng, scene, skin, own_px, light=light, blur_px=sharpness, taken=taken)
    image = _photograph(rng, scene.image)
    return (
        image,
        np.array(scene.boxes_px, np.float32).reshape(-1, 4),
        np.array(scene.classes, np.int32),
    )


class Painter:
    """Makes picture after picture from the scenes of the training parts."""

    def __init__(self, data_root: Path) -> None:
        self._people = scenes_with_people(data_root)
        self._others = open_frames(data_root)
        pictures = load_split("people", "train", data_root)
        self._alone = people_of([each for each in pictures if each.domain in OPEN_PEOPLE])

    def __call__(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
        """Make one; the same generator gives the same picture."""
        chance = rng.random()
        scenes = self._people if chance < 0.5 else self._others
        background = scenes[int(rng.integers(len(scenes)))] if chance < 0.65 else None
        person = self._alone[int(rng.integers(len(self._alone)))] if chance > 0.75 else None
        return render_ball_crop(rng, background, SIZES[int(rng.integers(len(SIZES)))], person)


def _before_a_wall(rng: np.random.Generator, size: tuple[int, int], person: CutOut | None) -> Scene:
    """Give a wall, with someone before it where there is `person`: as most jugglers are filmed."""
    stage = Stage(plain_wall(rng, size))
    if person is not None:
        put(rng, stage, person)
    people = np.array(stage.boxes_px, np.float32).reshape(-1, 4)
    return Scene(np.asarray(stage.image / np.float32(255), np.float32), people)


def _stage(
    rng: np.random.Generator, background: Background | None, size: tuple[int, int], person: CutOut | None
) -> Scene:
    height, width = size
    if background is None:
        return _before_a_wall(rng, size, person)
    image = background.read()
    if image.shape[0] * image.shape[1] == 0:
        raise ValueError(f"{background.path.name} is empty")
    # a random part of the wanted shape, at 0.5 to 1.6 times its size
    fit = min(image.shape[0] / height, image.shape[1] / width)
    part = fit * float(rng.uniform(0.55, 1.0))
    wide, high = min(part * width, image.shape[1]), min(part * height, image.shape[0])
    left = rng.uniform(0, image.shape[1] - wide)
    top = rng.uniform(0, image.shape[0] - high)
    flip = rng.random() < 0.5
    move = np.array([[width / wide, 0, -left * width / wide], [0, height / high, -top * height / high]])
    if flip:
        move[0] = [-move[0, 0], 0, width - move[0, 2]]
    shown = cv2.warpAffine(
        image, move, (width, height), flags=cv2.INTER_AREA if part > 1 else cv2.INTER_LINEAR
    )
    scene = Scene(shown.astype(np.float32) / 255, _moved(background.people_px, move))
    for boxes_px, class_id in ((background.balls_px, BALL), (background.unsure_px, IGNORED)):
        for box in _moved(boxes_px, move):
            scene.label(box, class_id)
    return scene


def _moved(boxes_px: NDArray[np.float32], move: NDArray[np.float64]) -> NDArray[np.float32]:
    corners = boxes_px.reshape(-1, 2, 2) @ move[:, :2].T + move[:, 2]
    return np.concatenate([corners.min(1), corners.max(1)], 1).astype(np.float32)


def _drop(
    rng: np.random.Generator,
    scene: Scene,
    skin: Skin,
    radius_px: float,
    *,
    light: NDArray[np.float64],
    blur_px: float,
    taken: list[tuple[float, float, float]],
) -> None:
    """Put one ball somewhere, moving, perhaps held by a hand, and label it."""
    centre = _somewhere(rng, scene, radius_px)
    if any(np.hypot(centre[0] - x, centre[1] - y) < 1.2 * (radius_px + other) for x, y, other in taken):
        return
    taken.append((*centre, radius_px))
    held = rng.random() < 0.28
    speed = 0.0 if held and rng.random() < 0.7 else float(rng.exponential(0.55)) * radius_px
    angle = rng.normal(np.pi / 2, 0.5) if rng.random() < 0.7 else rng.uniform(0, 2 * np.pi)
    move = (min(speed, 2.5 * radius_px) * np.cos(angle), min(speed, 2.5 * radius_px) * np.sin(angle))
    ball = smear(draw_ball(rng, skin, radius_px, light), move)
    if blur_px > 0.3:
        soft = float(blur_px * min(1.0, radius_px / 6))
        ball = _soften(ball, soft)
    left, top = centre[0] - ball.shape[1] / 2, centre[1] - ball.shape[0] / 2
    around = scene.image[
        max(0, int(centre[1] - 3 * radius_px)) : int(centre[1] + 3 * radius_px) + 1,
        max(0, int(centre[0] - 3 * radius_px)) : int(centre[0] + 3 * radius_px) + 1,
    ]
    exposure = float(np.clip(0.45 + 0.9 * around.mean(), 0.35, 1.25)) if around.size else 1.0
    tint = np.clip(around.mean((0, 1)) / max(around.mean(), 0.05), 0.75, 1.25) ** 0.3 if around.size else 1.0
    ball[..., :3] = np.clip(ball[..., :3] * exposure * rng.uniform(0.85, 1.15) * tint, 0, 1)
    _paste(scene.image, ball, left, top)
    solid = ball[..., 3] > 0.3
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if len(rows) == 0:
        return
    box = [left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1]
    hidden = _hold(rng, scene.image, centre, radius_px, blur_px) if held else 0.0
    scene.label(box, BALL if hidden < 0.6 else IGNORED)


def _somewhere(rng: np.random.Generator, scene: Scene, radius_px: float) -> tuple[float, float]:
    """A place for a ball: often where jugglers have them, above and beside people."""
    height, width = scene.image.shape[:2]
    people = scene.people_px[(scene.people_px[:, 2:] - scene.people_px[:, :2]).min(1) > 3 * radius_px]
    if len(people) and rng.random() < 0.7:
        x1, y1, x2, y2 = people[int(rng.integers(len(people)))]
        x = rng.normal((x1 + x2) / 2, (x2 - x1) * 0.6)
        y = rng.uniform(y1 - (y2 - y1) * 0.7, y1 + (y2 - y1) * 0.8)
        if -radius_px / 2 < x < width + radius_px / 2 and -radius_px / 2 < y < height + radius_px / 2:
            return float(x), float(y)
    return float(rng.uniform(0, width)), float(rng.uniform(0, height))


def _soften(sprite: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    margin = int(np.ceil(3 * sigma_px)) + 1
    wide = cv2.copyMakeBorder(sprite, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    wide[..., :3] *= wide[..., 3:]
    wide = cv2.GaussianBlur(wide, (0, 0), sigma_px)
    wide[..., :3] /= np.maximum(wide[..., 3:], 1e-4)
    return np.asarray(wide, np.float32)


def _paste(image: NDArray[np.float32], sprite: NDArray[np.float32], left: float, top: float) -> None:
    """Blend a sprite into a picture at a place in fractions of pixels."""
    height, width = image.shape[:2]
    x, y = int(np.floor(left)), int(np.floor(top))
    shift = np.array([[1, 0, left - x], [0, 1, top - y]])
    premultiplied = np.dstack([sprite[..., :3] * sprite[..., 3:], sprite[..., 3:]])
    moved = cv2.warpAffine(premultiplied, shift, (sprite.shape[1] + 1, sprite.shape[0] + 1))
    x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + moved.shape[1], width), min(y + moved.shape[0], height)
    if x1 >= x2 or y1 >= y2:
        return
    part = moved[y1 - y : y2 - y, x1 - x : x2 - x]
    image[y1:y2, x1:x2] = image[y1:y2, x1:x2] * (1 - part[..., 3:]) + part[..., :3]


SKIN_BGR = ((180, 205, 240), (140, 170, 220), (110, 140, 195), (80, 110, 165), (50, 70, 115), (35, 50, 85))


def _hold(
    rng: np.random.Generator,
    image: NDArray[np.float32],
    centre: tuple[float, float],
    radius_px: float,
    blur_px: float,
) -> float:
    """Draw a hand or a few fingers over a ball; gives the share of the ball that they hide."""
    fine = 4
    side = int(np.ceil(radius_px * 6))
    canvas = np.zeros((side * fine, side * fine), np.uint8)
    middle = side * fine / 2
    reach = radius_px * fine
    towards = rng.normal(np.pi / 2, 0.6)  # where the palm is, mostly below
    palm = (
        middle + np.cos(towards) * reach * rng.uniform(1.0, 1.7),
        middle + np.sin(towards) * reach * rng.uniform(1.0, 1.7),
    )
    palm_axes = (int(reach * rng.uniform(0.7, 1.2)), int(reach * rng.uniform(0.5, 0.9)))
    turned = float(np.degrees(towards)) + 90
    cv2.ellipse(canvas, (int(palm[0]), int(palm[1])), palm_axes, turned, 0, 360, 255, -1)
    wrist = (int(palm[0] + np.cos(towards) * reach * 2.2), int(palm[1] + np.sin(towards) * reach * 2.2))
    cv2.line(canvas, (int(palm[0]), int(palm[1])), wrist, 255, max(1, int(reach * rng.uniform(0.6, 0.9))))
    for finger in range(int(rng.integers(1, 5))):
        start = towards + (finger - 1.5) * 0.45
        tip = start + np.pi + rng.normal(0, 0.7)
        bend = rng.uniform(0.2, 1.1)
        points = [
            (palm[0] - np.cos(towards) * reach * 0.3, palm[1] - np.sin(towards) * reach * 0.3),
            (
                middle + np.cos(start) * reach * rng.uniform(0.5, 1.1),
                middle + np.sin(start) * reach * rng.uniform(0.5, 1.1),
            ),
            (middle + np.cos(tip) * reach * bend * 0.4, middle + np.sin(tip) * reach * bend * 0.4),
        ]
        width = max(1, int(reach * rng.uniform(0.16, 0.3)))
        cv2.polylines(canvas, [np.array(points, np.int32)], False, 255, width, cv2.LINE_AA)
    alpha = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    tone = np.array(SKIN_BGR[int(rng.integers(len(SKIN_BGR)))], np.float32) / 255 * rng.uniform(0.7, 1.1)
    depth = cv2.GaussianBlur(alpha, (0, 0), max(radius_px * 0.25, 0.5))
    colour = tone * (0.6 + 0.45 * depth[..., None])
    colour *= 1 + 0.04 * rng.normal(size=(side, side, 1))
    hand = np.dstack([np.clip(colour, 0, 1), alpha]).astype(np.float32)
    if blur_px > 0.3:
        hand = _soften(hand, blur_px)
    _paste(image, hand, centre[0] - hand.shape[1] / 2, centre[1] - hand.shape[0] / 2)
    rows, columns = np.mgrid[0:side, 0:side]
    disc = np.hypot(rows - side / 2 + 0.5, columns - side / 2 + 0.5) < radius_px
    return float(alpha[disc].mean()) if disc.any() else 0.0


def _distract(rng: np.random.Generator, scene: Scene) -> None:
    """Draw something that is no ball: a ring, a lamp's glare, an oval, a polygon, a letter, an empty hand."""
    height, width = scene.image.shape[:2]
    centre = (int(rng.integers(width)), int(rng.integers(height)))
    size = float(np.exp(rng.uniform(np.log(4), np.log(45))))
    colour = tuple(float(part) for part in rng.uniform(0, 1, 3))
    layer = scene.image.copy()
    kind = int(rng.integers(7))
    if kind == 0:
        cv2.circle(layer, centre, int(size), colour, max(1, int(size * rng.uniform(0.05, 0.25))), cv2.LINE_AA)
    elif kind == 1:
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        glow = np.exp(-((columns - centre[0]) ** 2 + (rows - centre[1]) ** 2) / (size * 0.8) ** 2)
        layer += glow[..., None] * rng.uniform(0.3, 0.9)
    elif kind == 2:
        axes = (int(size), max(1, int(size * rng.uniform(0.15, 0.5))))
        cv2.ellipse(layer, centre, axes, rng.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
    elif kind == 3:
        corners = int(rng.integers(3, 5))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        points = np.array(centre) + size * np.stack([np.cos(angles), np.sin(angles)], 1)
        cv2.fillPoly(layer, [points.astype(np.int32)], colour, cv2.LINE_AA)
    elif kind == 4:
        letter = str(rng.choice(list("0123456789OQGCBDae@&")))
        cv2.putText(
            layer,
            letter,
            centre,
            int(rng.integers(0, 5)),
            size / 18,
            colour,
            max(1, int(size / 10)),
            cv2.LINE_AA,
        )
    elif kind == 5:
        _hold(rng, layer, (float(centre[0]), float(centre[1])), size * 0.5, float(rng.uniform(0, 1)))
    else:
        end = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.line(layer, centre, end, colour, max(1, int(size / 6)), cv2.LINE_AA)
    strength = rng.uniform(0.5, 1.0)
    scene.image[:] = scene.image * (1 - strength) + np.clip(layer, 0, 1) * strength


def _photograph(rng: np.random.Generator, image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Give what a camera would write: gain, gamma, noise, loss of detail, compression."""
    seen = np.clip(image, 0, 1).astype(np.float64) ** rng.uniform(0.85, 1.2) * rng.uniform(0.8, 1.15)
    seen = seen * np.clip(1 + rng.normal(0, 0.03, 3), 0.9, 1.1)
    height, width = seen.shape[:2]
    if rng.random() < 0.3:
        factor = rng.uniform(0.5, 0.95)
        seen = cv2.resize(seen, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        seen = cv2.resize(seen, (width, height), interpolation=cv2.INTER_LINEAR)
    seen = seen + rng.normal(0, rng.uniform(0, 0.02), seen.shape)
    pixels = (np.clip(seen, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.6:
        _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(pixels, np.uint8)
