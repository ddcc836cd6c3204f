"""What is painted on a pitch, by name."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.markings import (
    Arc,
    Segment,
    from_soccernet,
    is_unknown,
    markings_of,
    mirrored,
    to_soccernet,
)
from sightline.core.errors import CalibrationError

SIZE = PitchSize()
MARKINGS = markings_of(SIZE)


def test_a_pitch_has_the_26_markings_that_soccernet_names():
    assert len(MARKINGS.all) == 26
    assert "Goal left post left " in MARKINGS.all  # the name ends in a space in SoccerNet's files


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("Side line bottom", (-52.5, -34.0, 0.0), (52.5, -34.0, 0.0)),
        ("Side line top", (-52.5, 34.0, 0.0), (52.5, 34.0, 0.0)),
        ("Big rect. left main", (-36.0, -20.16, 0.0), (-36.0, 20.16, 0.0)),
        ("Small rect. right top", (52.5, 9.16, 0.0), (47.0, 9.16, 0.0)),
        ("Goal right crossbar", (52.5, 3.66, 2.44), (52.5, -3.66, 2.44)),
        ("Goal left post left ", (-52.5, -3.66, 2.44), (-52.5, -3.66, 0.0)),
    ],
)
def test_straight_markings_lie_where_the_laws_put_them(name, start, end):
    marking = MARKINGS.all[name]
    assert isinstance(marking, Segment)
    assert marking.start_m == pytest.approx(start)
    assert marking.end_m == pytest.approx(end)


@pytest.mark.parametrize("side", ["left", "right"])
def test_penalty_arcs_begin_and_end_on_the_penalty_area(side):
    arc = MARKINGS.all[f"Circle {side}"]
    assert isinstance(arc, Arc)
    ends = arc.sample(0.1)[[0, -1]]
    assert np.abs(ends[:, 0]) == pytest.approx([36.0, 36.0])
    assert np.abs(arc.sample(0.1)[:, 0]).min() == pytest.approx(52.5 - 11 - 9.15, abs=1e-3)


def test_samples_are_as_close_as_asked_and_hold_both_ends():
    for marking in MARKINGS.all.values():
        points = marking.sample(0.5)
        assert np.linalg.norm(np.diff(points, axis=0), axis=1).max() <= 0.5 + 1e-9
    assert MARKINGS.all["Middle line"].sample(1.0)[[0, -1], 1].tolist() == [-34.0, 34.0]


@pytest.mark.parametrize("name", list(MARKINGS.all))
def test_turning_the_pitch_twice_changes_nothing(name):
    assert mirrored(mirrored(name)) == name


@pytest.mark.parametrize("name", list(MARKINGS.all))
def test_a_mirrored_name_is_what_lies_there_after_half_a_turn(name):
    here = MARKINGS.all[name].sample(1.0) * [-1, -1, 1]
    there = MARKINGS.all[mirrored(name)].sample(1.0)
    nearest = np.linalg.norm(here[:, None] - there[None], axis=2).min(1)
    assert nearest.max() < 0.51


def test_named_points_lie_on_markings_or_are_spots():
    every = np.concatenate([marking.sample(0.05) for marking in MARKINGS.all.values()])
    for name, place in MARKINGS.points.items():
        if "spot" not in name:
            assert np.linalg.norm(every - place, axis=1).min() < 0.05, name


def test_markings_follow_the_size_of_the_pitch():
    wide = markings_of(PitchSize(100.0, 64.0))
    assert wide.point("right corner top") == (50.0, 32.0, 0.0)
    assert wide.point("right penalty spot") == (39.0, 0.0, 0.0)


def test_soccernet_has_y_towards_the_camera_and_z_down():
    assert to_soccernet(np.array([[1.0, 2.0, 2.44]])).tolist() == [[1.0, -2.0, -2.44]]
    assert from_soccernet(to_soccernet(np.array([3.0, 4.0, 5.0]))).tolist() == [3.0, 4.0, 5.0]


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(CalibrationError, match="'Half way'") as caught:
        MARKINGS.marking("Half way")
    assert "Middle line" in caught.value.hint
    with pytest.raises(CalibrationError) as caught:
        MARKINGS.point("middle")
    assert "centre spot" in caught.value.hint


def test_some_annotations_say_only_that_there_is_a_line():
    assert is_unknown("Line unknown")
    assert not is_unknown("Middle line")
