"""Boxes become metres: exact for flat ellipses, honest about what the camera's numbers leave open."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.road.camera import RoadCamera, on_road
from sightline.core.errors import MissingSpaceError, SettingsError
from unit.analytics.road.views import picture_of

CAMERA = RoadCamera((720, 1280), focal_px=900.0, height_m=1.3, pitch_deg=5.0)


def box_of(camera, points_m):
    points = picture_of(camera, points_m)
    return np.r_[points.min(axis=0), points.max(axis=0)][None]


def ellipse(ahead, left, length, width):
    turn = np.linspace(0, 2 * np.pi, 4001)
    return np.stack([ahead + length / 2 * np.cos(turn), left + width / 2 * np.sin(turn)], axis=1)


@pytest.mark.parametrize("camera", [CAMERA, RoadCamera((360, 640), 500.0, 1.8, pitch_deg=-1.0)])
@pytest.mark.parametrize(
    ("ahead", "left", "length", "width"), [(6.0, 0.0, 0.8, 0.5), (9.0, 2.5, 0.4, 1.2), (15.0, -3.0, 3.0, 1.0)]
)
def test_a_flat_ellipse_is_found_exactly(camera, ahead, left, length, width):
    found = on_road(camera, box_of(camera, ellipse(ahead, left, length, width)))
    np.testing.assert_allclose(found.places_m[0], (ahead, left), atol=1e-4)
    np.testing.assert_allclose(found.sizes_m[0], (length, width), atol=1e-4)


def test_a_crack_along_the_road_beside_the_car_has_no_width():
    line = np.array([[5.0, 2.0], [9.0, 2.0]])
    found = on_road(CAMERA, box_of(CAMERA, line))
    np.testing.assert_allclose(found.sizes_m[0], (4.0, 0.0), atol=1e-3)


def test_what_reaches_the_horizon_has_no_size():
    box = np.array([[600.0, CAMERA.horizon_px - 5, 640.0, 500.0]])
    assert np.isnan(on_road(CAMERA, box).sizes_m[0]).any()


def test_the_uncertainty_covers_what_a_wrong_pitch_does():
    box = box_of(CAMERA, ellipse(8.0, 0.0, 0.6, 0.6))
    wrong = RoadCamera((720, 1280), 900.0, 1.3, pitch_deg=5.3)
    sure, other = on_road(CAMERA, box), on_road(wrong, box)
    off_m = abs(other.places_m[0, 0] - sure.places_m[0, 0])
    assert 0.5 * off_m < sure.distance_sd_m[0] < 3 * off_m


def test_uncertainty_grows_with_distance():
    near, far = (on_road(CAMERA, box_of(CAMERA, ellipse(at, 0.0, 0.6, 0.6))) for at in (4.0, 12.0))
    assert far.sizes_sd_m[0, 0] > 3 * near.sizes_sd_m[0, 0]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"height_m": 1.3, "pitch_deg": None, "focal_px": 900.0}, "pitch"),
        ({"height_m": None, "pitch_deg": 4.0, "focal_px": 900.0}, "height"),
        ({"height_m": 1.3, "pitch_deg": 4.0}, "focal length"),
    ],
)
def test_metres_are_never_guessed(given, missing):
    with pytest.raises(MissingSpaceError, match=missing):
        RoadCamera.of((720, 1280), **given)


def test_a_field_of_view_is_as_good_as_a_focal_length():
    camera = RoadCamera.of((720, 1280), height_m=1.3, pitch_deg=4.0, hfov_deg=90.0)
    assert camera.focal_px == pytest.approx(640.0)


def test_a_camera_below_the_road_is_refused():
    with pytest.raises(SettingsError):
        RoadCamera((720, 1280), 900.0, -1.0)
