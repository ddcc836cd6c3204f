from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from football_plays import AWAY, HOME, play, told
from sightline.analytics.football.events import EventSettings, find_events
from sightline.core.errors import SettingsError
from sightline.core.tables import schema_of

# The ball lies at h7, comes to h10, is carried a little, and comes to h11, who keeps it rolling.
TWO_PASSES = (
    (0.0, -15.0, 8.0),
    (0.5, -14.0, 8.0),
    (1.7, 3.0, 10.0),
    (2.9, 4.0, 11.0),
    (4.0, 5.0, 24.0),
    (6.0, 9.0, 25.0),
)
MET = {
    "h10": ((0.0, 3.0, 10.0), (1.7, 3.0, 10.0), (2.9, 4.0, 11.0)),
    "h11": ((0.0, 5.0, 24.0), (4.0, 5.0, 24.0), (6.0, 9.0, 25.0)),
}


def kinds(events, *wanted):
    return [(event.kind, event.team, event.player_id) for event in events.of(*wanted)]


def test_a_pass_goes_from_the_last_touch_to_the_next_players_first():
    first, second = find_events(play(TWO_PASSES, MET)).of("pass")
    assert (first.team, first.player_id, first.receiver_id, first.outcome) == (
        "home",
        "h7",
        "h10",
        "complete",
    )
    assert (second.player_id, second.receiver_id) == ("h10", "h11")
    assert first.t_s == pytest.approx(0.5, abs=0.08)
    assert first.end_t_s == pytest.approx(1.7, abs=0.08)
    assert (first.end_x_m, first.end_y_m) == pytest.approx((3.0, 10.0), abs=1.0)
    evidence = json.loads(second.evidence)
    assert evidence["length_m"] == pytest.approx(13.0, abs=1.0)
    assert evidence["height"] == "ground"
    assert 0.5 < second.confidence <= 1.0


def test_a_ball_that_rises_makes_a_high_pass():
    way = (
        (0.0, -15.0, 8.0),
        (0.5, -14.0, 8.0),
        (1.5, -5.0, 9.0, 4.0),
        (2.4, 3.0, 10.0, 0.0),
        (4.0, 5.0, 11.0, 0.0),
    )
    (one,) = find_events(play(way, {"h10": ((0.0, 3.0, 10.0), (2.4, 3.0, 10.0), (4.0, 5.0, 11.0))})).of(
        "pass"
    )
    assert json.loads(one.evidence)["height"] == "high"


def test_a_pass_that_an_opponent_takes_is_incomplete_and_his_interception():
    way = ((0.0, -15.0, 8.0), (0.5, -14.0, 8.0), (1.5, -4.0, 18.0), (3.5, -9.0, 20.0))
    events = find_events(play(way, {"a8": ((0.0, -4.0, 18.0), (1.5, -4.0, 18.0), (3.5, -9.0, 20.0))}))
    assert [(one.player_id, one.receiver_id, one.outcome) for one in events.of("pass")] == [
        ("h7", None, "incomplete")
    ]
    assert kinds(events, "interception") == [("interception", "away", "a8")]


def test_a_ball_that_goes_faster_than_anybody_kicks_is_no_pass():
    way = ((0.0, -15.0, 8.0), (0.5, -14.0, 8.0), (0.7, 3.0, 10.0), (2.9, 4.0, 11.0))
    there = {"h10": ((0.0, 3.0, 10.0), (0.7, 3.0, 10.0), (2.9, 4.0, 11.0))}
    assert not find_events(play(way, there)).of("pass")
    assert find_events(play(way, there), EventSettings(fastest_mps=100.0)).of("pass")


def test_a_dribble_is_no_pass():
    steps = [(0.6 * step, -15.0 + 3.0 * step, 8.0 + (step % 2)) for step in range(8)]
    events = find_events(play(steps, {"h7": steps}))
    assert not events.of("pass")
    assert {spell.player_id for spell in events.spells} - {None} == {"h7"}


