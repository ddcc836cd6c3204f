from __future__ import annotations

import doctest

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.analytics import geometry
from sightline.analytics.geometry import (
    area_px2,
    border_share,
    crosses_itself,
    fit_homography,
    inside,
    offsets_px,
    share_along,
)
from sightline.core.errors import CalibrationError

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], float)
BOW = np.array([[0, 0], [10, 10], [10, 0], [0, 10]], float)


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(geometry).failed == 0


def test_offsets_are_positive_on_the_right_hand_on_screen():
    points = np.array([[5.0, 3.0], [5.0, -3.0], [50.0, 1.0]])
    assert offsets_px(points, (0, 0), (10, 0)).tolist() == [3.0, -3.0, 1.0]
    assert offsets_px(points, (10, 0), (0, 0)).tolist() == [-3.0, 3.0, -1.0]


def test_a_place_along_a_line():
    assert share_along((5, 7), (0, 0), (20, 0)) == pytest.approx(0.25)
    assert share_along((-5, 7), (0, 0), (20, 0)) == pytest.approx(-0.25)


INSIDE = [
    ("in the middle", (5, 5), True),
    ("outside", (15, 5), False),
    ("on the left edge", (0, 5), True),
    ("on the right edge", (10, 5), False),
    ("level with a corner, outside", (-5, 0), False),
    ("level with a corner, beyond", (15, 10), False),
]


@pytest.mark.parametrize(("case", "point", "expected"), INSIDE)
def test_points_in_a_square(case, point, expected):
    assert inside(np.array([point], float), SQUARE).tolist() == [expected], case


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=8),
    st.lists(st.tuples(st.integers(-2, 22), st.integers(-2, 22)), min_size=1, max_size=10),
)
def test_inside_agrees_with_opencv_away_from_the_border(corners, points):
    polygon = np.array(corners, float)
    asked = np.array(points, float) + np.array([0.37, 0.23])
    ours = inside(asked, polygon)
    border = polygon.astype(np.float32)
    theirs = np.array([cv2.pointPolygonTest(border, (x, y), False) > 0 for x, y in asked.tolist()])
    if not crosses_itself(polygon) and len(set(corners)) == len(corners):
        edge = np.array([_edge_distance(point, polygon) for point in asked])
        assert (ours == theirs)[edge > 1e-3].all()


def _edge_distance(point, polygon):
    ends = np.roll(polygon, -1, axis=0)
    along = ends - polygon
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    part = np.clip(((point - polygon) * along).sum(axis=1) / length, 0, 1)
    return np.hypot(*(polygon + part[:, None] * along - point).T).min()


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [((-5, 5), (5, 5), 0.5), ((5, -10), (5, 5), 2 / 3), ((-2, 5), (2, 5), 0.5), ((-5, 5), (0, 5), 1.0)],
)
def test_where_the_border_is_passed(outer, inner, expected):
    assert border_share(SQUARE, outer, inner) == pytest.approx(expected)


def test_area_and_self_crossing():
    assert area_px2(SQUARE) == 100
    assert area_px2(SQUARE[::-1]) == 100
    assert not crosses_itself(SQUARE)
    assert crosses_itself(BOW)


def project(matrix, points):
    mapped = np.c_[points, np.ones(len(points))] @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


STREET = np.array([[0.01, 0.002, -8.0], [0.0005, 0.03, 2.0], [0.00002, 0.0024, -0.5]])
CORNERS = np.array([[100.0, 400.0], [1800.0, 420.0], [1700.0, 1000.0], [150.0, 1050.0], [900.0, 700.0]])


@pytest.mark.parametrize("count", [4, 5])
def test_a_ground_plane_comes_back_exactly(count):
    ground = project(STREET, CORNERS[:count])
    fitted, error_m = fit_homography(CORNERS[:count], ground)
    assert error_m == pytest.approx(0.0, abs=1e-8)
    elsewhere = np.array([[600.0, 500.0], [1000.0, 900.0]])
    assert fitted.project(elsewhere) == pytest.approx(project(STREET, elsewhere))


def test_the_sky_has_no_place_on_the_ground_though_the_pictures_corner_lies_in_it():
    fitted, _ = fit_homography(CORNERS, project(STREET, CORNERS))
    assert fitted.matrix[2, 2] == -1.0
    assert np.isfinite(fitted.project(CORNERS)).all()
    assert np.isnan(fitted.project(np.array([[0.0, 0.0], [900.0, 100.0]]))).all()
    there = fitted.project(CORNERS)
    assert fitted.inverse().project(there) == pytest.approx(CORNERS)


def test_the_error_tells_how_far_the_points_are_missed():
    ground = project(STREET, CORNERS)
    ground[4] += (1.0, 0.0)
    _, error_m = fit_homography(CORNERS, ground)
    assert 0.05 < error_m < 1.0


BAD = [
    ("too few", CORNERS[:3], CORNERS[:3]),
    ("unequal", CORNERS[:5], CORNERS[:4]),
    (
        "one line",
        np.array([[0, 0], [1, 1], [2, 2], [3, 3]], float),
        np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float),
    ),
    ("one point", np.zeros((4, 2)), SQUARE),
    ("mirrored halves", SQUARE, BOW),
]


@pytest.mark.parametrize(("case", "image", "ground"), BAD)
def test_points_that_fix_no_ground_plane_are_refused(case, image, ground):
    with pytest.raises(CalibrationError):
        fit_homography(image, ground)
