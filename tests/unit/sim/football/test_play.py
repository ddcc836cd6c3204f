"""A match that plays itself is played by people, and its events are what happened."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from sightline.analytics.evaluation.moments import match_moments
from sightline.analytics.football.events import find_events
from sightline.analytics.football.match import Match, Period, PitchSize, Role
from sightline.sim.football.play.engine import play
from sightline.sim.football.play.movement import ACCELERATION_MPS2, BRAKE_MPS2, TOP_MPS
from sightline.sim.football.play.shape import FORMATIONS, targets


@pytest.fixture(scope="module")
def played():
    return play(np.random.default_rng(5), seconds=24.0, formations=("4-4-2", "4-3-3"))


def test_the_same_seed_plays_the_same_match(played):
    again = play(np.random.default_rng(5), seconds=24.0, formations=("4-4-2", "4-3-3"))
    np.testing.assert_array_equal(again.positions_m, played.positions_m)
    np.testing.assert_array_equal(again.ball_m, played.ball_m)
    assert again.events == played.events


def test_nobody_is_faster_than_people_are(played):
    velocities = np.diff(played.positions_m, axis=0) / played.step_s
    speeds = np.hypot(velocities[..., 0], velocities[..., 1])
    assert 4.0 < speeds.max() <= TOP_MPS
    changes = np.diff(velocities, axis=0) / played.step_s
    assert np.hypot(changes[..., 0], changes[..., 1]).max() <= max(ACCELERATION_MPS2, BRAKE_MPS2) + 0.1


def test_eleven_a_side_and_three_officials_take_part(played):
    roles = [player.role for player in played.players]
    assert len(roles) == 25
    assert roles.count(Role.GOALKEEPER) == 2
    assert roles.count(Role.REFEREE) == 3


def test_the_ball_never_leaps(played):
    steps_m = np.sqrt((np.diff(played.ball_m, axis=0) ** 2).sum(axis=1))
    assert steps_m.max() <= 36.0 * played.step_s


def test_a_complete_pass_begins_at_its_passer_and_ends_at_its_receiver(played):
    column = {player.player_id: number for number, player in enumerate(played.players)}
    passes = [event for event in played.events if event.kind == "pass" and event.outcome == "complete"]
    assert len(passes) >= 4
    for event in passes:
        starts, ends = (round(t_s / played.step_s) for t_s in (event.t_s, event.end_t_s))
        passer = played.positions_m[starts, column[event.player_id]]
        receiver = played.positions_m[ends, column[event.receiver_id]]
        assert np.hypot(*(passer - (event.x_m, event.y_m))) < 2.2
        assert np.hypot(*(receiver - (event.end_x_m, event.end_y_m))) < 1.5
        assert event.team == played.players[column[event.player_id]].team


def test_rules_that_know_positions_alone_find_most_of_the_passes(played):
    count = len(played.ball_m)
    match = Match(
        Fraction(25), np.arange(count), np.arange(count) * played.step_s, (Period(1, 0, count, played.home_attacks),),
        played.players, played.positions_m, played.ball_m, np.full(count, "seen"),
    )  # fmt: skip
    true_s = np.array([event.t_s for event in played.events if event.kind == "pass"])
    found_s = np.array([event.t_s for event in find_events(match).of("pass")])
    assert match_moments(true_s, found_s, tolerance_s=1.0).f1 >= 0.8


@pytest.mark.slow
def test_play_stops_when_the_ball_is_out_and_goes_on_with_the_other_team():
    seen = set()
    for seed in range(4):
        game = play(np.random.default_rng(seed), seconds=120.0)
        events = [event for event in game.events if event.kind in {"out", "throw_in", "corner", "goal_kick"}]
        for out, restart in pairwise(events):
            if out.kind == "out" and restart.kind == "throw_in":
                assert out.team != restart.team
                row = int((out.t_s + 0.5) / game.step_s)
                assert not game.alive[row]
                assert abs(restart.y_m) > 33
                seen.add("throw_in")
    assert "throw_in" in seen


@pytest.mark.parametrize("name", sorted(FORMATIONS))
def test_a_formation_is_ten_players_ahead_of_their_keeper(name):
    half_m = (52.5, 34.0)
    defending = targets(name, np.array([-20.0, 5.0]), 1, having=False, half_m=half_m)
    attacking = targets(name, np.array([-20.0, 5.0]), 1, having=True, half_m=half_m)
    mirrored = targets(name, np.array([20.0, 5.0]), -1, having=False, half_m=half_m)
    assert defending.shape == (10, 2)
    assert attacking[:, 0].mean() > defending[:, 0].mean()
    np.testing.assert_allclose(np.sort(mirrored[:, 0]), np.sort(-defending[:, 0]))


def test_a_smaller_pitch_keeps_the_game_inside():
    game = play(
        np.random.default_rng(1), seconds=20.0, pitch=replace(PitchSize(), length_m=100.0, width_m=64.0)
    )
    field = game.positions_m[:, :22]
    assert abs(field[..., 0]).max() < 53
    assert abs(field[..., 1]).max() < 34.5
