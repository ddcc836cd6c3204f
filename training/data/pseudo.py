"""Labels people in frames and pictures by asking several detectors: `python -m training.data.pseudo --data ../shared/data`.

A person is labelled where at least two permissively licensed detectors of different families agree; what one of them
alone takes for a person is a region in which nothing is learned. Frames much larger than what the detectors look at are
also shown to them in overlapping quarters. The answers are numbers, kept in `splits/people/labels.json`; frames are
written on demand (see `pixels.extract`). What is labelled there already is not asked about again.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.evaluation.detection import box_iou
from training.data.labelled import IGNORED
from training.data.pixels import CACHE, read_frames, read_picture
from training.data.splits import read_split
from training.data.stored import stored_rows, write_stored

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from numpy.typing import NDArray

    from sightline.core.detections import Detections
    from sightline.ports import ModelAdapter
    from training.data.stored import Rows

PERSON, BALL = 0, 1

JUDGES: dict[str, dict[int, int]] = {
    "yolox_nano.onnx": {0: PERSON, 32: BALL},
    "nanodet_m_416.onnx": {0: PERSON, 32: BALL},
    "rtmdet_nano_person.onnx": {0: PERSON},
    "person-detection-0200.xml": {0: PERSON},
}
"""Weights that are asked (all Apache-2.0) and their class ids that count."""

FRAMES: dict[str, int] = {
    "videos/people/one_by_one.mp4": 20,
    "videos/people/pets09_s2l1_480x360.avi": 10,
    "videos/people/towncentre_1080p.mp4": 10,
    "videos/people/skeleton.mp4": 12,
    "videos/other/basketball.mp4": 12,
    "videos/football/close_up.mp4": 10,
    "videos/football/broadcast_goal_1080p.mp4": 15,
    "videos/juggling/3_reverse_cascade_3balls.mp4": 12,
    "videos/juggling/423_3balls.mp4": 12,
    "videos/juggling/51_shower_3balls.mp4": 12,
    "videos/juggling/single_ball_throw_1_rotated.mov": 12,
    "videos/juggling/single_ball_throw_3_rotated.mov": 12,
    "videos/juggling/single_ball_throw_5_rotated.mov": 12,
    "videos/juggling/single_ball_throw_7_rotated.mov": 12,
    "videos/juggling/throw_heights_1_to_8.mp4": 25,
    "videos/juggling/unlabelled_3balls.mp4": 20,
    "videos/keepie_uppie/outdoor.mp4": 8,
}
"""Videos that are labelled and how many frames lie between two that are."""

NO_BALLS = ("videos/juggling/", "videos/keepie_uppie/")
"""What the ball model is tested on: a ball in these is ignored, so that no model learns any."""

EMPTY_EVERY = 5
"""Of the road pictures in which no detector finds anything, every so many-th is kept: a street without people."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """When detectors agree.

    Attributes:
        min_score: Lowest score of a box that can agree with others, 0..1.
        alone_score: Lowest score of a box that, alone, makes a region unsure, 0..1.
        iou: Least overlap of boxes of one object, 0..1.
        judges: So many detectors make a label.
    """

    min_score: float = 0.3
    alone_score: float = 0.2
    iou: float = 0.6
    judges: int = 2


def agree(
    answers: Sequence[Detections], how: Agreement = Agreement()
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Turn the answers of several detectors about one picture into labels.

    Args:
        answers: One of each detector, with the classes of this module.
        how: Settings.

    Returns:
        `(n, 4)` corners and `(n,)` classes, `IGNORED` for regions that one detector alone names. A label is the mean
        of the boxes that agree, weighted by score.
    """
    boxes = np.concatenate([each.boxes_px for each in answers]).astype(np.float64)
    scores = np.concatenate([each.scores for each in answers])
    classes = np.concatenate([each.class_ids for each in answers])
    judge = np.concatenate([np.full(len(each), at) for at, each in enumerate(answers)])
    overlaps = box_iou(boxes, boxes)
    labels, label_classes = [], []
    free = scores >= how.min_score
    for row in np.argsort(-scores, kind="stable"):
        if not free[row]:
            continue
        together = free & (classes == classes[row]) & (overlaps[row] >= how.iou)
        if len(set(judge[together])) >= how.judges:
            labels.append(np.average(boxes[together], axis=0, weights=scores[together]))
            label_classes.append(int(classes[row]))
            free &= ~together
    sure = np.array(labels).reshape(-1, 4)
    unsure = scores >= how.alone_score
    if len(sure):
        unsure &= box_iou(boxes, sure).max(1) < 0.5
    regions = [
        boxes[row] for row in np.flatnonzero(unsure) if not (overlaps[row, :row][unsure[:row]] > 0.8).any()
    ]
    found = np.concatenate([sure, np.array(regions).reshape(-1, 4)])
    kinds = [*label_classes, *[IGNORED] * len(regions)]
    return found.astype(np.float32), np.array(kinds, np.int32)


