"""A plane's map becomes a whole camera: the same pixels above the ground as the camera it came from."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.ball.space.projection import projections_of
from sightline.sim.football.views import PinholeCamera

SIZE = (720, 1280)
EYES = (
    PinholeCamera(SIZE, 2000.0, (2.0, -70.0, 16.0), pan_deg=-12.0, tilt_deg=11.0),
    PinholeCamera(SIZE, 2600.0, (2.0, -70.0, 16.0), pan_deg=25.0, tilt_deg=9.0, roll_deg=0.8),
)
AIR_M = np.array([[0.0, 0.0, 0.0], [-20.0, 15.0, 2.4], [30.0, -10.0, 9.0], [45.0, 3.0, 0.11]])
NOWHERE = np.full((len(EYES), 3), np.nan)


def maps():
    """The eyes' maps from pixels to the ground, their third coordinate positive for what is ahead."""
    return np.stack([np.linalg.inv(eye.ground_to_image()) for eye in EYES])


def shown(projection, points_m):
    seen = np.c_[points_m, np.ones(len(points_m))] @ projection.T
    return seen[:, :2] / seen[:, 2:]


@pytest.mark.parametrize("scale", [1.0, 0.02])
def test_with_its_place_known_a_camera_shows_what_is_in_the_air_where_it_is(scale):
    places = np.array([eye.position_m for eye in EYES])
    found = projections_of(maps() * scale, places, SIZE)
    for eye, projection in zip(EYES, found, strict=True):
        assert shown(projection, AIR_M) == pytest.approx(eye.project(AIR_M)[0], abs=1e-6)


def test_without_its_place_square_pixels_and_the_middle_of_the_picture_tell_it():
    found = projections_of(maps(), NOWHERE, SIZE)
    for eye, projection in zip(EYES, found, strict=True):
        assert shown(projection, AIR_M) == pytest.approx(eye.project(AIR_M)[0], abs=1e-4)


def test_each_camera_counts_for_itself():
    ground = maps()
    ground[0] = np.nan
    found = projections_of(ground, NOWHERE, SIZE)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


def test_a_camera_on_the_ground_has_no_heights():
    flat = np.array([[0.0, -70.0, 0.2]] * len(EYES))
    assert np.isnan(projections_of(maps(), flat, SIZE)).all()


def test_a_map_that_no_camera_has_gives_none():
    skewed = np.linalg.inv(np.array([[10.0, 0.0, 640.0], [0.0, 30.0, 360.0], [0.0, 0.0, 1.0]]))
    assert np.isnan(projections_of(skewed[None], NOWHERE[:1], SIZE)).all()


def test_no_frames_have_no_cameras():
    assert projections_of(np.zeros((0, 3, 3)), np.zeros((0, 3)), SIZE).shape == (0, 3, 4)