def test_possession_goes_to_whoever_touches_and_stays_while_the_ball_travels():
    events = find_events(play(TWO_PASSES, MET))
    assert (events.teams[20:] == "home").all()
    players = [spell.player_id for spell in events.spells if spell.player_id]
    assert players == ["h7", "h10", "h11"]
    assert all(one.stop <= two.start for one, two in zip(events.spells, events.spells[1:], strict=False))


@pytest.mark.parametrize(("hysteresis_s", "expected"), [(0.6, {"home"}), (0.0, {"home", "away"})])
def test_a_short_touch_of_the_other_team_takes_possession_only_without_hysteresis(hysteresis_s, expected):
    way = ((0.0, -15.0, 8.0), (0.5, -14.0, 8.0), (1.0, -5.0, 10.0), (1.3, -1.0, 12.5), (3.0, 5.0, 13.0))
    there = {"a8": (-5.0, 10.0), "h10": ((0.0, -1.0, 12.5), (1.3, -1.0, 12.5), (3.0, 5.0, 13.0))}
    events = find_events(play(way, there), EventSettings(hysteresis_s=hysteresis_s))
    assert set(events.teams[15:].tolist()) == expected


SHOT = (
    (0.0, 30.0, 2.0),
    (0.4, 30.5, 2.0),
    (1.2, 36.0, 2.0),
    (1.9, 51.0, 1.0),
)
SHOOTER = {
    "h9": ((0.0, 30.0, 2.0), (0.4, 30.5, 2.0), (1.2, 36.0, 2.0)),
    "a3": (36.0, 12.0),
    "a4": (36.0, -12.0),
}


def test_a_ball_that_jumps_into_the_goal_is_no_shot_and_no_goal():
    way = (*SHOT[:3], (1.4, 53.5, 1.0), (6.0, 54.0, 1.0))
    assert not find_events(play(way, SHOOTER)).of("shot", "goal")


def test_a_shot_that_the_keeper_stops_is_a_shot_and_a_save():
    way = (*SHOT, (3.0, 50.0, 0.0), (6.0, 46.0, -1.0))
    keeper = ((0.0, 51.0, 1.0), (1.9, 51.0, 1.0), (3.0, 50.0, 0.0), (6.0, 46.0, -1.0))
    events = find_events(play(way, {**SHOOTER, "a1": keeper}))
    assert kinds(events, "shot", "save") == [("shot", "home", "h9"), ("save", "away", "a1")]
    (shot,) = events.of("shot")
    assert shot.outcome == "saved"
    assert not events.of("goal")
    assert not [one for one in events.of("pass") if one.player_id == "h9"]


def _goal(kicker: str, unseen_s: tuple[float, float] = (0.0, 0.0)):
    into_the_net = ((0.0, 36.0, 2.0), (0.4, 37.0, 2.0), (1.2, 53.5, 1.0), (1.5, 54.0, 1.0), (12.0, 54.0, 1.0))
    back = (
        (30.0, 0.0, 0.0),
        (34.0, 0.0, 0.0),
        (34.8, -9.0, 2.0),
        (40.0, -20.0, 9.0),
        (41.0, -15.0, 12.0),
        (46.0, -14.0, 12.0),
    )
    there = {
        "h9": (36.5, 2.0),
        "a1": (51.0, -3.0),
        kicker: (0.3, 0.0),
        "a8": ((0.0, -9.0, 2.0), (34.8, -9.0, 2.0), (40.0, -20.0, 9.0)),
        "h7": (-15.0, 12.0),
    }
    match = play((*into_the_net, *back), there)
    ball_m = match.ball_m.copy()
    ball_m[(match.t_s >= unseen_s[0]) & (match.t_s < unseen_s[1])] = np.nan
    return find_events(replace(match, ball_m=ball_m))


