"""How good a detector is on labelled pictures: average precision and F1 with intervals, by domain and class.

Only classes that a domain labels count there. What is found in an ignored region counts neither for nor against. The
intervals come from drawing places, not pictures: pictures of one place are alike, and a dozen of them are not a
dozen pieces of evidence.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.detection import (
    IOU_THRESHOLDS,
    MAX_FOUND_PER_IMAGE,
    RECALLS,
    box_iou,
    matched_objects,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sightline.core.detections import Detections
    from training.data.labelled import Labelled

DRAWS = 1000
"""Bootstrap samples of an interval."""

IN_REGION = 0.5
"""A box of which so much lies in an ignored region is not counted."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its 95 % interval, all 0..1; None where there is nothing to measure."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        return (
            f"{self.value:.3f}" if self.low is None else f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"
        )


@dataclass(frozen=True, slots=True)
class Score:
    """How well one class, or all of a domain's together, is found.

    Attributes:
        domain: The set.
        class_name: The class; `all` for the mean of the classes' precisions and the F1 of all boxes.
        pictures: How many were looked at.
        places: How many places they show.
        truths: Labelled objects.
        ap50: Average precision at overlap 0.5.
        ap50_95: Mean over overlaps 0.50, 0.55, ... 0.95.
        f1: At the threshold, overlap 0.5.
        recall_1fp: Recall at the score where there is one wrong box per picture, overlap 0.5.
        precision: At the threshold.
        recall: At the threshold.
    """

    domain: str
    class_name: str
    pictures: int
    places: int
    truths: int
    ap50: Interval
    ap50_95: Interval
    f1: Interval
    recall_1fp: Interval
    precision: float | None
    recall: float | None

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Matched:
    """What was found of one class in a domain, every box against the objects of its picture.

    Attributes:
        scores: `(n,)`, falling; ties in the order of pictures.
        hits: `(thresholds, n)` bool, whether the box got an object at each overlap.
        place: `(n,)` number of the picture's place.
        truths: `(places,)` objects of each place.
        pictures: `(places,)` pictures of each place.
    """

    scores: NDArray[np.float64]
    hits: NDArray[np.bool_]
    place: NDArray[np.int64]
    truths: NDArray[np.int64]
    pictures: NDArray[np.int64]


def counted(labelled: Labelled, found: Detections) -> Detections:
    """Keep what counts: classes that the set labels, outside ignored regions unless it meets an object there."""
    keep = np.isin(found.class_ids, labelled.labelled_classes)
    regions = labelled.ignored_px.astype(np.float64)
    if len(regions) and len(found):
        boxes = found.boxes_px.astype(np.float64)
        low = np.maximum(boxes[:, None, :2], regions[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], regions[None, :, 2:])
        shared = np.clip(high - low, 0, None).prod(-1)
        areas = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(-1), 1e-9)
        inside = (shared / areas[:, None]).max(1) > IN_REGION
        objects = labelled.objects_px
        if len(objects):
            same = labelled.object_ids[None] == found.class_ids[:, None]
            inside &= ~((box_iou(boxes, objects) >= IOU_THRESHOLDS[0]) & same).any(1)
        keep &= ~inside
    return found[keep]


def match_class(pictures: Sequence[Labelled], answers: Sequence[Detections], class_id: int) -> Matched:
    """Match the boxes of one class in all pictures of a domain, as `average_precision` does."""
    names = sorted({each.place for each in pictures})
    rows = {name: at for at, name in enumerate(names)}
    truths, count = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    scores, hits, place = [np.zeros(0)], [np.zeros((len(IOU_THRESHOLDS), 0), bool)], [np.zeros(0, np.int64)]
    for each, answer in zip(pictures, answers, strict=True):
        objects = each.boxes_px[each.class_ids == class_id]
        truths[rows[each.place]] += len(objects)
        count[rows[each.place]] += 1
        mine = np.flatnonzero(answer.class_ids == class_id)
        mine = mine[np.argsort(-answer.scores[mine], kind="stable")][:MAX_FOUND_PER_IMAGE]
        scores.append(answer.scores[mine].astype(np.float64))
        hits.append(matched_objects(box_iou(answer.boxes_px[mine], objects)))
        place.append(np.full(len(mine), rows[each.place]))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return Matched(
        np.concatenate(scores)[order],
        np.concatenate(hits, axis=1)[:, order],
        np.concatenate(place)[order],
        truths,
        count,
    )


def precisions(matched: Matched, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64] | None:
    """Give the average precision at each overlap; None without objects.

    Args:
        matched: Boxes of one class.
        weights: `(places,)` how often each place counts; once by default.
    """
    weights = np.ones(len(matched.truths)) if weights is None else weights
    there = float((matched.truths * weights).sum())
    if there == 0:
        return None
    each = weights[matched.place]
    used = each > 0
    right = np.cumsum(matched.hits[:, used] * each[used], axis=1)
    given = np.cumsum(each[used])
    precision = right / np.maximum(given, 1e-12)
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    result = np.zeros(len(right))
    for row in range(len(right)):
        at = np.searchsorted(right[row] / there, RECALLS - 1e-12, side="left")
        reached = at < right.shape[1]
        result[row] = precision[row, at[reached]].sum() / len(RECALLS)
    return result


