from __future__ import annotations

import numpy as np
import pytest

from football_plays import play
from sightline.analytics.football.events import find_events
from sightline.analytics.football.events.offside import judge, offside_line

ELEVEN = np.array([50.0, 30.0, 32.0, 33.0, 31.0, 16.0, 16.0, 10.0, 5.0, 3.0, 0.0])


@pytest.mark.parametrize(
    ("defenders", "ball_x", "sign", "line_m", "defender"),
    [
        (ELEVEN, 10.0, 1, 33.0, 3),
        (ELEVEN, 40.0, 1, 40.0, -1),
        (-ELEVEN, -10.0, -1, -33.0, 3),
        (ELEVEN - 40.0, -20.0, 1, 0.0, -1),
    ],
    ids=["second-last defender", "ball is further", "other end", "half line"],
)
def test_the_line_is_the_second_last_defender_the_ball_or_the_half_line(
    defenders, ball_x, sign, line_m, defender
):
    line = offside_line(defenders, ball_x, sign, error_m=0.3)
    assert (line.x_m, line.defender) == (line_m, defender)


def test_with_two_defenders_unseen_there_is_no_line():
    hidden = ELEVEN.copy()
    hidden[[4, 9]] = np.nan
    assert offside_line(hidden, 0.0, 1, error_m=0.3) is None


@pytest.mark.parametrize(("x_m", "decision"), [(35.0, True), (31.0, False), (33.1, None)])
def test_what_is_too_close_is_left_open(x_m, decision):
    line = offside_line(ELEVEN, 0.0, 1, error_m=0.3)
    assert judge(x_m, line, 1, error_m=0.3, sure=0.9).decision is decision


def test_decisions_by_more_than_half_a_metre_are_right(rng):
    right = decided = 0
    for _ in range(1500):
        truth = rng.uniform(0.0, 45.0, 11)
        attacker = rng.uniform(5.0, 48.0)
        margin = attacker - np.sort(truth)[-2]
        if abs(margin) <= 0.5:
            continue
        line = offside_line(truth + rng.normal(0, 0.3, 11), 0.0, 1, error_m=0.3)
        call = judge(attacker + rng.normal(0, 0.3), line, 1, error_m=0.3, sure=0.9)
        if call.decision is not None:
            decided += 1
            right += call.decision == (margin > 0)
    assert decided > 1000
    assert right / decided >= 0.97


@pytest.mark.parametrize(("receiver_x", "outcomes"), [(38.0, ["offside"]), (33.1, ["too_close"]), (28.0, [])])
def test_a_pass_to_a_player_beyond_the_line_is_told(receiver_x, outcomes):
    way = ((0.0, 3.0, 10.0), (0.5, 4.0, 10.0), (2.0, receiver_x, 1.0), (4.0, receiver_x - 5.0, -3.0))
    there = {"h9": ((0.0, receiver_x, 1.0), (2.0, receiver_x, 1.0), (4.0, receiver_x - 5.0, -3.0))}
    assert [one.outcome for one in find_events(play(way, there)).of("offside")] == outcomes
