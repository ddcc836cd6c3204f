"""People cut out of training pictures and put before other scenes, so that people are learned and not where they stood.

Few general photographs train the model, and each shows its people before one background, at one size. GrabCut finds a person in
a labelled box; cut out, everyone can stand anywhere, close by, far away, cut off by the picture's edge or by another.
`python -m training.render cutouts` writes the pictures ahead of training.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.analytics.evaluation.detection import box_iou
from training.augment import IGNORE
from training.data.labelled import load_split
from training.data.people import PERSON
from training.data.pixels import read_picture
from training.pictures.backgrounds import plain_wall

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.data.labelled import Labelled

Picture = tuple["NDArray[np.uint8]", "NDArray[np.float32]", "NDArray[np.int64]"]

SIZE = (448, 448)
LEAST_PX = (28.0, 70.0)
"""Width and height of a person who is cut out; a smaller one would be drawn larger than it was seen."""
DOMAINS = ("coco", "video_open", "video_unclear")
MOST_OF_A_VIDEO = 8
"""Cut-outs of one video, whose people are the same ones over and over."""
FILLS = (0.3, 0.85)
"""Share of its box that a person covers; GrabCut has failed where it says less or more."""
COVERED = 0.6
"""Share of a box behind a new person from which on its owner counts as hidden."""


LEAST_SEEN = 0.25
"""Share of a box inside the picture from which on it is labelled."""
HEIGHTS = (0.18, 1.7)
"""Of people, in heights of the picture; beyond 1 they are cut off."""
ENLARGED = 3.0
"""Most that a cut-out is made larger."""


@dataclass(frozen=True, slots=True)
class CutOut:
    """A person: `(h, w, 3)` BGR uint8 and how much of each pixel is theirs, `(h, w)` float32 0..1."""

    image: NDArray[np.uint8]
    alpha: NDArray[np.float32]


def cut_out(image: NDArray[np.uint8], box_px: NDArray[np.float32]) -> CutOut | None:
    """Cut a person out of a box; None where what is found does not look like one.

    Source:
        Rother, Kolmogorov, Blake: GrabCut, SIGGRAPH 2004.
    """
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (round(float(value)) for value in box_px)
    around = max(6, (x2 - x1) // 4)
    left, top = max(0, x1 - around), max(0, y1 - around)
    part = image[top : min(height, y2 + around), left : min(width, x2 + around)]
    shrink = min(1.0, 160 / max(part.shape[:2]))
    small = cv2.resize(part, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    inside = [max(1, round(value * shrink)) for value in (x1 - left, y1 - top, x2 - x1, y2 - y1)]
    mask = np.zeros(small.shape[:2], np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(small, mask, inside, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_RECT)
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3)))
    )
    if len(stats) < 2:
        return None
    person = (pieces == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.float32)
    alpha = cv2.GaussianBlur(
        cv2.resize(person, part.shape[1::-1], interpolation=cv2.INTER_LINEAR), (0, 0), 1.0
    )
    alpha, whole = alpha[y1 - top : y2 - top, x1 - left : x2 - left], image[y1:y2, x1:x2]
    if not FILLS[0] < float((alpha > 0.5).mean()) < FILLS[1]:
        return None
    return CutOut(whole.copy(), alpha)


class Painter:
    """Puts people of the training part before its own pictures, empty roads and walls."""

    def __init__(self, data_root: Path) -> None:
        pictures = load_split("people", "train", data_root)
        self._scenes = [each for each in pictures if each.domain == "coco"]
        self._roads = [each for each in pictures if each.domain == "road" and not len(each.boxes_px)]
        self._people = people_of([each for each in pictures if each.domain in DOMAINS])

    def __call__(self, rng: np.random.Generator) -> Picture:
        """Make one; the same generator gives the same picture."""
        chance = rng.random()
        if chance < 0.25:
            scene = Scene(plain_wall(rng, SIZE))
        else:
            scenes = self._scenes if chance < 0.75 else self._roads
            scene = _part_of(rng, scenes[int(rng.integers(len(scenes)))])
        for _ in range(int(rng.choice([1, 2, 3, 4], p=[0.4, 0.3, 0.2, 0.1]))):
            put(rng, scene, self._people[int(rng.integers(len(self._people)))])
        return scene.labelled()


@dataclass(slots=True)
class Scene:
    """A picture under construction with its labels; `hidden` is the share of each box that others cover."""

    image: NDArray[np.uint8]
    boxes_px: list[NDArray[np.float32]] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    hidden: list[float] = field(default_factory=list)

    def label(self, box_px: NDArray[np.float32], class_id: int) -> None:
        """Add a box, cut at the picture's edge; where little of it is inside, nothing is known about the rest."""
        height, width = self.image.shape[:2]
        cut = np.asarray(box_px, np.float32).clip(0, [width, height, width, height])
        seen = float((cut[2:] - cut[:2]).prod() / max(float((box_px[2:] - box_px[:2]).prod()), 1e-6))
        if (cut[2:] - cut[:2] > 2).all():
            self.boxes_px.append(cut)
            self.classes.append(class_id if seen > LEAST_SEEN else IGNORE)
            self.hidden.append(0.0)

    def cover(self, alpha: NDArray[np.float32]) -> None:
        """Take note of what a new person, `(height, width)` of the picture, hides."""
        for at, (x1, y1, x2, y2) in enumerate(np.round(self.boxes_px).astype(int)):
            under = alpha[y1:y2, x1:x2]
            self.hidden[at] += float(under.mean()) if under.size else 1.0

    def labelled(self) -> Picture:
        """Give picture, boxes and classes."""
        kinds = [
            IGNORE if hidden > COVERED else kind
            for kind, hidden in zip(self.classes, self.hidden, strict=True)
        ]
        return self.image, np.array(self.boxes_px, np.float32).reshape(-1, 4), np.array(kinds, np.int64)


