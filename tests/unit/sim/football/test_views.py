"""Cameras of the simulator are the cameras of the analysis."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sightline.analytics.pitch.camera import PitchCamera
from sightline.core.errors import CalibrationError, SettingsError
from sightline.sim.football.views import KINDS, PinholeCamera, follow, operator, read_cameras

CAMERA = PinholeCamera((720, 1280), 2100.0, (3.0, -62.0, 17.0), pan_deg=14.0, tilt_deg=13.0, roll_deg=0.7)
POINTS_M = np.array([[0.0, 0.0, 0.0], [30.0, 20.0, 0.0], [20.0, -10.0, 2.0]])


def test_the_analysis_sees_points_where_the_simulator_draws_them():
    camera = PitchCamera.from_soccernet(CAMERA.to_soccernet())
    np.testing.assert_allclose(camera.project(POINTS_M) + 0.5, CAMERA.project(POINTS_M)[0], atol=1e-6)


def test_a_camera_survives_soccernets_form():
    again = PinholeCamera.from_soccernet(CAMERA.to_soccernet(), CAMERA.size)
    np.testing.assert_allclose(again.matrix(), CAMERA.matrix(), atol=1e-9)


def test_a_camera_of_a_smaller_picture_is_scaled():
    small = PinholeCamera.from_soccernet(CAMERA.to_soccernet(), (360, 640))
    np.testing.assert_allclose(small.project(POINTS_M)[0], CAMERA.project(POINTS_M)[0] / 2)


def test_pixels_go_back_to_the_ground_they_show():
    ground = POINTS_M.copy()
    ground[:, 2] = 0
    pixels, _ = CAMERA.project(ground)
    np.testing.assert_allclose(CAMERA.image_to_ground().project(pixels), ground[:, :2], atol=1e-6)


def test_points_behind_the_camera_have_no_pixels():
    pixels, depths_m = CAMERA.project(np.array([[0.0, -90.0, 5.0]]))
    assert np.isnan(pixels).all()
    assert depths_m[0] < 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_operator_keeps_the_ball_in_the_picture(kind):
    times_s = np.arange(150) / 25
    ball_m = np.stack([30 * np.sin(times_s / 2), 15 * np.cos(times_s / 3), np.full(150, 0.11)], axis=1)
    cameras = follow(operator(kind, np.random.default_rng(3)), ball_m, rate_hz=25.0, size=(720, 1280), seed=1)
    for camera, place in zip(cameras, ball_m, strict=True):
        (x, y), *_ = camera.project(place[None])[0]
        assert 0 < x < 1280
        assert 0 < y < 720


def test_a_camera_list_leaves_out_what_was_not_found(tmp_path):
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps({"a": CAMERA.to_soccernet(), "b": None}))
    assert len(read_cameras(path, (720, 1280))) == 1


@pytest.mark.parametrize("text", ["not json", "{}", "[]"])
def test_a_file_without_cameras_is_refused(tmp_path, text):
    path = tmp_path / "cameras.json"
    path.write_text(text)
    with pytest.raises(SettingsError):
        read_cameras(path, (720, 1280))


def test_a_camera_without_a_place_is_refused():
    broken = {key: value for key, value in CAMERA.to_soccernet().items() if key != "position_meters"}
    with pytest.raises(CalibrationError):
        PinholeCamera.from_soccernet(broken, (720, 1280))


@pytest.mark.data
def test_the_real_cameras_agree_with_their_own_rotation_matrices(data_dir):
    path = data_dir / "football" / "calibration" / "sn22_cameras.json"
    entries = json.loads(path.read_text())
    for name in sorted(entries)[:25]:
        turned = np.array(entries[name]["rotation_matrix"]) * (1, -1, -1)
        np.testing.assert_allclose(
            PinholeCamera.from_soccernet(entries[name], (540, 960)).rotation(), turned, atol=1e-9
        )
