"""A ball obeys gravity, friction and the ground."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sightline.sim.football.play.flight import (
    GRAVITY_MPS2,
    RADIUS_M,
    ROLLING_MPS2,
    fly,
    loft_mps,
    roll_mps,
)

START = np.array([0.0, 0.0, RADIUS_M])


def test_a_rolling_ball_slows_down_by_friction_and_drag_and_stops():
    path = fly(0.0, START, np.array([5.0, 0.0, 0.0]), longest_s=20.0)
    speeds = np.hypot(*path.velocities_mps[:, :2].T)
    assert (np.diff(speeds) < 1e-12).all()
    assert speeds[-1] < 0.01
    assert path.places_m[-1, 0] < 5.0**2 / (2 * ROLLING_MPS2)
    assert (path.places_m[:, 2] == RADIUS_M).all()


def test_a_dropped_ball_falls_as_gravity_says():
    path = fly(0.0, np.array([0.0, 0.0, 5.0]), np.array([0.0, 0.0, 0.5]))
    times_s = np.arange(1, 30) * 0.02
    fallen_m = 5.0 + 0.5 * times_s - GRAVITY_MPS2 * times_s**2 / 2
    np.testing.assert_allclose(path.places_m[1:30, 2], fallen_m, atol=0.12)


def test_a_bouncing_ball_comes_up_lower_each_time_and_never_goes_underground():
    path = fly(0.0, np.array([0.0, 0.0, 4.0]), np.array([2.0, 0.0, 1.0]))
    heights = path.places_m[:, 2]
    tops = [heights[k] for k in range(1, len(heights) - 1) if heights[k - 1] < heights[k] >= heights[k + 1]]
    assert len(tops) >= 2
    assert all(later < 0.6 * earlier + 0.1 for earlier, later in pairwise(tops))
    assert heights.min() >= RADIUS_M - 1e-9


@pytest.mark.parametrize(("distance_m", "arrival_mps"), [(8.0, 4.0), (20.0, 6.0), (35.0, 3.0)])
def test_a_ground_pass_arrives_as_fast_as_it_is_meant_to(distance_m, arrival_mps):
    path = fly(0.0, START, np.array([roll_mps(distance_m, arrival_mps), 0.0, 0.0]))
    at = int(np.argmax(path.places_m[:, 0] >= distance_m))
    assert path.velocities_mps[at, 0] == pytest.approx(arrival_mps, abs=0.15)


@pytest.mark.parametrize("distance_m", [20.0, 45.0])
def test_a_lofted_ball_lands_where_it_is_meant_to(distance_m):
    rise = 0.6
    speed = loft_mps(distance_m, rise) * np.array([np.cos(rise), 0.0, np.sin(rise)])
    path = fly(0.0, START, speed)
    rises = path.velocities_mps[:, 2]
    landed = int(np.argmax((rises[:-1] < 0) & (rises[1:] >= 0))) + 1
    assert path.places_m[landed, 0] == pytest.approx(distance_m, rel=0.06)


def test_between_steps_a_ball_is_on_the_way():
    path = fly(2.0, START, np.array([10.0, 0.0, 0.0]))
    here, speed = path.at(2.03)
    assert path.places_m[1, 0] < here[0] < path.places_m[2, 0]
    assert 9.0 < speed[0] < 10.0
