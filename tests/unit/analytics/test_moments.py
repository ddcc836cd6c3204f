from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.evaluation.moments import bootstrap_interval, f1_of, match_moments


@pytest.mark.parametrize(
    ("true_s", "found_s", "tolerance_s", "pairs"),
    [
        ([1.0, 5.0], [1.2, 4.7], 0.5, [(0, 0), (1, 1)]),
        ([1.0, 5.0], [1.2, 1.3], 0.5, [(0, 0)]),
        ([1.0, 2.0], [1.8], 2.0, [(1, 0)]),
        ([1.0], [4.0], 2.0, []),
        ([], [4.0], 2.0, []),
        ([1.0, 2.0], [2.9, 1.1], 1.0, [(0, 1), (1, 0)]),
    ],
)
def test_moments_are_paired_one_to_one_as_many_as_fit_and_the_closest(true_s, found_s, tolerance_s, pairs):
    moments = match_moments(np.array(true_s), np.array(found_s), tolerance_s=tolerance_s)
    assert list(zip(moments.true_pairs.tolist(), moments.found_pairs.tolist(), strict=True)) == pairs
    assert len(moments.missed) == len(true_s) - len(pairs)
    assert len(moments.extra) == len(found_s) - len(pairs)


def test_with_names_only_equal_ones_are_paired():
    moments = match_moments(
        np.array([1.0, 2.0]), np.array([1.0, 2.0]), tolerance_s=0.5, true_who=["a", "b"], found_who=["a", "c"]
    )
    assert moments.f1 == 0.5


@pytest.mark.parametrize(("counts", "expected"), [((0, 0, 0), 1.0), ((3, 1, 1), 0.75), ((0, 2, 0), 0.0)])
def test_f1(counts, expected):
    assert f1_of(*counts) == expected


def test_the_interval_of_a_mean_covers_it_and_is_the_same_for_the_same_seed(rng):
    values = rng.normal(3.0, 1.0, 400)
    low, high = bootstrap_interval(values, lambda drawn: float(drawn.mean()), seed=1)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.15)
    assert (low, high) == bootstrap_interval(values, lambda drawn: float(drawn.mean()), seed=1)
    assert np.isnan(bootstrap_interval(values[:0], lambda drawn: 0.0, seed=1)).all()
