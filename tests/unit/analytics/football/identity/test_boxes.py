"""Boxes of persons: a detector's shake is taken out, short misses are filled, the camera's motion stays."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.football.identity.boxes import BoxRules, steady_boxes
from sightline.analytics.football.identity.links import Views
from sightline.sim.football.views import PinholeCamera

SIZE = (720, 1280)
COUNT = 50
T_S = np.arange(COUNT) / 25
ROWS = np.arange(COUNT)
ALONE = np.zeros(COUNT, np.int64)


def boxes(feet_px, height_px=60.0):
    feet_px = np.asarray(feet_px, np.float64)
    half = np.array([0.2, 0.0]) * height_px
    return np.concatenate([feet_px - half - (0, height_px), feet_px + half], axis=1)


def running(speed_px_s=80.0):
    return boxes(np.stack([200 + speed_px_s * T_S, 400 + 10 * T_S], axis=1))


def panning(count=COUNT):
    """A camera that jerks: each frame looks elsewhere."""
    rest = PinholeCamera(SIZE, 2000.0, (0.0, -75.0, 16.0), tilt_deg=11.5)
    jerks = np.random.default_rng(5).normal(0, 0.5, count)
    return [rest.turned(pan_deg=float(jerk)) for jerk in jerks]


def test_a_shake_is_taken_out(rng):
    truth = running()
    seen = truth + rng.normal(0, 1.5, truth.shape)
    found = steady_boxes(T_S, ROWS, ALONE, seen)
    inner = slice(4, -4)
    assert np.abs(found.boxes_px - truth)[inner].std() < 0.75 * np.abs(seen - truth)[inner].std()
    assert found.sightings.tolist() == ROWS.tolist()


def test_a_short_miss_is_filled_and_a_long_one_is_not():
    truth = running()
    kept = ~np.isin(ROWS, [*range(10, 15), *range(25, 40)])
    found = steady_boxes(T_S, ROWS[kept], ALONE[kept], truth[kept], rules=BoxRules(gap_s=0.3))
    assert found.rows.tolist() == [*range(25), *range(40, 50)]
    assert found.rows[found.sightings < 0].tolist() == [10, 11, 12, 13, 14]
    assert found.boxes_px == pytest.approx(truth[found.rows], abs=0.5)


def test_the_cameras_own_motion_stays():
    eyes = panning()
    place = np.stack([-5 + 4 * T_S, np.full(COUNT, 8.0), np.zeros(COUNT)], axis=1)
    truth = boxes([eye.project(spot)[0] for eye, spot in zip(eyes, place, strict=True)])
    views = Views(np.stack([eye.ground_to_image() for eye in eyes]), SIZE)
    kept = ~np.isin(ROWS, [20, 21, 22])
    found = steady_boxes(T_S, ROWS[kept], ALONE[kept], truth[kept], views=views)
    blind = steady_boxes(T_S, ROWS[kept], ALONE[kept], truth[kept])
    assert np.abs(found.boxes_px - truth).max() < 0.5
    assert np.abs(blind.boxes_px - truth).max() > 5.0


def test_a_camera_that_is_not_known_well_moves_no_box_far():
    views = Views(np.stack([eye.ground_to_image() for eye in panning()]), SIZE)
    truth = boxes(np.tile([400.0, 400.0], (COUNT, 1)))
    found = steady_boxes(T_S, ROWS, ALONE, truth, views=views)
    assert np.abs(found.boxes_px - truth).max() == pytest.approx(0.075 * 60.0)


def test_where_the_camera_is_lost_pixels_are_smoothed_and_nothing_is_filled_across():
    eyes = panning()
    matrices = np.stack([eye.ground_to_image() for eye in eyes])
    matrices[20:] = np.nan
    truth = running()
    kept = ~np.isin(ROWS, [18, 19, 20, 21])
    found = steady_boxes(T_S, ROWS[kept], ALONE[kept], truth[kept], views=Views(matrices, SIZE))
    assert found.rows.tolist() == ROWS[kept].tolist()
    assert found.boxes_px[20:] == pytest.approx(truth[24:], abs=1e-3)


def test_each_person_is_smoothed_alone_and_has_one_box_a_frame():
    one, other = running(), shifted(running(), 700.0)
    rows = np.repeat(ROWS, 3)
    columns = np.tile([0, 1, 1], COUNT)
    all_boxes = np.stack([one, other, other + 30.0], axis=1).reshape(-1, 4)
    found = steady_boxes(T_S, rows, columns, all_boxes)
    assert len(found.rows) == 2 * COUNT
    assert found.boxes_px[found.columns == 0] == pytest.approx(one, abs=1e-3)
    assert found.boxes_px[found.columns == 1] == pytest.approx(other, abs=1e-3)


def shifted(values, shift):
    return values + np.array([shift, 0.0, shift, 0.0])


def test_somebody_seen_once_is_where_he_was_seen():
    found = steady_boxes(T_S, np.array([7]), np.array([3]), running()[7:8])
    assert (found.rows.tolist(), found.columns.tolist()) == ([7], [3])
    assert found.boxes_px == pytest.approx(running()[7:8], abs=1e-4)


def test_nobody_has_no_boxes():
    nothing = np.zeros(0, np.int64)
    assert len(steady_boxes(T_S, nothing, nothing, np.zeros((0, 4))).rows) == 0
    assert len(steady_boxes(np.zeros(0), nothing, nothing, np.zeros((0, 4))).columns) == 0
