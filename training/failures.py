"""Shows where a model fails: `python -m training.failures hazard --threshold 0.2 --out docs/models/hazard-failures.jpg`.

The pictures of a part with the most misses and false boxes at a threshold, at most so many of one domain, one of a place.
Thick boxes are labels, thin ones the model's.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.analytics.evaluation.detection import box_iou
from training.data.labelled import CLASS_NAMES, load_split
from training.data.pixels import read_picture
from training.data.splits import PARTS
from training.evaluate import WEIGHTS, find, open_model
from training.scoring import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.core.arrays import UInt8
    from sightline.core.detections import Detections
    from training.data.labelled import Labelled

COLOURS = ((255, 128, 0), (0, 200, 0), (0, 220, 255), (0, 0, 255))
ROWS, COLUMNS, SIDE_PX = 2, 4, 240


def wrong(each: Labelled, found: Detections) -> int:
    """Count an answer's misses and false boxes, overlap 0.5, same class."""
    objects, ids = each.objects_px, each.object_ids
    counts = np.isin(ids, each.labelled_classes)
    met = box_iou(found.boxes_px, objects) >= 0.5
    met &= found.class_ids[:, None] == ids[None]
    return int((~met.any(0) & counts).sum() + (~met.any(1)).sum())


def worst(pictures: Sequence[Labelled], answers: Sequence[Detections], count: int) -> list[int]:
    """Give the numbers of the worst pictures: domains share the places evenly, no place comes twice."""
    domains = {each.domain for each in pictures}
    most = -(-count // len(domains))
    order = sorted(range(len(pictures)), key=lambda at: -wrong(pictures[at], answers[at]))
    taken: list[int] = []
    places: set[str] = set()
    by_domain: Counter[str] = Counter()
    for at in order:
        each = pictures[at]
        if each.place in places or by_domain[each.domain] >= most:
            continue
        taken.append(at)
        places.add(each.place)
        by_domain[each.domain] += 1
    return taken[:count]


def drawn(each: Labelled, found: Detections) -> UInt8:
    """Draw labels and answers and cut a square tile."""
    image = read_picture(each.path)
    scale = SIDE_PX / min(image.shape[:2])
    image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    for box, kind in zip(each.objects_px * scale, each.object_ids, strict=True):
        low, high = np.round(box).astype(int).reshape(2, 2).tolist()
        cv2.rectangle(image, low, high, COLOURS[kind], 3)
    for box, kind, score in zip(found.boxes_px * scale, found.class_ids, found.scores, strict=True):
        low, high = np.round(box).astype(int).reshape(2, 2).tolist()
        cv2.rectangle(image, low, high, COLOURS[kind], 1)
        cv2.putText(
            image, f"{score:.2f}", (low[0], low[1] + 10), cv2.FONT_HERSHEY_SIMPLEX, 0.35, COLOURS[kind], 1
        )
    centre = (each.objects_px * scale).reshape(-1, 2, 2).mean(axis=(0, 1)) if len(each.objects_px) else None
    left = 0 if centre is None else int(np.clip(centre[0] - SIDE_PX / 2, 0, image.shape[1] - SIDE_PX))
    top = 0 if centre is None else int(np.clip(centre[1] - SIDE_PX / 2, 0, image.shape[0] - SIDE_PX))
    return image[top : top + SIDE_PX, left : left + SIDE_PX]


def main() -> None:
    """Draw from the command line."""
    from sightline.ports import ModelOptions

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted(CLASS_NAMES))
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--part", choices=PARTS, default="test")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    options = ModelOptions(min_score=given.threshold, iou=0.6, class_names=CLASS_NAMES[given.name])
    model = open_model(WEIGHTS / f"sightline-{given.name}-n.onnx", options)
    pictures = load_split(given.name, given.part, given.data)
    try:
        answers = [
            counted(each, answer) for each, answer in zip(pictures, find(model, pictures), strict=True)
        ]
    finally:
        model.close()
    tiles = [drawn(pictures[at], answers[at]) for at in worst(pictures, answers, ROWS * COLUMNS)]
    blank = np.full((SIDE_PX, SIDE_PX, 3), 255, np.uint8)
    tiles += [blank] * (ROWS * COLUMNS - len(tiles))
    sheet = np.vstack([np.hstack(tiles[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(ROWS)])
    cv2.imwrite(str(given.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 78])


if __name__ == "__main__":
    main()
