from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.evaluation.detection import average_precision, box_iou
from sightline.core.detections import Detections


def found(*rows):
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int32))


def scene(seed):
    """Twelve images with objects of three classes and a detector that jitters, misses and invents."""
    rng = np.random.default_rng(seed)
    truths, answers = [], []
    for _ in range(12):
        count = int(rng.integers(0, 9))
        corner, side = rng.uniform(0, 300, (count, 2)), rng.uniform(8, 90, (count, 2))
        boxes = np.concatenate([corner, corner + side], axis=1)
        classes = rng.integers(0, 3, count)
        truths.append(Detections(boxes, np.ones(count), classes.astype(np.int32)))
        kept = rng.random(count) > 0.2
        shifted = boxes[kept] + rng.normal(0, 4, (int(kept.sum()), 4))
        invented = int(rng.integers(0, 4))
        at = rng.uniform(0, 300, (invented, 2))
        guesses = np.concatenate([shifted, shifted + 2, np.concatenate([at, at + 40], axis=1)])
        labels = np.concatenate([classes[kept], classes[kept], rng.integers(0, 3, invented)])
        scores = np.round(rng.uniform(0.05, 1, len(guesses)), 1)
        guesses[:, 2:] = np.maximum(guesses[:, 2:], guesses[:, :2] + 1)
        answers.append(Detections(guesses, scores, labels.astype(np.int32)))
    return truths, answers


# By pycocotools 2.0.11 on `scene(seed)`, area "all", maxDets 100: per class AP at 0.5 and over 0.50..0.95.
COCO = {
    1: [
        (0.5992922236520736, 0.2747916639846228),
        (0.40693069306930696, 0.15524752475247522),
        (0.5141054441578612, 0.2244862805608292),
    ],
    2: [
        (0.5239160622051316, 0.17646987829251082),
        (0.42683689421573734, 0.22219104501543271),
        (0.3519156263452432, 0.16431905204250402),
    ],
    3: [
        (0.39094686257496125, 0.1829764753002254),
        (0.7187818036462031, 0.3384237052137136),
        (0.610882912237278, 0.26736129357924865),
    ],
}


@pytest.mark.parametrize("seed", sorted(COCO))
def test_precision_equals_what_pycocotools_gives(seed):
    scores = average_precision(*scene(seed))
    assert [each.class_id for each in scores.classes] == [0, 1, 2]
    for ours, (ap50, ap50_95) in zip(scores.classes, COCO[seed], strict=True):
        assert ours.ap50 == pytest.approx(ap50, abs=1e-9)
        assert ours.ap50_95 == pytest.approx(ap50_95, abs=1e-9)


def test_a_perfect_detector_scores_one():
    truth = found((0, 0, 10, 10, 1, 0), (20, 20, 40, 40, 1, 1))
    scores = average_precision([truth], [truth], ["person", "bicycle"])
    assert (scores.ap50, scores.ap50_95) == (1.0, 1.0)
    assert [each.class_name for each in scores.classes] == ["person", "bicycle"]


@pytest.mark.parametrize(
    ("case", "truth", "answer", "expected"),
    [
        ("nothing there, nothing found", found(), found(), None),
        ("nothing there, something found", found(), found((0, 0, 9, 9, 0.9, 0)), None),
        ("something there, nothing found", found((0, 0, 9, 9, 1, 0)), found(), 0.0),
        ("found as another class", found((0, 0, 9, 9, 1, 0)), found((0, 0, 9, 9, 0.9, 1)), 0.0),
        (
            "found twice, the second one counts as false",
            found((0, 0, 9, 9, 1, 0)),
            found((0, 0, 9, 9, 0.9, 0), (0, 0, 9, 9, 0.8, 0)),
            1.0,
        ),
        (
            "a false find ranks first",
            found((0, 0, 9, 9, 1, 0)),
            found((50, 50, 59, 59, 0.9, 0), (0, 0, 9, 9, 0.8, 0)),
            0.5,
        ),
    ],
)
def test_small_cases_by_hand(case, truth, answer, expected):
    assert average_precision([truth], [answer]).ap50 == expected, case


def test_only_the_best_hundred_boxes_of_an_image_count():
    false = np.tile(np.array([[50.0, 50, 60, 60, 0.9, 0]]), (100, 1))
    truth = found((0, 0, 9, 9, 1, 0))
    late = found(*np.concatenate([false, [[0, 0, 9, 9, 0.1, 0]]]))
    in_time = found(*np.concatenate([false[1:], [[0, 0, 9, 9, 0.1, 0]]]))
    assert average_precision([truth], [late]).ap50 == 0.0
    assert average_precision([truth], [in_time]).ap50 == pytest.approx(0.01)


def test_scores_turn_into_plain_data():
    plain = average_precision([found((0, 0, 9, 9, 1, 7))], [found((0, 0, 9, 9, 0.9, 7))]).as_dict()
    assert plain["classes"][0]["class_name"] == "7"
    assert plain["classes"][0]["recall50"] == 1.0
    assert plain["images"] == 1


def test_answers_for_another_number_of_images_are_refused():
    with pytest.raises(ValueError, match="2 images have labels but 1 have answers"):
        average_precision([found(), found()], [found()])


def test_empty_boxes_overlap_nothing():
    assert box_iou(np.zeros((1, 4)), np.zeros((1, 4))).tolist() == [[0.0]]