def people_of(pictures: Sequence[Labelled]) -> list[CutOut]:
    """Cut people out of labelled pictures, a few of each place."""
    people: list[CutOut] = []
    rng = np.random.default_rng(0)
    for place in sorted({each.place for each in pictures}):
        boxes = [(each, box) for each in pictures if each.place == place for box in _whole_people(each)]
        chosen = rng.permutation(len(boxes))[:MOST_OF_A_VIDEO]
        found = [cut_out(read_picture(boxes[at][0].path), boxes[at][1]) for at in chosen]
        people += [person for person in found if person is not None]
    return people


def _whole_people(picture: Labelled) -> NDArray[np.float32]:
    """Boxes of people who are large enough and whom no other box overlaps much."""
    boxes = picture.boxes_px
    overlaps = box_iou(boxes, boxes) - np.eye(len(boxes))
    large = (boxes[:, 2:] - boxes[:, :2] >= LEAST_PX).all(1)
    return boxes[large & (picture.class_ids == PERSON) & (overlaps.max(1, initial=0) < 0.1)]


def _part_of(rng: np.random.Generator, picture: Labelled) -> Scene:
    """Give a random part of a picture with its labels, mirrored half of the time."""
    height, width = SIZE
    image = read_picture(picture.path)
    side = min(image.shape[:2]) * float(rng.uniform(0.6, 1.0))
    left, top = rng.uniform(0, image.shape[1] - side), rng.uniform(0, image.shape[0] - side)
    scale = width / side
    part = image[int(top) : int(top + side), int(left) : int(left + side)]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scene = Scene(np.asarray(cv2.resize(part, (width, height), interpolation=how), np.uint8))
    boxes = (picture.boxes_px - np.array([left, top, left, top], np.float32)) * np.float32(scale)
    if rng.random() < 0.5:
        scene.image = np.ascontiguousarray(scene.image[:, ::-1])
        boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    for box, kind in zip(boxes, picture.class_ids, strict=True):
        scene.label(box, int(kind))
    return scene


def put(rng: np.random.Generator, scene: Scene, person: CutOut) -> None:
    """Draw one person at a random size and place, in the scene's light, and label them."""
    height, width = scene.image.shape[:2]
    seen = person.alpha.shape[0]
    tall = min(height * float(np.exp(rng.uniform(*np.log(HEIGHTS)))), ENLARGED * seen)
    scale, wider = tall / seen, float(np.exp(rng.normal(0, 0.08)))
    wide = person.alpha.shape[1] * scale * wider
    left, top = rng.uniform(-0.4 * wide, width - 0.6 * wide), rng.uniform(-0.1 * tall, height - 0.35 * tall)
    source, alpha = person.image, person.alpha
    if rng.random() < 0.5:
        source, alpha = source[:, ::-1], alpha[:, ::-1]
    if scale < 0.6:  # a bilinear warp would skip pixels
        source = cv2.resize(source, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    move = np.array([[wide / alpha.shape[1], 0, left], [0, tall / alpha.shape[0], top]])
    shown = cv2.warpAffine(
        np.ascontiguousarray(source), move, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    mask = cv2.warpAffine(np.ascontiguousarray(alpha), move, (width, height))
    gain = 1 + rng.normal(0, 0.15) + rng.normal(0, 0.04, 3)
    blend = mask[..., None]
    scene.image = np.asarray(np.clip(scene.image * (1 - blend) + shown * gain * blend, 0, 255), np.uint8)
    scene.cover(mask)
    rows, columns = np.flatnonzero((alpha > 0.5).any(1)), np.flatnonzero((alpha > 0.5).any(0))
    if len(rows) and len(columns):
        corners = np.array([[columns[0], rows[0], 1], [columns[-1] + 1, rows[-1] + 1, 1]]) @ move.T
        scene.label(corners.reshape(4).astype(np.float32), PERSON)