def test_a_goal_is_confirmed_by_the_other_teams_kick_off():
    events = _goal("a9")
    (goal,) = events.of("goal")
    assert (goal.team, goal.player_id, goal.outcome) == ("home", "h9", "confirmed")
    assert goal.confidence > 0.9
    assert ("kick_off", "away", "a9") in kinds(events, "kick_off")
    assert not events.alive[60:800].any()


def test_a_goal_after_which_the_scorers_kick_off_stays_unconfirmed():
    (goal,) = _goal("h6").of("goal")
    assert goal.outcome == "unconfirmed"
    assert goal.confidence <= 0.5


def test_a_goal_is_confirmed_by_a_kick_off_that_nobody_saw_where_the_ball_lay_on_the_spot():
    (goal,) = _goal("h6", unseen_s=(32.0, 34.05)).of("goal")
    assert goal.outcome == "confirmed"


def test_a_ball_past_the_post_from_afar_is_no_goal():
    way = ((0.0, 30.0, 2.0), (0.4, 31.0, 2.0), (1.5, 54.0, 6.0), (4.0, 56.0, 7.0))
    events = find_events(play(way, {"h9": (30.5, 2.0)}))
    assert not events.of("goal")
    assert [one.outcome for one in events.of("out")] == ["end"]
    assert [one.outcome for one in events.of("shot")] == ["off_target"]


RESTARTS = [
    # why, ball's way out, spot, taken by, to, kind
    ("side", (-6.0, 35.0), (-4.0, 34.3), "a8", "a9", "throw_in"),
    ("end", (54.0, 12.0), (48.0, 3.0), "a1", "a3", "goal_kick"),
    ("end", (54.0, 12.0), (52.0, 33.5), "h11", "h9", "corner"),
]


@pytest.mark.parametrize(("cause", "out", "spot", "taker", "mate", "kind"), RESTARTS)
def test_a_ball_that_goes_out_comes_back_by_the_restart_that_fits(cause, out, spot, taker, mate, kind):
    to = (spot[0] - 12.0, spot[1] - 12.0)
    way = (
        (0.0, out[0] * 0.6, out[1] * 0.6),
        (0.4, out[0] * 0.62, out[1] * 0.62),
        (1.6, *out),
        (3.0, out[0] * 1.02, out[1] * 1.02),
        (8.0, *spot),
        (10.0, *spot),
        (11.0, *to),
        (16.0, to[0] - 6.0, to[1]),
    )
    there = {
        "h10": (out[0] * 0.61, out[1] * 0.61),
        taker: spot,
        mate: ((0.0, *to), (11.0, *to), (16.0, to[0] - 6.0, to[1])),
    }
    events = find_events(play(way, there))
    assert [one.outcome for one in events.of("out")] == [cause]
    team = "home" if taker.startswith("h") else "away"
    assert (kind, team, taker) in kinds(events, "throw_in", "goal_kick", "corner", "free_kick", "kick_off")
    alive_again = events.alive[int(10.2 * 25) : int(10.9 * 25)]
    assert alive_again.all()
    assert not events.alive[int(2.5 * 25) : int(9.8 * 25)].any()
    assert [one.player_id for one in events.of("pass") if one.t_s > 5] == [taker]


def test_a_ball_left_lying_in_the_field_is_dead_until_the_free_kick():
    way = (
        (0.0, -15.0, 8.0),
        (0.5, -14.0, 8.0),
        (2.0, 3.0, 10.0),
        (12.0, 3.0, 10.0),
        (13.2, 5.0, 24.0),
        (17.0, 12.0, 24.0),
    )
    events = find_events(
        play(way, {"h10": (3.0, 10.5), "h11": ((0.0, 5.0, 24.0), (13.2, 5.0, 24.0), (17.0, 12.0, 24.0))})
    )
    assert kinds(events, "free_kick") == [("free_kick", "home", "h10")]
    assert not events.alive[100:290].any()


