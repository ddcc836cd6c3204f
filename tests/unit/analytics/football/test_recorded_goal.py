from __future__ import annotations

import csv
from fractions import Fraction

import numpy as np
import pytest

from sightline.analytics.football.events import find_events
from sightline.analytics.football.match import Match, Period, Player, Role, Team


@pytest.mark.data
def test_a_real_goal_is_found_with_the_passes_before_it(data_dir):
    with (data_dir / "football" / "events" / "lastrow_goal.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    numbers = sorted({int(row["player"]) for row in rows})
    count = max(int(row["frame"]) for row in rows) + 1
    places = np.full((count, len(numbers), 3), np.nan)
    teams = {}
    for row in rows:
        column = numbers.index(int(row["player"]))
        place = (float(row["x"]) * 1.05 - 52.5, (float(row["y"]) - 50) * 0.68, float(row["z"] or 0))
        places[int(row["frame"]), column] = place
        teams[column] = Team.HOME if row["team"] == "attack" else Team.AWAY
    defenders = [column for column in range(1, len(numbers)) if teams[column] is Team.AWAY]
    keeper = min(defenders, key=lambda column: np.nanmean(places[:, column, 0]))
    players = tuple(
        Player(str(numbers[column]), teams[column], Role.GOALKEEPER if column == keeper else Role.PLAYER)
        for column in range(1, len(numbers))
    )
    match = Match(
        Fraction(20),
        np.arange(count),
        np.arange(count) / 20,
        (Period(1, 0, count, -1),),
        players,
        places[:, 1:, :2],
        places[:, 0],
        np.full(count, "seen"),
    )
    events = find_events(match)
    (goal,) = events.of("goal")
    (shot,) = events.of("shot")
    assert (goal.team, goal.player_id, goal.outcome) == ("home", "12", "unconfirmed")
    assert (shot.player_id, shot.outcome) == ("12", "goal")
    assert goal.t_s == pytest.approx(8.75, abs=0.1)
    assert [one.player_id for one in events.of("pass") if one.team == "home"] == ["12", "1214"]
