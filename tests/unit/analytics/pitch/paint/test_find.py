"""The camera from points on painted lines that nobody has named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pitches import SIZE, camera_at
from sightline.analytics.pitch.jaccard import visible_polylines
from sightline.analytics.pitch.markings import Segment, markings_of
from sightline.analytics.pitch.paint.find import carried_camera, follow_camera, search_camera
from sightline.analytics.pitch.paint.nearness import bins_of, directions_of, nearness_of

PICTURE = (540, 960)
SPOTS = np.array([[200.0, 300.0], [480.0, 350.0], [760.0, 450.0]])


def paint_through(camera, players=0, seed=0):
    """Give points along all painted markings and their directions, and the outlines of players."""
    rng = np.random.default_rng(seed)
    points, directions = [], []
    for name, line in visible_polylines(camera, markings_of(SIZE)).items():
        marking = markings_of(SIZE).all[name]
        if isinstance(marking, Segment) and not marking.on_ground:
            continue
        along = np.append(0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1)))
        at = np.arange(0, along[-1], 1.0)
        dense = np.column_stack([np.interp(at, along, line[:, axis]) for axis in (0, 1)])
        step = np.gradient(dense, axis=0) if len(dense) > 2 else np.zeros_like(dense)
        points.append(dense + rng.normal(0, 0.5, dense.shape))
        directions.append(np.arctan2(step[:, 1], step[:, 0]) % np.pi)
    for x, y in rng.uniform([50, 200], [900, 500], (players, 2)):
        points.append([x, y] + rng.uniform([-6, -15], [6, 15], (30, 2)))
        directions.append(rng.uniform(0, np.pi, 30))
    return np.concatenate(points), np.concatenate(directions)


def off_m(true, found):
    return float(np.median(np.linalg.norm(true.to_ground(SPOTS) - found.to_ground(SPOTS), axis=1)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(camera_at(pan=-6.0, tilt=76.0, focal=900.0, roll=0.0), id="whole half"),
        pytest.param(camera_at(pan=28.0, tilt=78.0, focal=1300.0, roll=-0.5), id="penalty area"),
        pytest.param(
            camera_at(pan=90.0, tilt=52.0, focal=1000.0, position=(-86.0, 0.0, 50.0)), id="behind the goal"
        ),
    ],
)
def test_a_camera_is_found_among_players(camera):
    points, directions = paint_through(camera, players=22)
    solved = search_camera(points, directions, PICTURE, SIZE)
    assert solved.quality > 0.5
    assert off_m(camera, solved.camera) < 0.5


@pytest.mark.slow
def test_clutter_alone_gives_no_camera_to_believe():
    rng = np.random.default_rng(3)
    for _ in range(3):
        points, directions = rng.uniform([0, 150], [959, 539], (4000, 2)), rng.uniform(0, np.pi, 4000)
        solved = search_camera(points, directions, PICTURE, SIZE)
        assert solved is None or solved.quality < 0.3


def test_next_to_no_paint_gives_nothing():
    assert search_camera(np.zeros((10, 2)), np.zeros(10), PICTURE, SIZE) is None
    assert follow_camera(camera_at(), np.zeros((10, 2)), np.zeros(10), PICTURE, SIZE) is None


def test_a_camera_is_followed_to_the_next_frame():
    before = camera_at(pan=28.0, tilt=78.0, focal=1300.0)
    now = replace(before, pan_deg=28.4, focal_px=1310.0)
    points, directions = paint_through(now, players=10)
    solved = follow_camera(before, points, directions, PICTURE, SIZE)
    assert solved.quality > 0.5
    assert off_m(now, solved.camera) < 0.2 < off_m(now, before)


def test_following_onto_another_view_is_not_believed():
    points, directions = paint_through(camera_at(pan=-30.0, focal=900.0))
    assert follow_camera(camera_at(pan=28.0, focal=1800.0), points, directions, PICTURE, SIZE).quality < 0.3


def test_a_turn_of_the_picture_turns_the_camera():
    before = camera_at(pan=10.0, tilt=78.0, focal=1300.0)
    now = replace(before, pan_deg=11.0, tilt_deg=78.2, focal_px=1340.0)
    motion = np.linalg.inv(now.homography().matrix) @ before.homography().matrix
    carried = carried_camera(before, motion / motion[2, 2], PICTURE)
    assert carried.pan_deg == pytest.approx(11.0, abs=0.02)
    assert carried.focal_px == pytest.approx(1340.0, rel=2e-3)


def test_a_motion_that_no_turn_explains_loses_the_camera():
    squeezed = np.array([[0.3, 0.9, 200.0], [0.0, -1.6, 900.0], [0.0, 0.0, 1.0]])
    assert carried_camera(camera_at(), squeezed, PICTURE) is None


def test_the_map_knows_lines_by_their_direction():
    across = np.column_stack([np.linspace(-0.5, 0.5, 200), np.zeros(200)])
    near = nearness_of(across, np.zeros(200), PICTURE)
    at = np.array([[0.0, 0.0]])
    assert near.at(at, bins_of(np.array([0.0])))[0] < 5.0
    assert near.at(at, bins_of(np.array([np.pi / 2])))[0] == near.limit_px
    assert np.isnan(near.at(np.array([[2.0, 0.0]]), bins_of(np.array([0.0])))[0])


def test_directions_do_not_jump_between_markings():
    seen = np.array([[[0.0, 0.0], [0.1, 0.0], [0.9, 0.9], [0.9, 1.0]]])
    assert directions_of(seen)[0] == pytest.approx([0.0, 0.0, np.pi / 2, np.pi / 2])
