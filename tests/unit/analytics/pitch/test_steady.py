"""Cameras found frame by frame, smoothed without what was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.observed import middle_px
from sightline.analytics.pitch.sequence.smooth import CameraSource
from sightline.analytics.pitch.sequence.steady import steady_cameras

PICTURE, SIZE = (720, 1280), PitchSize()
PLACES = np.array([[0.0, 0.0, 0.0], [15.0, 10.0, 0.0], [25.0, -12.0, 0.0]])


def truth(count):
    """A camera that pans to the right at a steady pace."""
    return [
        PitchCamera(5 + 0.2 * frame, 77.0, 0.2, 1500.0, np.array([2.0, -62.0, 17.0]), middle_px(PICTURE))
        for frame in range(count)
    ]


def shaken(cameras, rng):
    """Position and zoom trade places from frame to frame, as in cameras found alone."""
    found = []
    for camera in cameras:
        push = rng.normal(0, 0.04)
        away = camera.position_m - np.array([camera.position_m[0] + 20, 0.0, 0.0])
        found.append(
            replace(
                camera,
                pan_deg=camera.pan_deg + rng.normal(0, 0.08),
                tilt_deg=camera.tilt_deg + rng.normal(0, 0.03),
                focal_px=camera.focal_px * (1 + push),
                position_m=camera.position_m + push * away,
            )
        )
    return found


def steadied(cameras, qualities=None, carried=None):
    count = len(cameras)
    matrices = np.full((count, 3, 3), np.nan)
    for frame, camera in enumerate(cameras):
        if camera is not None:
            matrices[frame] = camera.fitted_homography(PICTURE).matrix
    known = np.array([float(camera is not None) for camera in cameras])
    return steady_cameras(
        cameras,
        matrices,
        0.9 * known if qualities is None else qualities,
        np.zeros(count, np.bool_) if carried is None else carried,
        picture=PICTURE,
        size=SIZE,
    )


def places(cameras):
    return np.array([camera.project(PLACES) for camera in cameras])


def jitter(cameras):
    return float(np.median(np.linalg.norm(np.diff(places(cameras), n=2, axis=0), axis=2)))


def test_a_shaken_camera_stands_still_and_nearer_to_the_truth(rng):
    real = truth(40)
    alone = shaken(real, rng)
    smooth = [one.camera for one in steadied(alone)]

    assert jitter(smooth) < 0.1 * jitter(alone)
    off = [np.linalg.norm(places(cameras) - places(real), axis=2).mean() for cameras in (alone, smooth)]
    assert off[1] < 0.7 * off[0]
    positions = np.array([camera.position_m for camera in smooth])
    assert np.ptp(positions, axis=0).max() < 1e-9


def test_a_steady_camera_is_left_where_it_is():
    real = truth(20)
    smooth = steadied(real)
    assert np.abs(places([one.camera for one in smooth]) - places(real)).max() < 0.05
    assert {one.source for one in smooth} == {CameraSource.SEEN}
    assert [one.quality for one in smooth] == pytest.approx([0.9] * 20)


def test_a_frame_that_puts_the_grass_elsewhere_is_outvoted():
    real = truth(30)
    wrong = [*real[:12], replace(real[12], pan_deg=real[12].pan_deg + 4.0), *real[13:]]
    smooth = steadied(wrong)
    assert np.abs(places([smooth[12].camera]) - places([real[12]])).max() < 5
    assert smooth[12].source is CameraSource.PROPAGATED
    assert smooth[12].quality < 0.9


def test_frames_without_a_camera_lie_on_the_path_between():
    real = truth(40)
    holes = [camera if not 15 <= frame < 22 else None for frame, camera in enumerate(real)]
    smooth = steadied(holes)
    between = [one.camera for one in smooth[15:22]]
    assert np.abs(places(between) - places(real[15:22])).max() < 2
    assert smooth[18].quality < smooth[15].quality < 0.9


def test_a_cut_is_not_smoothed_over():
    real = truth(20)
    behind = [replace(camera, pan_deg=camera.pan_deg + 40) for camera in real]
    smooth = [one.camera for one in steadied([*real, *behind])]
    assert np.abs(places(smooth) - places([*real, *behind])).max() < 0.1


def test_what_is_not_known_stays_unknown():
    smooth = steadied([None] * 5)
    assert [(one.camera, one.quality) for one in smooth] == [(None, 0.0)] * 5
    poor = steadied(truth(5), qualities=np.full(5, 0.05))
    assert {one.camera for one in poor} == {None}
