"""Short misses are bridged, long ones are not."""

from __future__ import annotations

import numpy as np

from sightline.analytics.football.identity.paths import fill_gaps


def path(seen):
    rows = np.arange(12, dtype=np.float64)
    points = np.stack([rows, 2 * rows], axis=1)[:, None]
    points[~np.isin(np.arange(12), seen)] = np.nan
    return points


def test_a_short_gap_is_filled_on_the_straight_line():
    filled = fill_gaps(path([0, 1, 4, 5]), longest_rows=2)
    np.testing.assert_allclose(filled[2:4, 0], [[2, 4], [3, 6]])


def test_a_longer_gap_and_both_ends_stay_unknown():
    filled = fill_gaps(path([2, 3, 7, 8]), longest_rows=2)
    assert np.flatnonzero(np.isfinite(filled[:, 0, 0])).tolist() == [2, 3, 7, 8]


def test_somebody_never_seen_and_no_rows_at_all_change_nothing():
    assert np.isnan(fill_gaps(path([]), longest_rows=5)).all()
    assert fill_gaps(np.zeros((0, 3, 2)), longest_rows=5).shape == (0, 3, 2)
