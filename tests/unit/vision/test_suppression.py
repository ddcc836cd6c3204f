from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.vision.suppression import MOST_CANDIDATES, suppress


def greedy(boxes, scores, class_ids, iou, limit):
    """The rule as it is taught: take the best, drop what overlaps it, again."""
    left = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    kept = []
    while left:
        best, *left = left
        kept.append(best)
        left = [
            row
            for row in left
            if class_ids[row] != class_ids[best] or overlap(boxes[row], boxes[best]) <= iou
        ]
    return kept[:limit]


def overlap(one, other):
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    union = areas - width * height
    return width * height / union if union else 0.0


def boxes_of(rng, count, classes):
    corners = rng.integers(0, 40, (count, 2))
    sides = rng.integers(1, 30, (count, 2))
    boxes = np.concatenate([corners, corners + sides], axis=1).astype(np.float32)
    scores = rng.integers(1, 20, count).astype(np.float32) / 20
    return boxes, scores, rng.integers(0, classes, count).astype(np.int32)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60), st.sampled_from([0.0, 0.33, 0.5, 0.7, 0.95]))
def test_it_keeps_what_the_greedy_rule_keeps(seed, count, iou):
    boxes, scores, classes = boxes_of(np.random.default_rng(seed), count, 3)
    kept = suppress(boxes, scores, classes, iou=iou, limit=100)
    assert kept.tolist() == greedy(boxes.tolist(), scores.tolist(), classes.tolist(), iou, 100)


def pair_by_pair(boxes, scores, class_ids, iou):
    """The same rule one pair at a time, each step rounded to float32 as ours are."""
    left, kept = np.argsort(-scores, kind="stable").tolist(), []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while left:
        best, *left = left
        kept.append(best)
        near = [row for row in left if class_ids[row] == class_ids[best]]
        low, high = np.maximum(boxes[near, :2], boxes[best, :2]), np.minimum(boxes[near, 2:], boxes[best, 2:])
        width, height = np.maximum(high - low, 0).T
        dropped = width * height * (1 + iou) > iou * (areas[near] + areas[best])
        left = [row for row in left if row not in set(np.array(near, int)[dropped].tolist())]
    return kept


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 100_000),
    st.sampled_from([0, 1, 2, 7, 40]),
    st.sampled_from([0.0, 0.45, 0.7]),
    st.sampled_from([1, 4, 1024]),
)
def test_it_decides_on_edges_and_ties_as_pair_by_pair(seed, count, iou, grain):
    rng = np.random.default_rng(seed)
    boxes, scores, classes = boxes_of(rng, count, 2)
    # halves and thirds of a pixel at most, so that overlaps lie on the limit, and a few boxes twice
    boxes = (boxes + rng.integers(0, grain, boxes.shape) / grain / 2).astype(np.float32)
    boxes[count // 2 :] = boxes[: count - count // 2]
    expected = pair_by_pair(boxes, scores, classes, iou)
    for laid in (boxes, np.asfortranarray(boxes)):
        assert suppress(laid, scores, classes, iou=iou, limit=100).tolist() == expected
    assert boxes.tolist() == laid.tolist()


def test_a_box_that_only_a_dropped_box_overlaps_is_kept():
    boxes = np.array([[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]], np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    assert suppress(boxes, scores, np.zeros(3, np.int32), iou=0.4, limit=9).tolist() == [0, 2]


def test_classes_leave_one_another_alone():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10]], np.float32)
    scores = np.array([0.5, 0.9], np.float32)
    assert suppress(boxes, scores, np.array([0, 1], np.int32), iou=0.5, limit=9).tolist() == [1, 0]


def test_equal_scores_rank_as_they_come():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 11]], np.float32)
    scores = np.full(2, 0.5, np.float32)
    assert suppress(boxes, scores, np.zeros(2, np.int32), iou=0.5, limit=9).tolist() == [0]


@pytest.mark.parametrize("limit", [1, 3])
def test_only_so_many_are_kept(limit):
    boxes = np.array([[20 * i, 0, 20 * i + 10, 10] for i in range(5)], np.float32)
    scores = np.linspace(0.5, 0.9, 5, dtype=np.float32)
    kept = suppress(boxes, scores, np.zeros(5, np.int32), iou=0.5, limit=limit)
    assert kept.tolist() == [4, 3, 2, 1, 0][:limit]


def test_of_very_many_candidates_the_best_ones_are_compared():
    count = MOST_CANDIDATES + 50
    boxes = np.tile(np.array([[0, 0, 10, 10]], np.float32), (count, 1))
    boxes[0] = (100, 100, 110, 110)
    scores = np.linspace(0.1, 0.9, count).astype(np.float32)
    assert suppress(boxes, scores, np.zeros(count, np.int32), iou=0.5, limit=10).tolist() == [count - 1]
