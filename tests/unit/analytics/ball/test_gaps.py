from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from sightline.analytics.ball.gaps import GapSettings, fill_gaps
from sightline.core.errors import AnalysisError, SettingsError

T_S = np.arange(100) / 25


def line(*turns: tuple[float, float, float]) -> np.ndarray:
    """`(t, x, y)` points joined by straight lines, a row each 1/25 s."""
    way = np.array(turns)
    return np.stack([np.interp(T_S, way[:, 0], way[:, axis]) for axis in (1, 2)], axis=1)


def with_gap(truth: np.ndarray, start: int, stop: int) -> np.ndarray:
    cut = truth.copy()
    cut[start:stop] = np.nan
    return cut


def test_a_ball_kicked_within_the_gap_turns_where_the_player_is():
    truth = line((0.0, 0.0, 0.0), (2.0, 20.0, 0.0), (4.0, 20.0, 24.0))
    players = np.tile(np.array([[20.3, 0.2], [5.0, 9.0]]), (100, 1, 1))
    filled = fill_gaps(T_S, with_gap(truth, 40, 62), players_m=players)
    error = np.hypot(*(filled.positions - truth)[40:62].T)
    known = np.concatenate((np.arange(30, 40), np.arange(62, 72)))
    pchip = PchipInterpolator(T_S[known], truth[known])(T_S[40:62])
    assert error.mean() < 0.4
    assert error.mean() < 0.4 * np.hypot(*(pchip - truth[40:62]).T).mean()


def test_a_ball_that_nobody_touches_goes_straight_on():
    truth = line((0.0, 0.0, 0.0), (4.0, 40.0, 10.0))
    filled = fill_gaps(T_S, with_gap(truth, 40, 60), players_m=np.full((100, 3, 2), 60.0))
    assert np.hypot(*(filled.positions - truth).T).max() < 0.1


def test_a_ball_at_a_players_feet_goes_with_him():
    turns = ((0.0, 0.0, 0.0), (1.8, 0.2, 0.0), (2.2, 3.0, 2.0), (2.6, 3.0, 5.0), (4.0, 3.2, 5.2))
    truth = line(*turns)
    players = truth[:, None] + np.array([0.3, 0.3])
    filled = fill_gaps(T_S, with_gap(truth, 43, 68), max_gap_s=1.1, players_m=players)
    straight = np.stack([np.interp(T_S, T_S[[42, 68]], truth[[42, 68], axis]) for axis in (0, 1)], axis=1)
    ours, plain = (np.hypot(*(way - truth)[43:68].T).mean() for way in (filled.positions, straight))
    assert ours < 0.8 * plain


@pytest.mark.parametrize(("stop", "expected"), [(60, True), (70, False)])
def test_only_gaps_up_to_the_longest_are_filled(stop, expected):
    truth = line((0.0, 0.0, 0.0), (4.0, 40.0, 10.0))
    filled = fill_gaps(T_S, with_gap(truth, 40, stop), max_gap_s=1.0)
    assert bool(filled.filled[40:stop].all()) is expected
    assert bool(np.isnan(filled.positions[45]).any()) is not expected


def test_before_the_first_and_after_the_last_sighting_nothing_is_made_up():
    cut = line((0.0, 0.0, 0.0), (4.0, 40.0, 10.0))
    cut[:10] = cut[90:] = np.nan
    filled = fill_gaps(T_S, cut)
    assert np.isnan(filled.positions[:10]).all()
    assert np.isnan(filled.positions[90:]).all()
    assert not filled.filled.any()


def test_what_was_seen_stays_as_it_was(rng):
    truth = line((0.0, 0.0, 0.0), (2.0, 20.0, 0.0), (4.0, 20.0, 24.0)) + rng.normal(0, 0.1, (100, 2))
    cut = truth.copy()
    cut[rng.random(100) < 0.4] = np.nan
    seen = ~np.isnan(cut[:, 0])
    filled = fill_gaps(T_S, cut)
    assert (filled.positions[seen] == truth[seen]).all()
    assert not filled.filled[seen].any()


def test_a_ball_in_the_air_keeps_to_its_parabola():
    flight = np.stack((10 * T_S, 0 * T_S, 18 * T_S - 9.81 / 2 * T_S**2), axis=1)[:80]
    cut = with_gap(flight, 30, 50)
    filled = fill_gaps(T_S[:80], cut)
    assert np.abs(filled.positions[:, 2] - flight[:, 2]).max() < 0.15


def test_the_scale_of_the_units_does_not_matter():
    truth = line((0.0, 0.0, 0.0), (2.0, 20.0, 0.0), (4.0, 20.0, 24.0))
    players = np.tile(np.array([[20.3, 0.2]]), (100, 1, 1))
    metres = fill_gaps(T_S, with_gap(truth, 40, 62), players_m=players).positions
    pixels = fill_gaps(
        T_S,
        with_gap(truth * 40, 40, 62),
        players_m=players * 40,
        settings=GapSettings(reach=0.7 * 40, drift=0.1 * 40, drift_rate=0.7 * 40, unit_mps=40.0),
    ).positions
    assert pixels / 40 == pytest.approx(metres, abs=1e-6)


def test_arrays_of_different_lengths_and_wrong_constants_are_refused():
    with pytest.raises(AnalysisError, match="do not fit"):
        fill_gaps(T_S, np.zeros((5, 2)))
    with pytest.raises(SettingsError):
        GapSettings(drag_hz=0.0)
