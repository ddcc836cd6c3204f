"""What follows a ball that crossed a line: who gets it, where, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.sim.football.play.restarts import Restart
from sightline.sim.football.play.state import TEAM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64
    from sightline.sim.football.play.state import State


def award(state: State, cause: str, last_side: int) -> Restart:
    """Give what follows a ball that crossed a line.

    Args:
        state: The match as the ball crosses it.
        cause: `side`, `end` or `goal`.
        last_side: Whose player touched it last.
    """
    ball_m, half_m, attacks, rng, t_s = state.ball_m, state.half_m, state.attacks, state.rng, state.t_s
    side = 1 - last_side
    end = 1.0 if ball_m[0] > 0 else -1.0
    wing = 1.0 if ball_m[1] > 0 else -1.0
    wait = float(rng.uniform(3.0, 6.0))
    if cause == "goal":
        scorer = 0 if attacks[0] == end else 1
        kind, side, place, wait = "kick_off", 1 - scorer, np.zeros(2), float(rng.uniform(12, 18))
    elif cause == "side":
        kind, place = (
            "throw_in",
            np.array([float(np.clip(ball_m[0], -half_m[0] + 1, half_m[0] - 1)), wing * (half_m[1] + 0.05)]),
        )
    elif attacks[last_side] == end:
        kind, side, wait = "goal_kick", 1 - last_side, wait + 4
        place = np.array([end * (half_m[0] - 5.3), wing * 4.0])
    else:
        kind, wait = "corner", wait + 6
        place = np.array([end * (half_m[0] - 0.3), wing * (half_m[1] - 0.3)])
    mates = np.arange(side * TEAM, side * TEAM + TEAM)
    taker = int(mates[0]) if kind == "goal_kick" else _nearest(state.movement.places_m, mates[1:], place)
    if kind == "kick_off":
        taker = int(mates[10])
    return Restart(kind, side, place, t_s + wait, taker, cause, t_s + min(wait - 1.5, 2.5), ball_m.copy())


def _nearest(places_m: Float64, columns: NDArray[np.int64], place: Float64) -> int:
    return int(columns[int(np.argmin(((places_m[columns] - place) ** 2).sum(axis=1)))])
