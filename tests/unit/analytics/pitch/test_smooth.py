"""Cameras over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pitches import PICTURE, SIZE, camera_at
from sightline.analytics.pitch.keypoints import numbered_points
from sightline.analytics.pitch.observed import Observed
from sightline.analytics.pitch.sequence.smooth import CameraSource, SmoothSettings, smooth_cameras
from sightline.analytics.pitch.solve import solve_camera

PLACES = np.array(list(numbered_points(SIZE).values()))
SPOT = np.array([[41.5, 0.0, 0.0]])
CIRCLE = np.array([[9.15, 0, 0], [0, 9.15, 0], [-9.15, 0, 0], [0, -9.15, 0]])


def panning(frames, start=22.0, step=0.15):
    return [camera_at(pan=start + step * frame, focal=1500.0 * 1.002**frame) for frame in range(frames)]


def keypoints(camera, rng, noise_px=1.5):
    pixels = camera.project(PLACES)
    shown = (pixels > 5).all(1) & (pixels < [955, 535]).all(1)
    moved = pixels[shown] + rng.normal(0, noise_px, (int(shown.sum()), 2))
    return Observed(PICTURE, points_px=moved, points_m=PLACES[shown])


def jitter_px(cameras):
    placed = np.array([camera.project(CIRCLE) for camera in cameras])
    return np.linalg.norm(np.diff(placed, n=2, axis=0), axis=2).mean()


@pytest.fixture(scope="module")
def shot():
    rng = np.random.default_rng(5)
    true = panning(16)
    seen = [keypoints(camera, rng) for camera in true]
    return true, seen, [solve_camera(one, SIZE) for one in seen]


def test_smooth_cameras_are_stiller_and_nearer_the_truth(shot):
    true, seen, solved = shot
    smooth = [one.camera for one in smooth_cameras(seen, solved, SIZE)]
    alone = [one.camera for one in solved]
    assert jitter_px(smooth) < 0.5 * jitter_px(alone)

    def off(cameras):
        return np.mean(
            [np.abs(a.project(CIRCLE) - b.project(CIRCLE)).mean() for a, b in zip(cameras, true, strict=True)]
        )

    assert off(smooth) < off(alone)


def test_a_shot_has_one_position(shot):
    _, seen, solved = shot
    places = np.array([one.camera.position_m for one in smooth_cameras(seen, solved, SIZE)])
    assert np.ptp(places, axis=0).max() == 0.0


def test_frames_that_show_nothing_are_bridged_with_falling_quality(shot):
    true, seen, solved = shot
    gap = range(6, 10)
    seen = [None if frame in gap else one for frame, one in enumerate(seen)]
    solved = [None if frame in gap else one for frame, one in enumerate(solved)]
    smooth = smooth_cameras(seen, solved, SIZE)
    for frame in gap:
        assert smooth[frame].source is CameraSource.PROPAGATED
        off = smooth[frame].camera.project(SPOT) - true[frame].project(SPOT)
        assert np.abs(off).max() < 25.0
    qualities = [one.quality for one in smooth]
    assert 0 < qualities[7] < qualities[5]
    assert 0 < qualities[8] < qualities[10]


def test_a_frame_that_is_wrong_is_outvoted(shot):
    true, seen, solved = shot
    wrong = replace(seen[8], points_px=seen[8].points_px + [60.0, 10.0])
    smooth = smooth_cameras([*seen[:8], wrong, *seen[9:]], solved, SIZE)
    off = np.abs(smooth[8].camera.project(SPOT) - true[8].project(SPOT)).max()
    assert off < 15.0
    assert smooth[8].source is CameraSource.PROPAGATED


def test_a_cut_parts_the_cameras(shot):
    true, seen, solved = shot
    other = camera_at(pan=-28.0, position=(2.0, -75.0, 20.0))
    rng = np.random.default_rng(9)
    after = [keypoints(other, rng) for _ in range(5)]
    smooth = smooth_cameras(
        [*seen[:5], *after], [*solved[:5], *(solve_camera(one, SIZE) for one in after)], SIZE
    )
    assert smooth[4].camera.pan_deg == pytest.approx(true[4].pan_deg, abs=1.0)
    assert smooth[5].camera.pan_deg == pytest.approx(-28.0, abs=1.0)


def test_where_nothing_is_ever_seen_there_is_no_camera():
    found = smooth_cameras([None, None], [None, None], SIZE)
    assert [(one.camera, one.quality, one.source) for one in found] == [(None, 0.0, CameraSource.NONE)] * 2
    assert smooth_cameras([], [], SIZE) == []


def test_nothing_is_carried_beyond_the_longest_gap(shot):
    _, seen, solved = shot
    pause = [None] * 4
    settings = SmoothSettings(longest_gap=3)
    smooth = smooth_cameras(
        [*seen[:3], *pause, *seen[7:10]], [*solved[:3], *pause, *solved[7:10]], SIZE, settings=settings
    )
    assert [one.source is CameraSource.NONE for one in smooth] == [False] * 3 + [True] * 4 + [False] * 3


@pytest.mark.data
@pytest.mark.slow
def test_real_keypoints_become_still_and_stay_where_they_are(data_dir):
    from sightline.service.football.evaluate.calibration import evaluate_stability

    path = data_dir / "football/calibration/tsworldcup_keypoints.json"
    ratios = evaluate_stability(path, limit=25)["halves"]["all"]["smooth_over_ransac"]
    assert ratios["jitter"]["value"] < 0.5
    assert ratios["residual_mean"]["value"] < 1.05
