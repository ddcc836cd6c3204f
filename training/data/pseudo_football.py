"""Labels frames of football videos: `python -m training.data.pseudo_football --data ../shared/data`.

A person is labelled where at least two detectors agree, the permissive ones of `pseudo` and our own football model; what one alone
names is ignored, and so is who stands beside the pitch. Roles follow the kits, whose hues were looked up by eye for each video: a
person is a goalkeeper or referee where enough of the body has that hue, a player where hardly any has, and ignored between.
Balls are our model's best answers, each looked at; where none is known the frame goes to a domain in which balls are not labelled.
The answers are numbers, kept in `splits/football/labels.json`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.core.detections import Detections
from training.data.labelled import CLASS_NAMES, IGNORED
from training.data.pixels import CACHE, read_frames
from training.data.pseudo import JUDGES, PERSON, agree, judge_picture
from training.data.stored import write_stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.core.arrays import UInt8
    from training.data.stored import Rows

BALL, GOALKEEPER, PLAYER, REFEREE = range(4)

YELLOW, BLUE, ORANGE, NAVY = (18, 34), (95, 120), (0, 12), (110, 150)
"""Hues of kits, 0..180."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A video and what was seen in it by eye.

    Attributes:
        frames: How many it has.
        stride: Frames between two that are labelled.
        roles: Hues and the role of those who wear them, `IGNORED` for staff; all others are players.
        balls: Frames in which our model's best answer is the ball.
        only: Only who wears one of the hues is labelled: others may be coaches.
    """

    frames: int
    stride: int
    roles: dict[tuple[int, int], int]
    balls: frozenset[int] = frozenset()
    only: bool = False


VIDEOS = {
    "videos/football/broadcast_goal_1080p.mp4": Footage(
        214,
        5,
        {YELLOW: REFEREE, BLUE: GOALKEEPER},
        frozenset({*range(45, 100, 5), 105, 110, 115, 120, 135, 140, 145, 160, 165}),
    ),
    "videos/football/close_up.mp4": Footage(
        202,
        5,
        {YELLOW: PLAYER, BLUE: PLAYER},
        frozenset({*range(0, 15, 5), *range(25, 55, 5), *range(65, 80, 5), *range(90, 125, 5), *range(170, 190, 5)}),
        only=True,
    ),
    "videos/football/tactical_720p.mp4": Footage(
        840, 15, {YELLOW: REFEREE, ORANGE: GOALKEEPER, NAVY: IGNORED}
    ),
}  # fmt: skip

ENOUGH, HARDLY = 0.3, 0.08
"""Shares of a body's pixels that have a kit's hue: from the one on it is that kit, up to the other it is not."""
SURE = 0.25
"""Least score of our own model's answers about people."""
GRASS, ON_PITCH = (32, 88), 0.75
"""Hues of grass, and the share of it around the feet of who stands on the pitch."""


def hue_share(image: UInt8, box: NDArray[np.float32], hues: tuple[int, int]) -> float:
    """Give the share of the inner half of a box that has a vivid hue, 0..1."""
    x1, y1, x2, y2 = box
    inside = _part(
        image, (x1 + (x2 - x1) * 0.2, y1 + (y2 - y1) * 0.12, x2 - (x2 - x1) * 0.2, y2 - (y2 - y1) * 0.35)
    )
    return float(cv2.inRange(inside, (hues[0], 80, 50), (hues[1], 255, 255)).mean() / 255)


def stands_on_grass(image: UInt8, box: NDArray[np.float32]) -> bool:
    """Tell whether what lies left, right and below the feet is mostly green."""
    x1, _, x2, y2 = box
    around = _part(
        image, (x1 - (x2 - x1) * 0.5, y2 - (x2 - x1) * 0.3, x2 + (x2 - x1) * 0.5, y2 + (x2 - x1) * 0.4)
    )
    return float(cv2.inRange(around, (GRASS[0], 40, 20), (GRASS[1], 255, 255)).mean() / 255) >= ON_PITCH


def role(image: UInt8, box: NDArray[np.float32], footage: Footage) -> int:
    """Give a person's class, `IGNORED` where it is not clear."""
    if not stands_on_grass(image, box):
        return IGNORED
    shares = {hues: hue_share(image, box, hues) for hues in footage.roles}
    best = max(shares, key=lambda hues: shares[hues])
    if shares[best] >= ENOUGH:
        return footage.roles[best]
    return IGNORED if footage.only or shares[best] > HARDLY else PLAYER


def label(
    image: UInt8, judged: Sequence[Detections], own: Detections, footage: Footage, *, ball: bool
) -> Rows:
    """Turn the answers about a frame into rows of `x1 y1 x2 y2 class` in whole pixels.

    Args:
        image: `(h, w, 3)` BGR.
        judged: One of each of the `JUDGES`, with the classes of `pseudo`.
        own: Our football model's.
        footage: Whose frame it is.
        ball: Whether the best ball of `own` is one.
    """
    people = own[(own.class_ids != BALL) & (own.scores >= SURE)]
    ours = Detections(people.boxes_px, people.scores, np.full(len(people), PERSON, np.int32))
    boxes_px, kinds = agree([*(each[each.class_ids == PERSON] for each in judged), ours])
    hsv = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), np.uint8)
    rows = [
        [*map(int, np.round(box)), role(hsv, box, footage) if kind == PERSON else IGNORED]
        for box, kind in zip(boxes_px, kinds, strict=True)
    ]
    balls = own[own.class_ids == BALL]
    if ball and len(balls):
        rows.append([*map(int, np.round(balls.boxes_px[int(np.argmax(balls.scores))])), BALL])
    return rows


def _part(hsv: UInt8, corners: tuple[float, float, float, float]) -> UInt8:
    x1, y1, x2, y2 = (round(float(each)) for each in corners)
    part = hsv[max(y1, 0) : max(y2, y1 + 1, 1), max(x1, 0) : max(x2, x1 + 1, 1)]
    return part if part.size else np.zeros((1, 1, 3), np.uint8)


def main() -> None:
    """Label all frames and write the file."""
    from sightline.core.frames import Frame
    from sightline.ports import ModelOptions
    from sightline.vision.catalog import build_model
    from sightline.vision.detect import predict
    from sightline.vision.zoo import Zoo

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    data: Path = parser.parse_args().data
    zoo = Zoo(CACHE / "zoo")
    options = ModelOptions(min_score=0.15, iou=0.6)
    judges = [build_model(str(data / "weights" / name), options, zoo) for name in JUDGES]
    ours = ModelOptions(min_score=0.05, iou=0.6, class_names=CLASS_NAMES["football"])
    own = build_model("sightline-football-n", ours, zoo)
    for model in (*judges, own):
        model.open()
    labels: dict[str, Rows] = {}
    for video, footage in VIDEOS.items():
        for frame, image in read_frames(data / video, range(0, footage.frames - 1, footage.stride)).items():
            judged = [
                judge_picture(each, kinds, image) for each, kinds in zip(judges, JUDGES.values(), strict=True)
            ]
            (answer,) = predict(own, [Frame.from_image(image, index=0)])
            labels[f"{video}#{frame}"] = label(image, judged, answer, footage, ball=frame in footage.balls)
    for model in (*judges, own):
        model.close()
    write_stored("football", labels)
    kinds = [row[4] for rows in labels.values() for row in rows]
    print(len(labels), "frames,", {name: kinds.count(at) for at, name in enumerate(CLASS_NAMES["football"])})


if __name__ == "__main__":
    main()
