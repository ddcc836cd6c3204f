from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.ball.candidates import BallCandidates
from sightline.analytics.ball.settings import METHODS, BallSettings
from sightline.analytics.ball.track import speeds_of, track_ball
from sightline.core.errors import AnalysisError, SettingsError

RATE_HZ = 25.0


def way_px(count: int = 150) -> np.ndarray:
    """A pass, a stop for a second, and a faster one back, in a picture of 1280 x 720."""
    turns = np.array([[100.0, 400.0], [700.0, 300.0], [710.0, 305.0], [200.0, 500.0]])
    return np.stack(
        [np.interp(np.arange(count), (0, 60, 85, count - 1), turns[:, axis]) for axis in (0, 1)], axis=1
    )


def seen(
    truth: np.ndarray,
    rng: np.random.Generator,
    *,
    missed: float = 0.3,
    false_each: int = 5,
    hidden: slice = slice(0, 0),
    radius: float = 5.0,
) -> BallCandidates:
    count = len(truth)
    there = rng.random(count) >= missed
    there[hidden] = False
    rows = np.concatenate((np.flatnonzero(there), np.repeat(np.arange(count), false_each)))
    places = np.concatenate(
        (
            truth[there] + rng.normal(0, 1.5, (int(there.sum()), 2)),
            rng.uniform((0, 0), (1280, 720), (count * false_each, 2)),
        )
    )
    scores = np.concatenate((rng.beta(4, 2, int(there.sum())), rng.beta(2, 4, count * false_each)))
    order = np.argsort(rows, kind="stable")
    return BallCandidates(rows[order], places[order], scores[order], np.full(len(rows), radius))


def times(count: int) -> np.ndarray:
    return np.arange(count) / RATE_HZ


@pytest.mark.parametrize(("method", "least"), [("kalman", 0.75), ("particle", 0.9), ("graph", 0.97)])
def test_the_ball_is_followed_through_misses_false_positives_and_kicks(method, least, rng):
    truth = way_px()
    shares = []
    for _ in range(3):
        track = track_ball(seen(truth, rng), times(150), BallSettings.in_pixels(720, tracking_method=method))
        shares.append((np.hypot(*(track.positions - truth).T) < 10).mean())
    assert np.mean(shares) >= least


