"""SoccerNet's index of how well a camera puts markings where people drew them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pitches import PICTURE, SIZE, camera_at, drawn_through
from sightline.analytics.pitch.jaccard import agreement, distances_px, jaccard, visible_polylines
from sightline.analytics.pitch.markings import markings_of, mirrored
from sightline.analytics.pitch.observed import Observed

MARKINGS = markings_of(SIZE)
VIEW = camera_at()
DRAWN = {name: points / [959, 539] for name, points in drawn_through(VIEW).items()}


def test_the_true_camera_scores_one():
    assert jaccard(VIEW, DRAWN, MARKINGS) == 1.0


def test_names_of_the_other_half_score_the_same():
    turned = {mirrored(name): points for name, points in DRAWN.items()}
    assert jaccard(VIEW, turned, MARKINGS) == 1.0


@pytest.mark.parametrize(("off_px", "least", "most"), [(2.0, 1.0, 1.0), (30.0, 0.0, 0.1)])
def test_a_marking_counts_where_all_of_it_lies_within_the_threshold(off_px, least, most):
    moved = replace(VIEW, principal_point_px=VIEW.principal_point_px + [off_px, off_px])
    assert least <= jaccard(moved, DRAWN, MARKINGS) <= most


def test_what_is_shown_but_not_drawn_counts_against():
    fewer = {name: points for name, points in DRAWN.items() if name != "Side line top"}
    assert jaccard(VIEW, fewer, MARKINGS) == pytest.approx((len(DRAWN) - 1) / len(DRAWN))


def test_what_is_drawn_but_not_shown_counts_against():
    more = {**DRAWN, "Middle line": np.array([[0.1, 0.1], [0.2, 0.2]])}
    assert jaccard(VIEW, more, MARKINGS) == pytest.approx(len(DRAWN) / (len(DRAWN) + 1))


def test_lines_nobody_could_name_do_not_count():
    assert jaccard(VIEW, {**DRAWN, "Line unknown": np.array([[0.5, 0.5], [0.6, 0.6]])}, MARKINGS) == 1.0


def test_nothing_drawn_and_nothing_shown_has_no_score():
    away = camera_at(pan=180.0, tilt=85.0, focal=4000.0)
    assert np.isnan(jaccard(away, {}, MARKINGS))


def test_polylines_end_at_the_pictures_border():
    lines = visible_polylines(VIEW, MARKINGS)
    for line in lines.values():
        assert (line >= -1e-6).all()
        assert (line <= np.array([959, 539]) + 1e-6).all()
    touching = [name for name, line in lines.items() if (np.abs(line - [959, 539]) < 1e-6).any()]
    assert touching


def test_distances_are_to_the_nearest_segment():
    corner = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    points = np.array([[5.0, 3.0], [12.0, 5.0], [-3.0, -4.0]])
    assert distances_px(points, corner).tolist() == [3.0, 2.0, 5.0]


def test_agreement_counts_points_as_markings_of_their_own():
    places = np.array([[40.0, 5.0, 0.0], [45.0, 10.0, 0.0]])
    at = VIEW.project(places)
    right = Observed(PICTURE, points_px=at, points_m=places)
    half = Observed(PICTURE, points_px=at + [[0, 0], [20, 0]], points_m=places)
    assert agreement(VIEW, right, MARKINGS) == 1.0
    assert agreement(VIEW, half, MARKINGS) == 0.5
