"""The camera of one picture, from what is drawn of the pitch."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitches import PICTURE, SIZE, camera_at, drawn_through
from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.observed import Observed
from sightline.analytics.pitch.solve import solve_camera
from sightline.core.errors import CalibrationError

GRID = np.column_stack([g.ravel() for g in np.meshgrid([150.0, 480.0, 810.0], [250.0, 400.0, 520.0])])


def ground_error_m(true, found):
    return float(np.nanmedian(np.linalg.norm(true.to_ground(GRID) - found.to_ground(GRID), axis=1)))


@given(
    pan=st.floats(-42, 42).filter(lambda pan: abs(pan) > 8),
    tilt=st.floats(74, 81),
    focal=st.floats(1000, 2200),
    x=st.floats(-8, 8),
    bend=st.floats(-0.015, 0.015),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_camera_is_found_again_from_what_it_shows(pan, tilt, focal, x, bend):
    camera = camera_at(pan=pan, tilt=tilt, focal=focal, position=(x, -64.0, 17.0), bend=bend)
    lines = drawn_through(camera)
    solved = solve_camera(Observed(PICTURE, lines=lines), SIZE)
    if len(lines) >= 6:
        assert solved is not None
        assert ground_error_m(camera, solved.camera) < 0.15


# Pan, tilt, focal length and place of cameras of many kinds, with how far off the grass in view may come to lie
# when lines are drawn to a pixel's accuracy.
@pytest.mark.parametrize(
    ("camera", "most_m"),
    [
        pytest.param(camera_at(), 0.25, id="penalty area"),
        pytest.param(camera_at(pan=-3.0, tilt=77.0, focal=1100.0), 0.4, id="middle"),
        pytest.param(camera_at(pan=40.0, tilt=80.0, focal=3200.0), 0.25, id="goal, zoomed in"),
        pytest.param(
            camera_at(pan=88.0, tilt=55.0, focal=1000.0, position=(-86.0, 0.0, 50.0)),
            0.3,
            id="behind the goal",
        ),
        pytest.param(
            camera_at(pan=-70.0, tilt=82.0, focal=1500.0, position=(20.0, -45.0, 9.0)), 0.4, id="corner"
        ),
    ],
)
def test_views_of_every_kind_are_solved(camera, most_m):
    errors = []
    for seed in range(3):
        solved = solve_camera(Observed(PICTURE, lines=drawn_through(camera, 1.0, seed)), SIZE)
        assert solved is not None
        errors.append(ground_error_m(camera, solved.camera))
    assert np.median(errors) < most_m


def test_a_marking_with_the_wrong_name_is_outvoted(view_lines):
    camera, lines = view_lines
    lines["Small rect. right top"], lines["Big rect. right top"] = (
        lines["Big rect. right top"],
        lines["Small rect. right top"],
    )
    solved = solve_camera(Observed(PICTURE, lines=lines), SIZE)
    assert solved is not None
    assert ground_error_m(camera, solved.camera) < 0.5


def test_a_wrong_name_lowers_the_quality(view_lines):
    _, lines = view_lines
    clean = solve_camera(Observed(PICTURE, lines=dict(lines)), SIZE)
    lines["Small rect. right top"] = lines["Small rect. right top"] + [0.0, 60.0]
    marred = solve_camera(Observed(PICTURE, lines=lines), SIZE)
    assert clean is not None
    assert marred is not None
    assert marred.quality < clean.quality
    assert marred.agreement < clean.agreement == 1.0


def test_careless_drawing_lowers_the_quality():
    camera = camera_at()
    qualities = [
        solve_camera(Observed(PICTURE, lines=drawn_through(camera, noise, 3)), SIZE).quality
        for noise in (0.5, 4.0, 12.0)
    ]
    assert qualities[0] > 0.9
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[2] < 0.5


def test_two_lines_are_too_few(view_lines):
    _, lines = view_lines
    few = {name: lines[name] for name in ("Big rect. right main", "Big rect. right top")}
    assert solve_camera(Observed(PICTURE, lines=few), SIZE) is None
    assert solve_camera(Observed(PICTURE), SIZE) is None


def test_the_halfway_line_and_circle_do_not_tell_the_stands_apart():
    camera = camera_at(pan=0.0, tilt=79.0, focal=2600.0)
    lines = drawn_through(camera)
    assert set(lines) <= {"Middle line", "Circle central", "Side line top"}
    del lines["Side line top"]
    solved = solve_camera(Observed(PICTURE, lines=lines), SIZE)
    assert solved is not None
    assert not solved.side_known
    assert solved.camera.position_m[1] < 0


def test_named_points_alone_suffice_and_one_wrong_click_is_outvoted():
    camera = camera_at()
    names = [
        "right penalty area top",
        "right penalty area bottom",
        "right goal area top",
        "right goal area bottom",
    ]
    names += [
        "right corner top",
        "right arc top",
        "right arc bottom",
        "right penalty spot",
        "right goal post top",
    ]
    places = np.array([markings_of(SIZE).point(name) for name in names])
    pixels = camera.project(places)
    pixels[3] += [45.0, -30.0]
    solved = solve_camera(Observed(PICTURE, points_px=pixels, points_m=places), SIZE)
    assert solved is not None
    assert ground_error_m(camera, solved.camera) < 0.3


def test_the_picture_may_have_any_size(view_lines):
    camera, lines = view_lines
    large = {name: (points + 0.5) * 2 - 0.5 for name, points in lines.items()}
    solved = solve_camera(Observed((1080, 1920), lines=large), SIZE)
    assert solved is not None
    assert solved.camera.focal_px == pytest.approx(2 * camera.focal_px, rel=0.02)


def test_the_pitch_may_have_any_size():
    size, camera = PitchSize(100.0, 64.0), camera_at(tilt=78.0, focal=1500.0)
    solved = solve_camera(Observed(PICTURE, lines=drawn_through(camera, size=size)), size)
    assert solved is not None
    assert ground_error_m(camera, solved.camera) < 0.1


def test_the_same_drawing_gives_the_same_camera(view_lines):
    _, lines = view_lines
    first = solve_camera(Observed(PICTURE, lines=lines), SIZE)
    again = solve_camera(Observed(PICTURE, lines=dict(reversed(lines.items()))), SIZE)
    assert json.dumps(first.camera.to_soccernet()) == json.dumps(again.camera.to_soccernet())


def test_golden_cameras_stay_as_they_are():
    # Drawn through pan 25, tilt 79 and 1800 px with 0.7 px of noise; rewrite on purpose only.
    golden = {0: (25.059, 78.946, 1811.3), 1: (25.041, 78.995, 1814.7), 2: (24.866, 78.996, 1805.6)}
    for seed, expected in golden.items():
        solved = solve_camera(Observed(PICTURE, lines=drawn_through(camera_at(), 0.7, seed)), SIZE)
        camera = solved.camera
        assert (camera.pan_deg, camera.tilt_deg) == pytest.approx(expected[:2], abs=2e-3)
        assert camera.focal_px == pytest.approx(expected[2], abs=0.2)


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ({"Halfway": np.array([[0.1, 0.1], [0.2, 0.2]])}, "no pitch marking is called 'Halfway'"),
        ({"Middle line": np.array([[0.1, np.nan], [0.2, 0.2]])}, "not a number"),
        ({"Middle line": np.array([[100.0, 200.0], [300.0, 200.0]])}, "far outside"),
    ],
)
def test_drawings_that_cannot_be_are_refused(drawn, said):
    with pytest.raises(CalibrationError, match=said) as caught:
        Observed.from_lines(drawn, markings_of(SIZE), picture=PICTURE)
    assert caught.value.hint


def test_unnamed_lines_and_single_points_are_left_out():
    drawn = {"Line unknown": np.array([[0.1, 0.1], [0.2, 0.2]]), "Middle line": np.array([[0.1, 0.1]])}
    assert not Observed.from_lines(drawn, markings_of(SIZE), picture=PICTURE).lines


@pytest.mark.data
@pytest.mark.slow
def test_real_drawings_are_explained_better_than_by_the_peers_cameras(data_dir):
    from sightline.service.football.evaluate.calibration import evaluate_calibration

    folder = data_dir / "football/calibration"
    found = evaluate_calibration(folder / "sn22_lines.json", folder / "sn22_cameras.json", limit=60)[
        "halves"
    ]["all"]
    assert found["ours"]["jac5"]["value"] > 0.85
    assert found["ours"]["completeness"] >= 0.975
    assert found["ours"]["jac5"]["value"] > found["peer"]["jac5"]["value"]


@pytest.fixture
def view_lines():
    camera = camera_at()
    return camera, drawn_through(camera)
