"""Makes small matches for tests."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from sightline.analytics.football.formation import template_of
from sightline.analytics.football.match import BallState, Match, Period, Player, Role, Team


def make_match(positions_m, *, keepers=True, rate_hz=5, periods=None, ball_m=None, home=None, owner=None):
    """A match of `(n, p, 2)` positions; the first half of the players is home's, the first of each keeps goal."""
    positions_m = np.asarray(positions_m, float)
    count, people = positions_m.shape[:2]
    home = people // 2 if home is None else home
    players = tuple(
        Player(
            f"{'h' if place < home else 'a'}{place}",
            Team.HOME if place < home else Team.AWAY,
            Role.GOALKEEPER if keepers and place in {0, home} else Role.PLAYER,
            place if place < home else place - home,
        )
        for place in range(people)
    )
    ball_m = np.full((count, 3), np.nan) if ball_m is None else ball_m
    return Match(
        Fraction(rate_hz),
        np.arange(count),
        np.arange(count) / rate_hz,
        periods or (Period(1, 0, count, 1),),
        players,
        positions_m,
        ball_m,
        np.where(np.isfinite(ball_m[:, 0]), BallState.SEEN.value, BallState.LOST.value),
        owner=owner,
    )


def eleven(name, *, way=1, size_m=(35.0, 25.0), middle_m=-5.0):
    """`(11, 2)` keeper and ten in a formation, attacking towards +x or -x."""
    places = template_of(name).points * size_m + (middle_m, 0.0)
    return np.concatenate([[[-48.0, 0.0]], places]) * way


def two_teams(home="4-2-3-1", away="4-4-2", *, count=300, noise_m=0.0, seed=1, **options):
    """A match in which two formations stand, each player off his place by noise anew in every row."""
    rng = np.random.default_rng(seed)
    places = np.concatenate([eleven(home), eleven(away, way=-1)])
    return make_match(
        places + rng.normal(0, noise_m, (count, *places.shape))
        if noise_m
        else np.tile(places, (count, 1, 1)),
        **options,
    )


def turned(match):
    """The same match with the ends changed after half of it, as a second period."""
    half = len(match) // 2
    positions = match.positions_m.copy()
    positions[half:] *= -1
    return replace(
        match, positions_m=positions, periods=(Period(1, 0, half, 1), Period(2, half, len(match), -1))
    )
