"""Labels frames of videos by asking several detectors: `python -m training.data.pseudo --data ../shared/data`.

A person is labelled where at least two permissively licensed detectors of different families agree; what one of them
alone takes for a person is a region in which nothing is learned. Frames much larger than what the detectors look at are
also shown to them in overlapping quarters. The answers are numbers, kept in `splits/people/labels.json`; frames are
written on demand (see `pixels.extract`).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.evaluation.detection import box_iou
from training.data.labelled import IGNORED
from training.data.pixels import CACHE, read_frames
from training.data.stored import write_stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sightline.core.detections import Detections
    from sightline.ports import ModelAdapter

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
}
"""Videos that are labelled and how many frames lie between two that are."""


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


def label_frames(data_root: Path, frames: Mapping[str, int]) -> dict[str, list[list[int]]]:
    """Label every n-th frame of some videos.

    Returns:
        `video#frame` -> rows of `x1 y1 x2 y2 class` in whole pixels.
    """
    import cv2

    from sightline.ports import ModelOptions
    from sightline.vision.catalog import build_model
    from sightline.vision.weights import Zoo

    zoo = Zoo(CACHE / "zoo")
    models = []
    for name in JUDGES:
        models.append(
            build_model(str(data_root / "weights" / name), ModelOptions(min_score=0.15, iou=0.6), zoo)
        )
        models[-1].open()
    labels = {}
    for video, stride in frames.items():
        count = int(cv2.VideoCapture(str(data_root / video)).get(cv2.CAP_PROP_FRAME_COUNT))
        for frame, image in read_frames(data_root / video, range(0, count - 1, stride)).items():
            answers = [
                judge_picture(model, counted, image)
                for model, counted in zip(models, JUDGES.values(), strict=True)
            ]
            boxes_px, classes = agree(answers)
            labels[f"{video}#{frame}"] = [
                [*map(int, np.round(box)), int(kind)] for box, kind in zip(boxes_px, classes, strict=True)
            ]
        print(video, flush=True)
    for model in models:
        model.close()
    return labels


def main() -> None:
    """Label all frames and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    chosen = parser.parse_args()
    labels = label_frames(chosen.data, FRAMES)
    write_stored("people", labels)
    print(len(labels), "frames,", sum(row[4] == PERSON for rows in labels.values() for row in rows), "people")


if __name__ == "__main__":
    main()
