"""Pictures of football to learn from show what their labels say."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.markings import markings_of
from sightline.sim.football import picture
from sightline.sim.football.views import PinholeCamera
from training.pictures import football, pitch

SIZE = (270, 480)
CAMERA = PinholeCamera(SIZE, 900.0, (0.0, -60.0, 17.0)).looking_at((38.0, 0.0, 0.0))


@pytest.fixture(scope="module")
def scenery():
    return picture.look(np.random.default_rng(1), PitchSize(), scale_px_m=3.0)


@pytest.mark.parametrize("camera", [None, CAMERA])
def test_boxes_lie_in_the_picture_and_have_a_class(scenery, camera):
    for seed in range(6):
        image, boxes, classes = football.render_football_frame(
            np.random.default_rng(seed), camera, SIZE, look=scenery
        )
        assert image.shape == (*SIZE, 3)
        assert boxes.shape == (len(classes), 4)
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, 2:] <= (SIZE[1], SIZE[0])).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        assert set(classes.tolist()) <= {0, 1, 2, 3}


def test_the_same_generator_draws_the_same_frame(scenery):
    first, second = (
        football.render_football_frame(np.random.default_rng(3), CAMERA, SIZE, look=scenery) for _ in range(2)
    )
    for ours, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_frame_before_a_goal_shows_players_of_both_kinds(scenery):
    classes = np.concatenate(
        [
            football.render_football_frame(np.random.default_rng(seed), CAMERA, SIZE, look=scenery)[2]
            for seed in range(8)
        ]
    )
    counts = np.bincount(classes, minlength=4)
    assert counts[2] > 24
    assert (counts > 0).all()


def test_points_of_the_pitch_are_where_a_mirrored_or_moved_camera_sees_them(scenery, monkeypatch):
    monkeypatch.setattr(pitch, "moved", lambda rng, camera, size: camera)
    _, points_px, inside = pitch.render_pitch_frame(np.random.default_rng(0), CAMERA, SIZE, look=scenery)
    points_m = np.array(list(markings_of(PitchSize()).points.values()))
    np.testing.assert_allclose(points_px, CAMERA.project(points_m)[0], atol=1e-3)
    spot = pitch.KEYPOINTS.index("right penalty spot")
    assert inside[spot]
    assert not inside[pitch.KEYPOINTS.index("left penalty spot")]


def test_a_moved_camera_stays_near_the_real_one():
    for seed in range(10):
        near = football.moved(np.random.default_rng(seed), CAMERA, SIZE)
        assert abs(abs(near.pan_deg) - abs(CAMERA.pan_deg)) < 8
        assert near.position_m[2] > 2
        assert 0.7 < near.focal_px / CAMERA.focal_px < 1.45
