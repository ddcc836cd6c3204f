"""Matches that are not eleven against eleven with a ball on the pitch, as positions from a provider."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from football_play import Play
from sightline.analytics.football.match import BallState, Period, Player, Team
from sightline.analytics.football.rows import ball_batch, facts_of, player_batches
from unit.analytics.football.matches import make_match, two_teams
from unit.apps.test_football import make  # noqa: F401 - a fixture

SECONDS, RATE_HZ = 60, 10


def tables_of(match):
    """The tables of positions, with a frames table to match."""
    from sightline.testing.tables import MemoryTables

    tables, count = MemoryTables(), len(match)
    tables.add(
        "frames",
        {
            "frame": match.frames, "t_s": match.t_s, "segment": np.zeros(count, np.int32),
            "status": ["inferred"] * count, "cause": [None] * count, "detections": np.zeros(count, np.int32),
        },
    )  # fmt: skip
    for batch in player_batches(match):
        tables.write("players", batch)
    tables.write("ball", ball_batch(match))
    return tables


@pytest.fixture
def told(make):  # noqa: F811 - the fixture
    def run(match):
        made = make(tables_of(match), match=facts_of(match))
        json.dumps(made.report, allow_nan=False)
        return made

    return run


def walking(**options):
    """Two teams whose players all walk about their places, and a ball among them."""
    count = SECONDS * RATE_HZ
    match = two_teams(count=count, rate_hz=RATE_HZ, **options)
    angle = 0.5 * np.arange(count)[:, None] / RATE_HZ + np.arange(len(match.players))
    steps = 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=2)
    positions = match.positions_m + steps
    ball = np.concatenate([positions[:, 5] + 0.3, np.zeros((count, 1))], axis=1)
    return with_ball(replace(match, positions_m=positions), ball)


def with_ball(match, ball_m):
    states = np.where(np.isfinite(ball_m[:, 0]), BallState.SEEN.value, BallState.LOST.value)
    return replace(match, ball_m=ball_m, ball_states=states)


def with_player(match, player, places):
    return replace(
        match,
        players=(*match.players, player),
        positions_m=np.concatenate([match.positions_m, places[:, None]], axis=1),
    )


def gone(match, column, rows):
    positions = match.positions_m.copy()
    positions[rows, column] = np.nan
    return replace(match, positions_m=positions)


def formations(made, team):
    """The best formation in each phase."""
    return [(one["phase"], one["top"][0]["formation"]) for one in made.report["formations"][team]]


def by_id(made):
    return {row["player_id"]: row for row in made.report["players"]}


def test_a_substitute_and_who_goes_off_have_half_a_match_each(told):
    match, half = walking(), SECONDS * RATE_HZ // 2
    places = match.positions_m[:, 7].copy()
    places[:half] = np.nan
    changed = gone(with_player(match, Player("h99", Team.HOME, jersey=99), places), 7, slice(half, None))

    made, whole = told(changed), told(match)

    players = by_id(made)
    assert len(players) == 23
    assert players["h7"]["coverage"] == players["h99"]["coverage"] == pytest.approx(0.5)
    both = players["h7"]["distance_m"] + players["h99"]["distance_m"]
    assert both == pytest.approx(by_id(whole)["h7"]["distance_m"], rel=0.02)
    for team in ("home", "away"):
        assert made.report["coverage"]["players"][team] == pytest.approx(1.0)
        assert formations(made, team) == formations(whole, team)


def test_after_a_red_card_ten_are_measured_and_nobody_is_made_up(told):
    match, half = walking(), SECONDS * RATE_HZ // 2
    made, whole = told(gone(match, 9, slice(half, None))), told(match)

    assert made.report["coverage"]["reasons"] == []
    assert made.report["coverage"]["players"]["home"] == pytest.approx(10.5 / 11, abs=1e-3)
    sent_off = by_id(made)["h9"]
    assert sent_off["seen_s"] == pytest.approx(SECONDS / 2)
    assert sent_off["distance_m"] == pytest.approx(by_id(whole)["h9"]["distance_m"] / 2, rel=0.05)
    assert formations(whole, "home")[0] == ("all", "4-2-3-1")
    assert formations(made, "home")


@pytest.mark.parametrize(("home", "away"), [(0, 0), (1, 0), (11, 10), (12, 13)])
def test_any_number_of_players_is_told_as_it_is(told, home, away):
    count = SECONDS * RATE_HZ
    rng = np.random.default_rng(4)
    places = np.concatenate(
        [rng.uniform([-45, -30], [10, 30], (home, 2)), rng.uniform([-10, -30], [45, 30], (away, 2))]
    )
    match = make_match(np.tile(places, (count, 1, 1)), keepers=False, rate_hz=RATE_HZ, home=home)
    made = told(with_ball(match, np.tile([0.0, 0.0, 0.0], (count, 1))))

    assert len(made.report["players"]) == home + away
    assert made.report["coverage"]["players"] == {
        "home": pytest.approx(min(1.0, home / 11), abs=1e-3),
        "away": pytest.approx(min(1.0, away / 11), abs=1e-3),
    }
    assert bool(made.report["coverage"]["reasons"]) == (home + away < 6)
    if home + away < 6:
        assert made.number("home", "possession") is None


def test_a_second_of_a_match_is_called_too_short(told):
    match = walking()
    second = replace(
        match,
        **{
            name: getattr(match, name)[:RATE_HZ]
            for name in ("frames", "t_s", "positions_m", "ball_m", "ball_states")
        },
        periods=(replace(match.periods[0], stop=RATE_HZ),),
    )
    assert told(second).report["coverage"]["reasons"] == ["It is too short for a match: 1.0 s."]


def test_places_seconds_apart_tell_no_passes(told):
    match = walking()
    every = replace(
        match,
        frame_rate_hz=Fraction(1, 2),
        **{
            name: getattr(match, name)[:: 2 * RATE_HZ]
            for name in ("frames", "t_s", "positions_m", "ball_m", "ball_states")
        },
        periods=(replace(match.periods[0], stop=SECONDS // 2),),
    )
    made = told(every)
    assert made.report["coverage"]["reasons"] == [
        "Places are 2.0 s apart, too far to see a pass or a shot between them."
    ]
    assert made.number("home", "passes") is made.report["score"]["home"] is None
    assert formations(made, "home") == [("all", "4-2-3-1")]


def test_without_a_ball_people_still_run_and_nothing_else_is_told(told):
    match = walking()
    made = told(with_ball(match, np.full((len(match), 3), np.nan)))

    assert "ball was hardly ever seen" in " ".join(made.report["coverage"]["reasons"])
    assert made.number("home", "passes") is None
    assert made.number("home", "distance") == pytest.approx(11 * SECONDS * 1.0, rel=0.05)


def test_a_spare_ball_beside_the_pitch_is_not_the_match_ball(told):
    match = walking()
    ball = np.full((len(match), 3), np.nan)
    ball[::2] = (10.0, 38.0, 0.1)
    ball[:20] = (10.0, 0.0, 0.1)

    made = told(with_ball(match, ball))

    assert "ball was hardly ever seen" in " ".join(made.report["coverage"]["reasons"])
    assert made.report["score"]["home"] is None
    assert made.number("home", "distance") > 0
    assert formations(made, "home") == [("all", "4-2-3-1")]


def test_a_ball_off_the_pitch_is_out_of_play(told):
    match = walking()
    ball = match.ball_m.copy()
    ball[200:300] = (0.0, 39.0, 0.0)

    made, whole = told(with_ball(match, ball)), told(match)

    assert whole.report["coverage"]["in_play_s"] == pytest.approx(SECONDS, abs=1)
    assert 20 <= made.report["coverage"]["in_play_s"] <= SECONDS - 10
    assert made.number("home", "shots") == made.number("home", "goals") == 0


def test_teams_that_switch_sides_keep_their_numbers(told):
    """A match whose second half is turned by half a turn is the same match."""
    match, half = walking(), SECONDS * RATE_HZ // 2
    halves = (Period(1, 0, half, 1), Period(2, half, len(match), 1))
    sign = np.where(np.arange(len(match)) < half, 1.0, -1.0)[:, None]
    switched = replace(
        match,
        positions_m=match.positions_m * sign[..., None],
        periods=(halves[0], replace(halves[1], home_attacks=-1)),
    )
    switched = with_ball(switched, match.ball_m * np.concatenate([sign, sign, np.ones_like(sign)], axis=1))

    one, other = told(replace(match, periods=halves)), told(switched)

    assert [period["home_attacks"] for period in other.report["source"]["periods"]] == ["right", "left"]
    for name in ("formations", "over_time", "players"):
        assert one.report[name] == other.report[name], name
    assert one.report["teams"] == other.report["teams"]


def test_a_play_given_as_positions_is_measured(told):
    assert told(Play().match()).number("home", "passes") == pytest.approx(9, abs=1)
