"""Homographies name their ends, refuse to be singular and do not show what is behind the camera."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.core.errors import CalibrationError
from sightline.core.space import Homography, Space, project_rows

SHIFT_AND_SCALE = np.array([[2.0, 0, 5], [0, 3.0, -1], [0, 0, 1]])


def test_points_are_projected():
    there = Homography(SHIFT_AND_SCALE).project(np.array([[0.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(there, [[5, -1], [7, 2]])


def test_the_last_entry_becomes_one():
    assert Homography(SHIFT_AND_SCALE * 4).matrix[2, 2] == 1
    np.testing.assert_allclose(Homography(SHIFT_AND_SCALE * 4).matrix, SHIFT_AND_SCALE)


def test_the_way_back_turns_the_ends_round():
    back = Homography(SHIFT_AND_SCALE, target=Space.PITCH_M).inverse()
    assert (back.source, back.target) == (Space.PITCH_M, Space.IMAGE_PX)
    np.testing.assert_allclose(back.project(np.array([[5.0, -1.0]])), [[0, 0]], atol=1e-12)


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    corner=st.floats(-1e-3, 1e-3),
    points=st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), min_size=1, max_size=5),
)
def test_there_and_back_is_where_it_was(corner, points):
    matrix = np.array([[1.5, 0.1, 10], [0.2, 1.2, -20], [corner, 1e-4, 1]])
    given_px = np.array(points)
    there = Homography(matrix)
    seen = there.project(given_px)
    known = ~np.isnan(seen).any(axis=1)
    np.testing.assert_allclose(there.inverse().project(seen[known]), given_px[known], atol=1e-6)


def test_what_lies_on_or_behind_the_horizon_is_not_a_number():
    horizon = Homography(np.array([[1.0, 0, 0], [0, 1, 0], [0, -0.01, 1]]))
    seen = horizon.project(np.array([[0.0, 50.0], [0.0, 100.0], [0.0, 150.0]]))
    assert np.isnan(seen).any(axis=1).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("case", "matrix"),
    [
        ("not square", np.eye(3)[:2]),
        ("singular", np.ones((3, 3))),
        ("not finite", np.full((3, 3), np.nan)),
        ("last entry zero", np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]])),
    ],
)
def test_a_useless_homography_is_refused(case, matrix):
    with pytest.raises(CalibrationError):
        Homography(matrix)


def test_no_points_are_no_points():
    assert Homography(np.eye(3)).project(np.zeros((0, 2))).shape == (0, 2)


def test_points_with_a_matrix_each_go_where_their_homography_puts_them():
    rng = np.random.default_rng(3)
    matrices = np.stack([SHIFT_AND_SCALE, SHIFT_AND_SCALE @ np.diag([0.5, 2, 1])]) + rng.normal(
        0, 1e-3, (2, 3, 3)
    )
    points = rng.uniform(-50, 50, (2, 2))
    alone = [Homography(one).project(point[None])[0] for one, point in zip(matrices, points, strict=True)]
    np.testing.assert_allclose(project_rows(matrices, points), alone)


def test_points_without_a_matrix_or_behind_the_horizon_are_nowhere():
    tilted = np.array([[1.0, 0, 0], [0, 1, 0], [0, -0.1, 1]])
    there = project_rows(
        np.stack([tilted, tilted, np.full((3, 3), np.nan)]), np.array([[0, 5.0], [0, 20], [0, 5]])
    )
    np.testing.assert_array_equal(np.isnan(there), [[False] * 2, [True] * 2, [True] * 2])
