"""Likeness of boxes against a slow reference, and pairing against trying everything."""

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from sightline.vision.track.assignment import Candidates, alike, outlines, pair, undisputed


def boxes(rng, count, extent=100.0):
    low = rng.uniform(0, extent, (2, count))
    return np.concatenate((low, low + rng.uniform(5, 40, (2, count))))


def slow_likeness(a, b, reach):
    def grown(box):
        width, height = (box[2] - box[0]) * reach, (box[3] - box[1]) * reach
        return box[0] - width, box[1] - height, box[2] + width, box[3] + height

    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = grown(a), grown(b)
    shared = max(0.0, min(ax2, bx2) - max(ax1, bx1)) * max(0.0, min(ay2, by2) - max(ay1, by1))
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1])) / (max(a[3], b[3]) - min(a[1], b[1]))
    return shared / union * height


@pytest.mark.parametrize("reach", [0.0, 0.3])
def test_likeness_is_grown_overlap_times_overlap_in_height(rng, reach):
    first, second = boxes(rng, 30), boxes(rng, 40)
    found = alike(outlines(first, reach=reach), outlines(second, reach=reach), least=1e-9)
    slow = np.array([[slow_likeness(a, b, reach) for b in second.T] for a in first.T])
    fast = np.zeros_like(slow)
    fast[found.rows, found.columns] = found.gains
    assert np.allclose(fast, slow, atol=1e-12)
    assert len(found) > 20


@pytest.mark.parametrize("counts", [(1, 1), (19, 43), (40, 3)])
def test_likeness_is_the_plain_formula_to_the_bit_and_boxes_that_only_touch_do_not_meet(rng, counts):
    first, second = (outlines(np.round(boxes(rng, count)), reach=0.0) for count in counts)
    found = alike(first, second, least=1e-9)
    plain = []
    for row, a in enumerate(first.T):
        for column, b in enumerate(second.T):
            width, height, tall = np.minimum(a[3:6], b[3:6]) - np.maximum(a[:3], b[:3])
            if min(width, height) <= 0:
                continue
            union, extent = a[6] + b[6] - width * height, a[7] + b[7] - tall
            plain.append((row, column, width * height * tall / (union * extent)))
    assert list(zip(*(each.tolist() for each in (found.rows, found.columns, found.gains)), strict=True)) == [
        pair for pair in plain if pair[2] >= 1e-9
    ]


def test_pairs_under_the_least_likeness_are_left_out(rng):
    first, second = outlines(boxes(rng, 30), reach=0.3), outlines(boxes(rng, 30), reach=0.3)
    every, some = alike(first, second, least=1e-9), alike(first, second, least=0.3)
    assert some.gains.min() >= 0.3
    assert len(some) == (every.gains >= 0.3).sum() < len(every)


@pytest.mark.parametrize("counts", [(0, 3), (3, 0), (0, 0)])
def test_nobody_is_alike_where_there_is_nobody(rng, counts):
    first, second = (outlines(boxes(rng, count), reach=0.3) for count in counts)
    rows, columns = pair(alike(first, second, least=0.2))
    assert len(rows) == len(columns) == 0


def test_boxes_without_area_are_alike_to_none():
    flat = np.array([[10.0, 10.0, 10.0], [10.0, 10.0, 20.0], [10.0, 30.0, 30.0], [30.0, 10.0, 40.0]])
    around = np.array([[0.0], [0.0], [50.0], [50.0]])
    with np.errstate(all="raise"):
        for second in (flat[:, :2], around):
            found = alike(outlines(flat[:, :2], reach=0.3), outlines(second, reach=0.3), least=1e-9)
            assert len(found) == 0


def sparse(gains, least):
    rows, columns = np.nonzero(gains >= least)
    return Candidates(rows, columns, gains[rows, columns])


@pytest.mark.parametrize("seed", range(30))
def test_no_other_pairing_gains_more(seed):
    rng = np.random.default_rng(seed)
    gains = rng.random((rng.integers(1, 6), 5))
    kept = np.where(gains >= 0.5, gains, 0.0)
    best = max(
        sum(kept[row, column] for row, column in enumerate(choice))
        for choice in permutations(range(5), len(gains))
    )
    rows, columns = pair(sparse(gains, 0.5))
    assert gains[rows, columns].sum() == pytest.approx(best)
    assert (gains[rows, columns] >= 0.5).all()
    assert len(set(columns.tolist())) == len(columns)
    assert (np.diff(rows) > 0).all()


@pytest.mark.parametrize("density", [0.02, 0.1, 0.5])
def test_taking_undisputed_pairs_first_loses_nothing(rng, density):
    gains = np.where(rng.random((60, 80)) < density, rng.random((60, 80)), 0.0)
    rows, columns = pair(sparse(gains, 1e-6))
    whole = linear_sum_assignment(gains, maximize=True)
    assert gains[rows, columns].sum() == pytest.approx(gains[whole].sum())


@pytest.mark.parametrize("seed", range(20))
def test_who_is_undisputed_may_be_told(seed):
    rng = np.random.default_rng(seed)
    gains = np.where(rng.random((9, 12)) < 0.2, rng.integers(1, 3, (9, 12)) / 2, 0.0)  # with ties
    found = sparse(gains, 0.1)
    told, asked = pair(found, undisputed(found)), pair(found)
    assert [each.tolist() for each in told] == [each.tolist() for each in asked]


def test_a_pair_is_undisputed_where_neither_has_another_choice():
    found = Candidates(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2]), np.ones(4))
    assert undisputed(found).tolist() == [True, False, False, False]