def test_a_half_begins_with_a_kick_off_at_the_centre_spot():
    way = ((0.0, 0.0, 0.0), (2.0, 0.0, 0.0), (3.0, -12.0, 5.0), (7.0, -15.0, 8.0))
    events = find_events(
        play(way, {"h10": (0.4, 0.0), "h7": ((0.0, -12.0, 5.0), (3.0, -12.0, 5.0), (7.0, -15.0, 8.0))})
    )
    assert kinds(events, "kick_off") == [("kick_off", "home", "h10")]


def test_where_the_source_says_what_is_alive_it_is_believed():
    match = play(TWO_PASSES, MET)
    alive = told(match, (1.8, 6.1))
    events = find_events(replace(match, alive=alive))
    assert (events.alive == alive).all()
    assert [one.player_id for one in events.of("pass")] == ["h7"]
    assert not (events.teams[~alive] != "").any()


def test_two_opponents_at_the_ball_are_in_a_duel():
    way = ((0.0, -15.0, 8.0), (0.5, -14.0, 8.0), (1.7, 3.0, 10.0), (4.0, 5.0, 16.0))
    there = {"h10": ((0.0, 3.0, 10.0), (1.7, 3.0, 10.0), (4.0, 5.0, 16.0)), "a6": (3.5, 10.5)}
    (duel,) = find_events(play(way, there)).of("duel")
    assert (duel.player_id, duel.receiver_id) == ("h10", "a6")


def test_a_team_that_switches_sides_shoots_at_the_other_goal():
    first = (*SHOT, (3.0, 50.0, 0.0), (5.0, 46.0, -1.0))
    mirrored = tuple((time_s + 5.04, -x, y) for time_s, x, y in first)
    keepers = {"a1": ((0.0, 51.0, 1.0), (5.0, 51.0, 1.0), (5.04, -51.0, 1.0), (12.0, -51.0, 1.0))}
    shooter = {
        "h9": ((0.0, 30.0, 2.0), (1.2, 36.0, 2.0), (5.0, 36.0, 2.0), (5.04, -30.0, 2.0), (6.24, -36.0, 2.0))
    }
    match = play((*first, *mirrored), {**SHOOTER, **shooter, **keepers}, periods=((5.04, 1), (6.0, -1)))
    shots = find_events(match).of("shot")
    assert [(one.team, np.sign(one.x_m)) for one in shots] == [("home", 1.0), ("home", -1.0)]


def test_where_nobody_knows_who_attacks_where_there_are_no_shots():
    match = play((*SHOT, (3.0, 50.0, 0.0)), SHOOTER, home_attacks=0, without=("h1",))
    assert not find_events(match).of("shot", "save", "goal", "offside")


def test_the_keepers_tell_who_attacks_where_if_the_source_does_not():
    match = play((*SHOT, (3.0, 50.0, 0.0)), {**SHOOTER, "a1": (51.0, 1.0)}, home_attacks=0)
    assert [one.team for one in find_events(match).of("shot")] == ["home"]


ROLLING = ((0.0, -40.0, -5.0), (8.0, 30.0, 4.0))


@pytest.mark.parametrize(
    "match",
    [
        play(ROLLING, without=(*HOME, *AWAY)),
        play(ROLLING, {"h6": (0.0, 30.0)}, without=[name for name in (*HOME, *AWAY) if name != "h6"]),
        play(ROLLING, ball_m=np.full((201, 3), np.nan)),
        play(ROLLING, ball_m=np.full((201, 3), 80.0)),
        play(ROLLING, periods=()),
        play(ROLLING, periods=((0.0, 1), (0.0, -1))),
        play(ROLLING, {f"x{number}": (number, 2.0) for number in range(25)}, without=(*HOME, *AWAY)),
        play(ROLLING, positions_m=np.full((201, 22, 2), np.nan)),
    ],
    ids=[
        "nobody",
        "one",
        "no ball",
        "ball far off",
        "no period",
        "empty periods",
        "strangers",
        "players unseen",
    ],
)
def test_what_is_not_there_makes_no_passes_shots_or_possession(match):
    events = find_events(match)
    assert not events.of("pass", "shot", "goal", "save", "interception", "duel", "offside")
    assert not (events.teams != "").any()
    assert not events.spells


