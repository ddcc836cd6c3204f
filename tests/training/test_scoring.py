"""Scores agree with Sightline's own, and count what should count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sightline.analytics.evaluation.detection import average_precision
from sightline.core.detections import Detections
from training.data.labelled import Labelled
from training.evaluate import markdown
from training.scoring import best_threshold, counted, match_class, precisions, recall_at, score_domains


def picture(boxes, classes, place="set/1", labelled=(0, 1), domain="set"):
    return Labelled(
        Path("a.jpg"),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(classes, np.int32),
        100,
        100,
        domain,
        place,
        labelled,
    )


def answer(boxes, classes, scores):
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), np.array(classes, np.int32)
    )


def random_set(rng, count=25):
    pictures, answers = [], []
    for at in range(count):
        low = rng.uniform(0, 60, (5, 2))
        boxes = np.concatenate([low, low + rng.uniform(8, 40, (5, 2))], 1)
        classes = rng.integers(0, 2, 5)
        moved = np.concatenate([boxes + rng.normal(0, 3, boxes.shape), rng.uniform(0, 40, (3, 4))])
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        pictures.append(picture(boxes, classes, f"set/{at // 3}"))
        answers.append(answer(moved, [*classes, *rng.integers(0, 2, 3)], np.round(rng.uniform(0, 1, 8), 1)))
    return pictures, answers


def test_precision_equals_that_of_sightline(rng):
    pictures, answers = random_set(rng)
    truths = [answer(each.boxes_px, each.class_ids, np.ones(len(each.class_ids))) for each in pictures]
    expected = average_precision(truths, answers)
    for of_class in expected.classes:
        got = precisions(match_class(pictures, answers, of_class.class_id))
        assert got[0] == pytest.approx(of_class.ap50, abs=1e-9)
        assert got.mean() == pytest.approx(of_class.ap50_95, abs=1e-9)


def test_a_place_that_counts_twice_is_as_its_pictures_given_twice(rng):
    pictures, answers = random_set(rng, 9)
    weighted = precisions(match_class(pictures, answers, 0), np.array([2.0, 1.0, 1.0]))
    doubled = precisions(match_class([*pictures[:3], *pictures], [*answers[:3], *answers], 0))
    np.testing.assert_allclose(weighted, doubled, atol=0.02)


def test_classes_that_a_set_does_not_label_are_not_counted():
    found = answer([(0, 0, 9, 9), (20, 20, 40, 40)], [0, 1], [0.9, 0.8])
    assert counted(picture([], [], labelled=(1,)), found).class_ids.tolist() == [1]


def test_what_lies_in_an_ignored_region_is_neither_right_nor_wrong():
    each = picture([(0, 0, 50, 50), (60, 60, 80, 80), (10, 10, 20, 20)], [-1, 0, 0])
    found = answer(
        [(5, 30, 15, 45), (60, 60, 80, 80), (10, 10, 20, 21), (45, 0, 95, 20)], [0] * 4, [0.9, 0.8, 0.7, 0.6]
    )
    kept = counted(each, found).boxes_px[:, 0].tolist()
    assert kept == [60, 10, 45]  # in the region alone; an object; an object in the region; mostly outside


def test_scores_of_a_perfect_and_a_blind_detector():
    pictures = [picture([(0, 0, 10, 10)], [0], f"set/{at}", labelled=(0,)) for at in range(4)]
    perfect = [answer([(0, 0, 10, 10)], [0], [0.9])] * 4
    blind = [Detections.empty()] * 4
    for answers, value in ((perfect, 1.0), (blind, 0.0)):
        (one, all_of) = score_domains(pictures, answers, ("thing",), 0.5, draws=50)
        assert one.ap50.value == pytest.approx(value)
        assert one.f1.value == pytest.approx(value)
        assert (one.ap50.low, one.ap50.high) == pytest.approx((value, value))
        assert (one.places, one.truths, all_of.class_name) == (4, 4, "all")


def test_an_interval_holds_the_value_and_comes_out_the_same_again(rng):
    pictures, answers = random_set(rng)
    first = score_domains(pictures, answers, ("a", "b"), 0.5, draws=200, seed=3)
    assert first == score_domains(pictures, answers, ("a", "b"), 0.5, draws=200, seed=3)
    for score in first:
        assert score.ap50.low < score.ap50.value < score.ap50.high
        assert score.f1.low < score.f1.value < score.f1.high
    assert [score.class_name for score in first] == ["a", "b", "all"]
    assert "| set | b | 25 | 9 |" in markdown(first, 0.5)


def test_the_threshold_lies_between_right_and_wrong_boxes():
    pictures = [picture([(0, 0, 10, 10)], [0], f"set/{at}", labelled=(0,)) for at in range(4)]
    answers = [answer([(0, 0, 10, 10), (50, 50, 60, 60)], [0, 0], [0.6, 0.4])] * 4
    assert 0.4 < best_threshold(pictures, answers) <= 0.6


def test_each_domain_is_scored_by_what_it_labels():
    pictures = [
        picture([(0, 0, 10, 10)], [1], "a/1", (1,), "a"),
        picture([(0, 0, 10, 10)], [0], "b/1", (0, 1), "b"),
    ]
    answers = [answer([(0, 0, 10, 10)], [0], [0.9])] * 2
    rows = {
        (row.domain, row.class_name): row
        for row in score_domains(pictures, answers, ("x", "y"), 0.5, draws=0)
    }
    assert set(rows) == {("a", "y"), ("a", "all"), ("b", "x"), ("b", "y"), ("b", "all")}
    assert rows["a", "all"].f1.value == 0
    assert rows["b", "all"].f1.value == 1
    assert rows["b", "y"].ap50.value is None


def test_recall_is_read_where_there_is_one_mistake_a_picture():
    pictures = [
        picture([(0, 0, 10, 10), (20, 20, 30, 30)], [0, 0], f"set/{at}", labelled=(0,)) for at in range(2)
    ]
    boxes = [(0, 0, 10, 10), (50, 50, 60, 60), (70, 70, 80, 80), (20, 20, 30, 30)]
    answers = [answer(boxes, [0] * 4, [0.9, 0.8, 0.7 - at / 100, 0.6]) for at in range(2)]
    matched = match_class(pictures, answers, 0)
    assert (
        recall_at(matched) == 0.5
    )  # two mistakes allowed on two pictures: the lower half comes after the third
    assert recall_at(matched, 2.0) == 1.0
    assert recall_at(matched, 0.0) == 0.5
    assert recall_at(match_class([picture([], [])], [answer([], [], [])], 0)) is None
