"""The ball of a turning camera: directions stand still while the picture moves, and metres come of them."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.ball.candidates import BallCandidates
from sightline.analytics.ball.settings import BallSettings
from sightline.analytics.ball.space.located import bearings_of, locate_ball
from sightline.sim.football.views import PinholeCamera

SIZE = (720, 1280)
COUNT = 75
T_S = np.arange(COUNT) / 25
REST = PinholeCamera(SIZE, 2000.0, (0.0, -75.0, 16.0), tilt_deg=11.5)
REACH_M = (60.5, 42.0)


def turning():
    """A camera that pans by 20 degrees, tilts a little and zooms in by a fifth."""
    share = np.linspace(0.0, 1.0, COUNT)
    return [REST.turned(pan_deg=20 * s - 10, tilt_deg=s, zoom=1 + 0.2 * s) for s in share.tolist()]


def matrices(eyes):
    return np.stack([eye.matrix() for eye in eyes])


def rolling():
    """A ball that rolls along with the camera's pan, `(n, 3)` metres."""
    return np.stack([np.linspace(-12, 14, COUNT), np.linspace(4, -2, COUNT), np.full(COUNT, 0.11)], axis=1)


def pixels(eyes, points_m):
    return np.stack([eye.project(point)[0] for eye, point in zip(eyes, points_m, strict=True)])


def sightings(points_px, rows=None):
    rows = np.arange(len(points_px)) if rows is None else rows
    return BallCandidates(rows, points_px, np.full(len(rows), 0.7), np.full(len(rows), 4.0))


def located(candidates, cameras, players_m=None):
    players_m = np.full((COUNT, 1, 2), np.nan) if players_m is None else players_m
    settings = BallSettings.in_pixels(SIZE[0])
    return locate_ball(candidates, T_S, cameras, settings, players_m=players_m, reach_m=REACH_M)


def test_directions_lead_back_to_their_pixels(rng):
    cameras = matrices(turning())
    bearings = bearings_of(cameras)
    points_px = rng.uniform((0, 0), (SIZE[1], SIZE[0]), (COUNT, 2))
    rows = np.arange(COUNT)
    assert bearings.pixels(rows, bearings.of(rows, points_px)) == pytest.approx(points_px, abs=1e-6)


def test_what_stands_still_has_one_direction_however_the_camera_turns():
    eyes = turning()
    spot_px = pixels(eyes, np.tile([3.0, 5.0, 0.0], (COUNT, 1)))
    assert np.ptp(spot_px[:, 0]) > 500
    directions = bearings_of(matrices(eyes)).of(np.arange(COUNT), spot_px)
    assert np.ptp(directions, axis=0).max() < 1e-6


def test_a_step_in_direction_is_as_large_as_in_pixels():
    bearings = bearings_of(matrices([REST] * COUNT))
    middle = np.array(
        [[SIZE[1] / 2, SIZE[0] / 2], [SIZE[1] / 2 + 8, SIZE[0] / 2], [SIZE[1] / 2, SIZE[0] / 2 + 8]]
    )
    first, right, down = bearings.of(np.zeros(3, np.int64), middle)
    assert right - first == pytest.approx([8.0, 0.0], abs=0.1)
    assert down - first == pytest.approx([0.0, 8.0], abs=0.1)


def test_what_lies_behind_the_camera_has_no_pixel():
    bearings = bearings_of(matrices([REST]))
    around = bearings.of(np.zeros(1, np.int64), np.array([[640.0, 360.0]])) + (
        np.pi * bearings.focal_px * bearings.level,
        0,
    )
    assert np.isnan(bearings.pixels(np.zeros(1, np.int64), around)).all()


def test_a_rolling_ball_is_followed_through_a_pan(rng):
    eyes, truth = turning(), rolling()
    seen = np.flatnonzero(rng.random(COUNT) > 0.25)
    points_px = pixels(eyes, truth) + rng.normal(0, 0.8, (COUNT, 2))
    found = located(sightings(points_px[seen], seen), matrices(eyes))
    assert (found.track.states == "lost").sum() <= 4
    known = np.isfinite(found.positions_m[:, 0])
    assert np.linalg.norm(found.positions_m[known] - truth[known], axis=1).max() < 1.0
    assert not found.flying[known].any()
    assert np.abs(found.points_px[known] - points_px[known]).max() < 6.0


def test_bright_things_beside_the_pitch_are_no_ball():
    eyes, truth = turning(), rolling()
    stand = np.tile([0.0, 62.0, 14.0], (COUNT, 1))
    rows = np.repeat(np.arange(COUNT), 2)
    both = np.stack([pixels(eyes, truth), pixels(eyes, stand)], axis=1).reshape(-1, 2)
    scores = np.tile([0.3, 0.9], COUNT)
    found = located(BallCandidates(rows, both, scores, np.full(len(rows), 4.0)), matrices(eyes))
    picked = found.track.picked[found.track.picked >= 0]
    assert len(picked) > 0.9 * COUNT
    assert (picked % 2 == 0).all()


def test_there_is_no_ball_where_there_is_no_camera():
    eyes, truth = turning(), rolling()
    cameras = matrices(eyes)
    cameras[:30] = np.nan
    found = located(sightings(pixels(eyes, truth)), cameras)
    assert (found.track.states[:30] == "lost").all()
    assert np.isnan(found.positions_m[:30]).all()
    assert np.isfinite(found.positions_m[35:70]).all()


def test_no_camera_at_all_loses_the_ball():
    found = located(sightings(pixels(turning(), rolling())), np.full((COUNT, 3, 4), np.nan))
    assert bearings_of(np.full((COUNT, 3, 4), np.nan)) is None
    assert (found.track.states == "lost").all()
    assert np.isnan(found.positions_m).all()
    assert not found.flying.any()


def test_a_ball_that_a_player_sends_back_turns_where_he_stands():
    eyes, truth = [REST] * COUNT, rolling()
    kicker = np.tile(truth[40, :2], (COUNT, 1, 1)).reshape(COUNT, 1, 2)
    back = truth.copy()
    back[41:] = 2 * truth[40] - truth[41:]
    found = located(sightings(pixels(eyes, back)), matrices(eyes), kicker)
    assert np.linalg.norm(found.positions_m - back, axis=1).max() < 1.0
    assert found.positions_m[40, 0] == pytest.approx(found.positions_m[:, 0].max(), abs=0.3)