def test_an_empty_match_has_no_events():
    match = play(((0.0, 0.0, 0.0),))
    empty = replace(
        match,
        frames=match.frames[:0],
        t_s=match.t_s[:0],
        periods=(),
        positions_m=match.positions_m[:0],
        ball_m=match.ball_m[:0],
        ball_states=match.ball_states[:0],
    )
    events = find_events(empty)
    assert events.events == ()
    assert events.coverage == 0.0


@pytest.mark.parametrize("extra", [21, 25])
def test_more_or_fewer_players_than_usual_are_no_trouble(extra):
    more = {f"a{number}": (30.0, float(number) - 20.0) for number in range(12, 12 + extra - 20)}
    without = ("a11",) if extra == 21 else ()
    assert len(find_events(play(TWO_PASSES, {**MET, **more}, without=without)).of("pass")) == 2


def test_a_gap_of_minutes_holds_no_pass():
    match = play(TWO_PASSES, MET)
    rows = (match.t_s < 1.0) | (match.t_s > 3.5)
    kept = np.flatnonzero(rows)
    times = match.t_s[kept] + np.where(match.t_s[kept] > 2.0, 180.0, 0.0)
    cut = replace(
        match,
        frames=match.frames[kept] + np.where(times > 100, 4500, 0),
        t_s=times,
        periods=(replace(match.periods[0], stop=len(kept)),),
        positions_m=match.positions_m[kept],
        ball_m=match.ball_m[kept],
        ball_states=match.ball_states[kept],
    )
    assert not find_events(cut).of("pass", "interception")


def test_a_ball_lost_for_long_ends_possession_and_coverage_says_so():
    match = play(TWO_PASSES, MET)
    ball_m = match.ball_m.copy()
    ball_m[60:] = np.nan
    events = find_events(replace(match, ball_m=ball_m))
    assert [one.player_id for one in events.of("pass")] == ["h7"]
    assert events.coverage == pytest.approx(60 / 151)


def test_the_ball_missing_for_half_a_second_changes_no_pass():
    match = play(TWO_PASSES, MET)
    ball_m = match.ball_m.copy()
    ball_m[22:34] = np.nan
    found = find_events(replace(match, ball_m=ball_m)).of("pass")
    assert [(one.player_id, one.receiver_id) for one in found] == [("h7", "h10"), ("h10", "h11")]


def test_noise_in_the_ball_makes_no_passes(rng):
    match = play(TWO_PASSES, MET)
    noise = np.concatenate((rng.normal(0, 0.15, (len(match), 2)), np.zeros((len(match), 1))), axis=1)
    found = find_events(replace(match, ball_m=match.ball_m + noise)).of("pass")
    assert [(one.player_id, one.receiver_id) for one in found] == [("h7", "h10"), ("h10", "h11")]


def test_the_same_match_gives_the_same_events():
    match = play(TWO_PASSES, MET)
    assert find_events(match).events == find_events(match).events


def test_rows_fit_the_tables():
    match = play(TWO_PASSES, MET)
    events = find_events(match)
    columns = events.to_columns()
    assert set(columns) <= set(schema_of("events").names)
    assert {len(values) for values in columns.values()} == {len(events.events)}
    spells = events.possession_columns(match.frames, match.t_s)
    assert set(spells) == set(schema_of("possession").names)
    assert {len(values) for values in spells.values()} == {len(events.spells)}
    assert all(0.0 <= one.confidence <= 1.0 for one in events.events)


@pytest.mark.parametrize("wrong", [{"kick_mps": -1.0}, {"offside_sure": 0.4}, {"reach_m": float("nan")}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError):
        EventSettings(**wrong)