def judge_picture(model: ModelAdapter, counted: Mapping[int, int], image: NDArray[np.uint8]) -> Detections:
    """Ask one open detector about a picture, and about its overlapping quarters where it is large."""
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.vision.detect import predict

    height, width = image.shape[:2]
    views = [(0, 0, width, height)]
    if width > 800:
        wide, high = round(width * 0.56), round(height * 0.56)
        views += [(x, y, x + wide, y + high) for y in (0, height - high) for x in (0, width - wide)]
    frames = [
        Frame.from_image(np.ascontiguousarray(image[y1:y2, x1:x2]), index=at)
        for at, (x1, y1, x2, y2) in enumerate(views)
    ]
    boxes, scores, classes = [], [], []
    for (x1, y1, x2, y2), answer in zip(views, predict(model, frames), strict=True):
        low, high_ = answer.boxes_px[:, :2], answer.boxes_px[:, 2:]
        cut = ((low[:, 0] < 3) & (x1 > 0)) | ((low[:, 1] < 3) & (y1 > 0))
        cut |= ((high_[:, 0] > x2 - x1 - 3) & (x2 < width)) | ((high_[:, 1] > y2 - y1 - 3) & (y2 < height))
        keep = ~cut & np.isin(answer.class_ids, list(counted))
        boxes.append(answer.boxes_px[keep] + np.array([x1, y1, x1, y1], np.float32))
        scores.append(answer.scores[keep])
        classes.append(np.array([counted[int(each)] for each in answer.class_ids[keep]], np.int32))
    joined = Detections(np.concatenate(boxes), np.concatenate(scores), np.concatenate(classes))
    return joined[_best(joined)]


def _best(found: Detections, iou: float = 0.55) -> list[int]:
    """Rows that no better box of their class overlaps; views see the same object."""
    kept: list[int] = []
    overlaps = box_iou(found.boxes_px, found.boxes_px)
    for row in np.argsort(-found.scores, kind="stable"):
        same = [at for at in kept if found.class_ids[at] == found.class_ids[row]]
        if not (overlaps[row, same] > iou).any():
            kept.append(int(row))
    return kept


def label_frames(
    models: Sequence[ModelAdapter], data_root: Path, frames: Mapping[str, int], known: Container[str] = ()
) -> dict[str, Rows]:
    """Label every n-th frame of some videos with open models, the `JUDGES` in their order; `known` ones are left out.

    Returns:
        `video#frame` -> rows of `x1 y1 x2 y2 class` in whole pixels.
    """
    import cv2

    labels = {}
    for video, stride in frames.items():
        count = int(cv2.VideoCapture(str(data_root / video)).get(cv2.CAP_PROP_FRAME_COUNT))
        wanted = [frame for frame in range(0, count - 1, stride) if f"{video}#{frame}" not in known]
        for frame, image in read_frames(data_root / video, wanted).items() if wanted else ():
            labels[f"{video}#{frame}"] = _label(models, image, balls=not video.startswith(NO_BALLS))
        print(video, flush=True)
    return labels


def label_pictures(
    models: Sequence[ModelAdapter], data_root: Path, names: Sequence[str], known: Container[str] = ()
) -> dict[str, Rows]:
    """Label pictures; those with people are kept, and every `EMPTY_EVERY`-th of those in which nobody finds anything."""
    labels: dict[str, Rows] = {}
    empty = 0
    for name in names:
        if name in known:
            continue
        rows = _label(models, read_picture(data_root / name), balls=False)
        empty += not rows
        if any(row[4] == PERSON for row in rows) or (not rows and empty % EMPTY_EVERY == 0):
            labels[name] = rows
    return labels


def _label(models: Sequence[ModelAdapter], image: NDArray[np.uint8], *, balls: bool) -> Rows:
    answers = [
        judge_picture(model, counted, image) for model, counted in zip(models, JUDGES.values(), strict=True)
    ]
    boxes_px, classes = agree(answers)
    if not balls:
        classes = np.where(classes == BALL, IGNORED, classes)
    return [[*map(int, np.round(box)), int(kind)] for box, kind in zip(boxes_px, classes, strict=True)]


def main() -> None:
    """Label what is not labelled yet and write the file."""
    from sightline.ports import ModelOptions
    from sightline.vision.catalog import build_model
    from sightline.vision.zoo import Zoo

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    chosen = parser.parse_args()
    zoo = Zoo(CACHE / "zoo")
    options = ModelOptions(min_score=0.15, iou=0.6)
    models = [build_model(str(chosen.data / "weights" / name), options, zoo) for name in JUDGES]
    for model in models:
        model.open()
    roads = [entry.path for entry in read_split("hazard", "train")]
    labels = stored_rows("people")
    labels |= label_frames(models, chosen.data, FRAMES, labels)
    labels |= label_pictures(models, chosen.data, roads, labels)
    for model in models:
        model.close()
    write_stored("people", labels)
    print(
        len(labels), "pictures,", sum(row[4] == PERSON for rows in labels.values() for row in rows), "people"
    )


if __name__ == "__main__":
    main()
