"""What no ball does is not told as the ball's."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.ball.space.limits import within_limits

REACH_M = (60.5, 42.0)


def way(*places_m):
    return np.array(places_m, float), np.arange(len(places_m)) / 25


@pytest.mark.parametrize("place_m", [(-88.0, 2.0, 0.0), (0.0, 45.0, 0.0), (0.0, 0.0, 53.0)])
def test_a_ball_far_off_the_pitch_or_too_high_is_not_known(place_m):
    positions_m, t_s = way((0, 0, 0), place_m, (0, 1, 0))
    kept = within_limits(t_s, positions_m, np.zeros(3, bool), REACH_M)
    assert np.isnan(kept[1]).all()
    assert np.isfinite(kept[[0, 2]]).all()


def test_a_gap_is_not_filled_faster_than_anybody_kicks():
    positions_m, t_s = way(
        (0, 0, 0), (10, 0, 0), (20, 0, 0), (30, 0, 0), (30, 0, 0), (30.5, 0, 0), (31, 0, 0)
    )
    filled = np.array([0, 1, 1, 0, 0, 1, 0], bool)
    kept = within_limits(t_s, positions_m, filled, REACH_M)
    assert np.isnan(kept[1:3]).all()
    assert np.isfinite(kept[[0, 3, 4, 5, 6]]).all()


def test_what_a_ball_may_do_stays_as_it_is():
    positions_m, t_s = way((50, 40, 31.0), (51.5, 40, 31.0), (53, 40, 31.0))
    kept = within_limits(t_s, positions_m, np.array([False, True, False]), REACH_M)
    assert (kept == positions_m).all()