@pytest.mark.parametrize("method", METHODS)
def test_every_frame_says_how_its_position_came_about(method, rng):
    candidates = seen(way_px(), rng)
    track = track_ball(candidates, times(150), BallSettings.in_pixels(720, tracking_method=method))
    assert set(track.states.tolist()) <= {"seen", "interpolated", "lost"}
    assert (np.isnan(track.positions[:, 0]) == (track.states == "lost")).all()
    assert ((track.picked >= 0) == (track.states == "seen")).all()
    assert np.isnan(track.scores[track.states != "seen"]).all()
    assert (track.radii[track.states == "interpolated"] == 5.0).all()
    took = track.picked[track.picked >= 0]
    assert (candidates.rows[took] == np.flatnonzero(track.states == "seen")).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_candidates_give_the_same_track(method, rng):
    candidates, settings = seen(way_px(), rng), BallSettings.in_pixels(720, tracking_method=method)
    first, again = (track_ball(candidates, times(150), settings) for _ in range(2))
    assert first.positions.tobytes() == again.positions.tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_without_candidates_the_ball_is_lost(method):
    nothing = BallCandidates(np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    track = track_ball(nothing, times(10), BallSettings(tracking_method=method))
    assert (track.states == "lost").all()
    assert len(track_ball(nothing, times(0), BallSettings(tracking_method=method)).states) == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_short_gap_is_filled_and_a_long_one_is_not(method, rng):
    truth = np.stack((np.linspace(100, 1100, 200), np.full(200, 300.0)), axis=1)
    for hidden, states in ((slice(80, 95), {"interpolated"}), (slice(80, 130), {"lost"})):
        few = seen(truth, rng, missed=0.0, false_each=0, hidden=hidden)
        track = track_ball(few, times(200), BallSettings.in_pixels(720, tracking_method=method))
        assert set(track.states[hidden].tolist()) == states
        assert (track.states[:75] == "seen").mean() > 0.9
        assert (track.states[140:] == "seen").mean() > 0.9


@pytest.mark.parametrize(("missing", "expected"), [(20, "seen"), (5, "lost")])
def test_max_missing_frames_says_when_a_track_has_ended(missing, expected, rng):
    truth = np.stack((np.linspace(100, 700, 60), np.full(60, 300.0)), axis=1)
    few = seen(truth, rng, missed=0.0, false_each=0, hidden=slice(20, 32))
    kept = few.rows <= 32
    alone = BallCandidates(few.rows[kept], few.positions[kept], few.scores[kept], few.radii[kept])
    settings = BallSettings(tracking_method="kalman", max_missing_frames=missing, max_gap_s=0.0)
    # one sighting continues a track, and does not begin one
    assert track_ball(alone, times(60), settings).states[32] == expected


@pytest.mark.parametrize(
    ("least", "most", "kept"), [(0.0, 40.0, True), (6.0, 40.0, False), (0.0, 4.0, False)]
)
def test_candidates_of_the_wrong_size_are_dropped(least, most, kept, rng):
    few = seen(way_px(), rng, false_each=0, radius=5.0)
    settings = BallSettings(min_ball_radius=least, max_ball_radius=most)
    assert bool((track_ball(few, times(150), settings).states == "seen").any()) is kept


def test_players_help_to_tell_a_kick_from_a_false_positive(rng):
    truth = way_px()
    players = np.tile(np.array([[700.0, 300.0], [710.0, 305.0]]), (150, 1, 1))
    settings = BallSettings.in_pixels(720)
    few = seen(truth, rng, missed=0.5, false_each=8)
    with_players = track_ball(few, times(150), settings, players=players)
    assert (np.hypot(*(with_players.positions - truth).T) < 10).mean() > 0.9


def test_a_mark_that_is_always_there_is_not_taken_for_the_ball(rng):
    truth = way_px()
    few = seen(truth, rng, missed=0.2, false_each=0)
    rows = np.concatenate((few.rows, np.arange(150)))
    order = np.argsort(rows, kind="stable")
    mark = np.tile((640.0, 600.0), (150, 1)) + rng.normal(0, 0.5, (150, 2))
    both = BallCandidates(
        rows[order],
        np.concatenate((few.positions, mark))[order],
        np.concatenate((few.scores, rng.beta(3, 3, 150)))[order],
        np.full(len(rows), 5.0),
    )
    track = track_ball(both, times(150), BallSettings.in_pixels(720))
    assert (np.hypot(*(track.positions - truth).T) < 10).mean() > 0.9


def test_smoothing_halves_the_noise_and_leaves_kicks_sharp(rng):
    truth = way_px()
    few = seen(truth, rng, missed=0.0, false_each=0)
    smooth = track_ball(few, times(150), BallSettings.in_pixels(720))
    rough = track_ball(few, times(150), BallSettings(smooth_s=0.0))
    errors = [np.hypot(*(track.positions - truth).T) for track in (smooth, rough)]
    assert np.median(errors[0][5:50]) < 0.7 * np.median(errors[1][5:50])
    assert errors[0][58:63].max() < 6.0


def test_gravity_bends_the_prediction_of_a_ball_in_the_air(rng):
    t_s = times(60)
    truth = np.stack((100 + 500 * t_s, 600 - 900 * t_s + 375 * t_s**2), axis=1)
    few = seen(truth, rng, missed=0.3, false_each=5)
    track = track_ball(few, t_s, BallSettings(gravity=750.0, acceleration=100.0))
    assert (np.hypot(*(track.positions - truth).T) < 10).mean() > 0.95


def test_speeds_are_those_of_the_way():
    positions = np.stack((np.arange(10) * 2.0, np.zeros(10)), axis=1)
    positions[5] = np.nan
    speeds = speeds_of(times(10), positions)
    assert speeds[[0, 1, 8, 9]] == pytest.approx(50.0)
    assert np.isnan(speeds[5])


@pytest.mark.parametrize(
    "wrong",
    [
        {"tracking_method": "magic"},
        {"min_ball_radius": 50.0},
        {"noise": 0.0},
        {"max_gap_s": -1.0},
        {"particles": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(SettingsError):
        BallSettings(**wrong)


def test_settings_scale_with_the_picture():
    assert BallSettings.in_pixels(1440).max_speed == 2 * BallSettings.in_pixels(720).max_speed
    assert BallSettings.in_metres(noise=0.5).noise == 0.5


def test_what_does_not_fit_together_is_refused(rng):
    few = seen(way_px(), rng)
    with pytest.raises(AnalysisError, match="frame 149 of 100"):
        track_ball(few, times(100), BallSettings())
    with pytest.raises(AnalysisError, match="do not rise"):
        track_ball(few, np.zeros(150), BallSettings())
    with pytest.raises(AnalysisError, match="players"):
        track_ball(few, times(150), BallSettings(), players=np.zeros((3, 2, 2)))
    with pytest.raises(AnalysisError, match="order"):
        BallCandidates(np.array([1, 0]), np.zeros((2, 2)), np.zeros(2), np.zeros(2))
