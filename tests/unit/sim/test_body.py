"""A walking body keeps its bones and its feet on the ground."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.sim.body import STANCE, Ball, Build, place, pose, radii_m, stride_m

PHASES = np.linspace(0, 1, 41)[:-1]


@pytest.mark.parametrize("speed_mps", [0.6, 1.0, 1.4])
def test_a_foot_on_the_ground_does_not_slide(speed_mps: float) -> None:
    cycle_s = float(stride_m(speed_mps)) / speed_mps
    planted = [phase for phase in PHASES if phase < STANCE * 0.6]

    ahead_m = [
        pose(Build(), phase=phase, speed_mps=speed_mps, t_s=0.0)[Ball.ANKLE_L, 1]
        + phase * cycle_s * speed_mps
        for phase in planted
    ]

    assert np.ptp(ahead_m) < 0.04


@pytest.mark.parametrize("speed_mps", [0.0, 0.5, 1.4, 1.8])
def test_bones_keep_their_length(speed_mps: float) -> None:
    poses = np.array([pose(Build(), phase=phase, speed_mps=speed_mps, t_s=1.0) for phase in PHASES])
    for upper, lower, share in (
        (Ball.KNEE_L, Ball.ANKLE_L, 0.246),
        (Ball.KNEE_R, Ball.ANKLE_R, 0.246),
        (Ball.ELBOW_L, Ball.WRIST_L, 0.142),
        (Ball.UPPER_ARM_R, Ball.ELBOW_R, 0.180),
    ):
        lengths_m = np.sqrt(((poses[:, upper] - poses[:, lower]) ** 2).sum(axis=1))
        np.testing.assert_allclose(lengths_m, share * 1.72, rtol=0.01)


@pytest.mark.parametrize("speed_mps", [0.0, 1.4])
def test_nobody_sinks_into_the_ground_or_floats(speed_mps: float) -> None:
    build = Build(height_m=1.8)
    for phase in PHASES:
        points_m = pose(build, phase=phase, speed_mps=speed_mps, t_s=0.0)
        soles_m = (points_m[:, 2] - radii_m(build))[[Ball.HEEL_L, Ball.TOE_L, Ball.HEEL_R, Ball.TOE_R]]
        assert -0.06 < soles_m.min() < 0.06


def test_the_crown_is_at_body_height() -> None:
    build = Build(height_m=1.9)
    points_m = pose(build, phase=0.0, speed_mps=0.0, t_s=0.0)

    assert (points_m[:, 2] + radii_m(build)).max() == pytest.approx(1.9, abs=0.04)


def test_arms_swing_against_the_legs() -> None:
    points_m = pose(Build(), phase=0.0, speed_mps=1.4, t_s=0.0)

    assert points_m[Ball.ANKLE_L, 1] > points_m[Ball.ANKLE_R, 1]
    assert points_m[Ball.WRIST_L, 1] < points_m[Ball.WRIST_R, 1]


def test_half_a_cycle_later_left_and_right_have_changed_places() -> None:
    now = pose(Build(), phase=0.1, speed_mps=1.4, t_s=0.0)
    later = pose(Build(), phase=0.6, speed_mps=1.4, t_s=0.0)

    np.testing.assert_allclose(now[Ball.ANKLE_L, 1:], later[Ball.ANKLE_R, 1:], atol=1e-9)


@pytest.mark.parametrize(
    ("case", "heading", "expected"),
    [("ahead", (0.0, 1.0), (5.0, 8.0)), ("right", (1.0, 0.0), (6.0, 7.0)), ("left", (-1.0, 0.0), (4.0, 7.0))],
)
def test_a_body_is_placed_where_it_faces(case: str, heading: tuple, expected: tuple) -> None:
    nose_m = np.array([[0.0, 1.0, 1.6]])

    placed_m = place(nose_m, np.array([5.0, 7.0]), np.array(heading))

    np.testing.assert_allclose(placed_m, [[*expected, 1.6]], atol=1e-12)
