"""A camera that looks at the pitch."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitches import camera_at
from sightline.analytics.pitch.camera import PitchCamera, angles_of
from sightline.core.errors import CalibrationError
from sightline.core.space import Space


@pytest.fixture
def view():
    return camera_at()


views = st.builds(
    camera_at,
    pan=st.floats(-60, 60),
    tilt=st.floats(55, 86),
    focal=st.floats(600, 4000),
    position=st.tuples(st.floats(-30, 30), st.floats(-90, -45), st.floats(6, 40)),
    roll=st.floats(-3, 3),
    bend=st.floats(-0.03, 0.03),
)


@given(views)
@settings(max_examples=40, deadline=None)
def test_grass_that_is_seen_is_found_again(camera):
    pixels = np.array([[100.0, 500.0], [480.0, 400.0], [900.0, 520.0]])
    places = camera.to_ground(pixels)
    below = np.isfinite(places).all(1)
    assert camera.project(places[below]) == pytest.approx(pixels[below], abs=0.05)


@given(views)
@settings(max_examples=40, deadline=None)
def test_a_sight_line_passes_through_what_its_pixel_shows(camera):
    points = np.array([[0.0, 0.0, 0.0], [10.0, -5.0, 2.0], [-12.0, 20.0, 9.0]])
    pixels = camera.project(points)
    shown = ((pixels >= 0) & (pixels < (960, 540))).all(1)
    away = points[shown] - camera.position_m
    ahead = away / np.linalg.norm(away, axis=1, keepdims=True)
    assert camera.sight_lines(pixels[shown]) == pytest.approx(ahead, abs=1e-4)


@given(views)
@settings(max_examples=40, deadline=None)
def test_soccernet_json_holds_the_whole_camera(camera):
    read = PitchCamera.from_soccernet(json.loads(json.dumps(camera.to_soccernet())))
    assert read.to_soccernet() == camera.to_soccernet()


@given(views)
@settings(max_examples=40, deadline=None)
def test_angles_and_rotation_say_the_same(camera):
    assert angles_of(camera.rotation) == pytest.approx((camera.pan_deg, camera.tilt_deg, camera.roll_deg))
    assert camera.rotation @ camera.rotation.T == pytest.approx(np.eye(3))


@pytest.mark.data
def test_real_camera_files_come_back_as_they_were(data_dir):
    cameras = json.loads((data_dir / "football/calibration/sn22_cameras.json").read_text())
    for camera in list(cameras.values())[::20]:
        written = PitchCamera.from_soccernet(camera).to_soccernet()
        rotation = np.array(written.pop("rotation_matrix"))
        assert rotation == pytest.approx(np.array(camera["rotation_matrix"]), abs=1e-12)
        assert written == {name: value for name, value in camera.items() if name != "rotation_matrix"}


def test_pan_turns_to_the_right_and_tilt_is_measured_from_straight_down():
    straight = camera_at(pan=0.0, tilt=80.0, roll=0.0)
    assert camera_at(pan=10.0, tilt=80.0, roll=0.0).to_ground(np.array([[479.5, 269.5]]))[0, 0] > 1.0
    place = straight.to_ground(np.array([[479.5, 269.5]]))[0]
    assert place == pytest.approx([1.0, -62.0 + 16.0 * np.tan(np.radians(80))])


def test_what_lies_behind_or_above_the_horizon_has_no_place():
    camera = camera_at(pan=0.0, roll=0.0)
    assert np.isnan(camera.project(np.array([[0.0, -100.0, 0.0]]))).all()
    assert np.isnan(camera.to_ground(np.array([[480.0, -2000.0]]))).all()


def test_a_lens_that_bends_inwards_does_not_fold_the_far_side_into_the_picture():
    camera = camera_at(pan=-40.0, focal=900.0, bend=-0.03)
    far_aside = camera.project(np.array([[52.5, -34.0, 0.0], [52.5, 34.0, 0.0]]))
    inside = (far_aside >= 0).all(1) & (far_aside <= [959, 539]).all(1)
    assert not inside.any()


def test_the_homography_of_a_bent_picture_is_near_the_camera_everywhere():
    camera = camera_at(bend=-0.02)
    matrix = camera.fitted_homography((540, 960))
    assert (matrix.source, matrix.target) == (Space.IMAGE_PX, Space.PITCH_M)
    pixels = np.array([[200.0, 300.0], [480.0, 300.0], [800.0, 450.0]])
    off = np.linalg.norm(matrix.project(pixels) - camera.to_ground(pixels), axis=1)
    plain = np.linalg.norm(camera.homography().project(pixels) - camera.to_ground(pixels), axis=1)
    assert off.max() < 0.5
    assert off.mean() < plain.mean()


def test_a_picture_twice_as_large_shows_the_same_twice_as_large(view):
    places = np.array([[20.0, 5.0, 0.0], [30.0, 10.0, 2.0]])
    assert view.scaled(2.0).project(places) == pytest.approx((view.project(places) + 0.5) * 2 - 0.5)


def test_a_turned_camera_sees_the_other_half_just_so(view):
    places = np.array([[20.0, 5.0, 0.0], [30.0, 10.0, 2.0]])
    assert view.turned().project(places * [-1, -1, 1]) == pytest.approx(view.project(places))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pan_degrees": None}, "cannot be read"),
        ({"x_focal_length": -3.0, "y_focal_length": -3.0}, "focal length of -3"),
        ({"y_focal_length": 900.0}, "not square"),
        ({"position_meters": [1.0, 2.0]}, "cannot be read"),
        ({"roll_degrees": float("nan")}, "not finite"),
        ({"radial_distortion": [0.1]}, "1 radial terms"),
    ],
)
def test_a_camera_that_cannot_be_is_refused(view, change, said):
    with pytest.raises(CalibrationError, match=said) as caught:
        PitchCamera.from_soccernet(view.to_soccernet() | change)
    assert caught.value.hint


def test_a_missing_field_is_named(view):
    data = view.to_soccernet()
    del data["tilt_degrees"]
    with pytest.raises(CalibrationError, match="no tilt_degrees"):
        PitchCamera.from_soccernet(data)


def test_a_camera_on_the_ground_sees_no_ground():
    with pytest.raises(CalibrationError, match="on the ground"):
        camera_at(position=(0.0, -60.0, 0.0)).homography()