def recall_at(
    matched: Matched, wrong: float = 1.0, weights: NDArray[np.float64] | None = None
) -> float | None:
    """Give the recall where there are `wrong` wrong boxes a picture on average, overlap 0.5; None without objects."""
    weights = np.ones(len(matched.truths)) if weights is None else weights
    there = float((matched.truths * weights).sum())
    if there == 0:
        return None
    each = weights[matched.place]
    mistakes = np.cumsum(~matched.hits[0] * each)
    allowed = int(np.searchsorted(mistakes, wrong * (matched.pictures * weights).sum(), side="right"))
    return float((matched.hits[0, :allowed] * each[:allowed]).sum() / there)


def f1_parts(
    matched: Matched, threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give hits, boxes and objects of each place at a threshold, overlap 0.5."""
    above = matched.scores >= threshold
    count = len(matched.truths)
    hits = np.bincount(matched.place[above], matched.hits[0, above].astype(np.float64), count)
    given = np.bincount(matched.place[above], minlength=count)
    return hits.astype(np.float64), given.astype(np.float64), matched.truths.astype(np.float64)


def f1(hits: float, given: float, there: float) -> float | None:
    """Give F1 from counts; None where there is neither box nor object."""
    return 2 * hits / (given + there) if given + there > 0 else None


def score_domains(
    pictures: Sequence[Labelled],
    answers: Sequence[Detections],
    class_names: Sequence[str],
    threshold: float,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[Score]:
    """Score a part, domain by domain: a row per class that the domain labels, and a row for all of them.

    Args:
        pictures: Of one part.
        answers: What the model found in each, from a low score on.
        class_names: One name per class id.
        threshold: Score from which on a box is reported, the same for every domain.
        draws: Bootstrap samples; 0 leaves the intervals out.
        seed: Of the samples.
    """
    by_domain: dict[str, list[int]] = defaultdict(list)
    for at, each in enumerate(pictures):
        by_domain[each.domain].append(at)
    rows: list[Score] = []
    for domain, members in sorted(by_domain.items()):
        labelled = [pictures[at] for at in members]
        found = [counted(pictures[at], answers[at]) for at in members]
        matched = {
            class_id: match_class(labelled, found, class_id) for class_id in labelled[0].labelled_classes
        }
        named = {class_names[class_id]: {class_id: each} for class_id, each in matched.items()}
        rows += _score_domain(domain, labelled, {**named, "all": matched}, threshold, draws=draws, seed=seed)
    return rows


def _score_domain(
    domain: str,
    labelled: Sequence[Labelled],
    named: Mapping[str, Mapping[int, Matched]],
    threshold: float,
    *,
    draws: int,
    seed: int,
) -> list[Score]:
    count = len({each.place for each in labelled})
    rng = np.random.default_rng(seed)
    weights = [rng.multinomial(count, np.full(count, 1 / count)).astype(float) for _ in range(draws)]
    rows = []
    for label, chosen in named.items():
        now = _measure(chosen, np.ones(count), threshold)
        drawn = np.array([_measure(chosen, weight, threshold) for weight in weights], float).reshape(-1, 4)
        hits, given, there = _sums(chosen, np.ones(count), threshold)
        rows.append(
            Score(
                domain,
                label,
                len(labelled),
                count,
                int(there),
                _interval(now[0], drawn[:, 0]),
                _interval(now[1], drawn[:, 1]),
                _interval(now[2], drawn[:, 2]),
                _interval(now[3], drawn[:, 3]),
                float(hits / given) if given else None,
                float(hits / there) if there else None,
            )
        )
    return rows


def _sums(
    matched: Mapping[int, Matched], weights: NDArray[np.float64], threshold: float
) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.sum(
        [[float((part * weights).sum()) for part in f1_parts(each, threshold)] for each in matched.values()],
        axis=0,
    )
    return sums


def _measure(
    matched: Mapping[int, Matched], weights: NDArray[np.float64], threshold: float
) -> tuple[float, float, float, float]:
    """Give AP50, AP50-95, F1 of all boxes and recall at one mistake a picture; NaN where there is nothing.

    The precisions and the recall of several classes are the means of those that are there.
    """
    each = [precisions(one, weights) for one in matched.values()]
    known = [one for one in each if one is not None]
    ap50 = float(np.mean([one[0] for one in known])) if known else np.nan
    ap = float(np.mean([one.mean() for one in known])) if known else np.nan
    both = f1(*_sums(matched, weights, threshold))
    recalls = [
        one for one in (recall_at(each, weights=weights) for each in matched.values()) if one is not None
    ]
    return ap50, ap, np.nan if both is None else both, float(np.mean(recalls)) if recalls else np.nan


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    if np.isnan(value):
        return Interval(None)
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) == 0:
        return Interval(value)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def best_threshold(pictures: Sequence[Labelled], answers: Sequence[Detections]) -> float:
    """Give the score at which the mean F1 of the domains is best; to be asked on validation pictures."""
    domains = sorted({each.domain for each in pictures})
    curves = []
    candidates = np.arange(0.05, 0.91, 0.01)
    for domain in domains:
        members = [at for at, each in enumerate(pictures) if each.domain == domain]
        labelled = [pictures[at] for at in members]
        found = [counted(pictures[at], answers[at]) for at in members]
        matched = {c: match_class(labelled, found, c) for c in labelled[0].labelled_classes}
        ones = np.ones(len({each.place for each in labelled}))
        curves.append([f1(*_sums(matched, ones, float(at))) or 0.0 for at in candidates])
    return float(np.round(candidates[int(np.argmax(np.mean(curves, axis=0)))], 2))
