"""How good a detector is: average precision as COCO measures it.

Equal to pycocotools for boxes of all areas without crowd regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64
    from sightline.core.detections import Detections

IOU_THRESHOLDS: Float64 = np.linspace(0.5, 0.95, 10)
"""Overlaps at which a find counts as right."""

RECALLS: Float64 = np.linspace(0.0, 1.0, 101)
"""Recalls at which precision is read off and averaged."""

MAX_FOUND_PER_IMAGE = 100
"""Best boxes of a class and image that are looked at."""


@dataclass(frozen=True, slots=True)
class ClassPrecision:
    """How well one class is found.

    Attributes:
        class_id: The class.
        class_name: Its name; the id as text where there is none.
        truths: How many objects there are.
        found: How many boxes the detector gave.
        ap50: Average precision at overlap 0.5, 0..1; None where there are no objects.
        ap50_95: Mean over overlaps 0.50, 0.55, ... 0.95, 0..1; None where there are no objects.
        recall50: Largest share of the objects found at overlap 0.5, 0..1; None where there are no objects.
    """

    class_id: int
    class_name: str
    truths: int
    found: int
    ap50: float | None
    ap50_95: float | None
    recall50: float | None


@dataclass(frozen=True, slots=True)
class DetectionScores:
    """How well a set of images is searched.

    Attributes:
        images: How many were looked at.
        classes: One entry per class that is there or was found, in order of its id.
        ap50: Mean of the classes that are there, 0..1; None where no image has an object.
        ap50_95: The same over overlaps 0.50, 0.55, ... 0.95.
    """

    images: int
    classes: tuple[ClassPrecision, ...]
    ap50: float | None
    ap50_95: float | None

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return asdict(self)


def average_precision(
    truths: Sequence[Detections], found: Sequence[Detections], class_names: Sequence[str] = ()
) -> DetectionScores:
    """Score what a detector found on some images.

    Every object counts, however small; there are no crowd regions. At most the best 100 boxes of a class
    and image are looked at. Equal scores keep the order in which they are given.

    Args:
        truths: What is there, one entry per image; scores are not read.
        found: What the detector answered, in the same order of images.
        class_names: One name per class id; a class beyond its end is called by its number.

    Returns:
        Scores of each class and their means.

    Raises:
        ValueError: There are not as many answers as images.

    Source:
        Lin et al., Microsoft COCO, 2014; matching and 101-point interpolation as in `cocoeval.py` of
        cocodataset/cocoapi.
    """
    if len(truths) != len(found):
        raise ValueError(f"{len(truths)} images have labels but {len(found)} have answers")
    class_ids = sorted({int(c) for each in (*truths, *found) for c in each.class_ids})
    classes = tuple(_score_class(class_id, truths, found, class_names) for class_id in class_ids)
    return DetectionScores(
        images=len(truths),
        classes=classes,
        ap50=_mean([each.ap50 for each in classes]),
        ap50_95=_mean([each.ap50_95 for each in classes]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _score_class(
    class_id: int, truths: Sequence[Detections], found: Sequence[Detections], class_names: Sequence[str]
) -> ClassPrecision:
    scores: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
    hits: list[NDArray[np.bool_]] = [np.zeros((len(IOU_THRESHOLDS), 0), bool)]
    there = given = 0
    for truth, answer in zip(truths, found, strict=True):
        true_boxes_px = truth.boxes_px[truth.class_ids == class_id]
        of_class = np.flatnonzero(answer.class_ids == class_id)
        there += len(true_boxes_px)
        given += len(of_class)
        best = of_class[np.argsort(-answer.scores[of_class], kind="stable")][:MAX_FOUND_PER_IMAGE]
        scores.append(answer.scores[best])
        hits.append(matched_objects(box_iou(answer.boxes_px[best], true_boxes_px)))
    name = class_names[class_id] if class_id < len(class_names) else str(class_id)
    if there == 0:
        return ClassPrecision(class_id, name, 0, given, None, None, None)
    order = np.argsort(-np.concatenate(scores), kind="stable")
    precisions, recalls = _interpolate(np.concatenate(hits, axis=1)[:, order], there)
    return ClassPrecision(
        class_id, name, there, given, float(precisions[0]), float(precisions.mean()), float(recalls[0])
    )


def box_iou(boxes_px: NDArray[Any], others_px: NDArray[Any]) -> Float64:
    """Give the overlap of each box with each other one.

    Args:
        boxes_px: `(n, 4)`, `x1 y1 x2 y2`.
        others_px: `(m, 4)`, the same.

    Returns:
        `(n, m)` float64, intersection over union, 0..1; 0 where both boxes are empty.
    """
    first = np.asarray(boxes_px, np.float64)[:, None]
    second = np.asarray(others_px, np.float64)[None]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    shared = np.maximum(sides, 0).prod(-1)
    union = (first[..., 2:] - first[..., :2]).prod(-1) + (second[..., 2:] - second[..., :2]).prod(-1) - shared
    overlaps: Float64 = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlaps


def matched_objects(overlaps: Float64) -> NDArray[np.bool_]:
    """Give each box, best first, the free object it overlaps most.

    Among equal overlaps the last object is taken, as COCO does.

    Args:
        overlaps: `(boxes, objects)` intersection over union, 0..1.

    Returns:
        `(thresholds, boxes)`: whether the box got one at each of `IOU_THRESHOLDS`.
    """
    boxes, objects = overlaps.shape
    hits = np.zeros((len(IOU_THRESHOLDS), boxes), bool)
    if objects == 0:
        return hits
    free = np.ones((len(IOU_THRESHOLDS), objects), bool)
    rows = np.arange(len(IOU_THRESHOLDS))
    for box in range(boxes):
        left = np.where(free, overlaps[box], -1.0)
        choice = objects - 1 - np.argmax(left[:, ::-1], axis=1)
        hits[:, box] = left[rows, choice] >= IOU_THRESHOLDS
        free[rows[hits[:, box]], choice[hits[:, box]]] = False
    return hits


def _interpolate(hits: NDArray[np.bool_], truths: int) -> tuple[Float64, Float64]:
    """Give average precision and the largest recall at each overlap, from hits in falling order of score."""
    right = np.cumsum(hits, axis=1, dtype=np.float64)
    precisions = right / np.arange(1, hits.shape[1] + 1)
    precisions = np.maximum.accumulate(precisions[:, ::-1], axis=1)[:, ::-1]
    recalls = right / truths
    means, largest = np.zeros(len(hits)), np.zeros(len(hits))
    for row in range(len(hits)):
        at = np.searchsorted(recalls[row], RECALLS, side="left")
        reached = at < hits.shape[1]
        means[row] = precisions[row, at[reached]].sum() / len(RECALLS)
        largest[row] = recalls[row, -1] if hits.shape[1] else 0.0
    return means, largest
