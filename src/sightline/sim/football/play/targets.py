"""Where everybody wants to be, and how fast they would go there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.sim.football.play import choices, shape
from sightline.sim.football.play.restarts import places_for
from sightline.sim.football.play.state import PLAYERS, STEP_S, TEAM, mates_of, rivals_of, side_of

if TYPE_CHECKING:
    from sightline.core.arrays import Float64
    from sightline.sim.football.play.flight import Flight
    from sightline.sim.football.play.state import State


def targets(state: State) -> tuple[Float64, Float64]:
    """Give where everybody wants to be and how fast they would go."""
    state.wander_m += -state.wander_m * STEP_S / 5 + state.rng.normal(0, 1.1 * np.sqrt(STEP_S), (PLAYERS, 2))
    places_m = state.movement.places_m[:PLAYERS]
    if state.restart is not None:
        wanted = (
            places_for(state.restart, state.attacks, state.formations, state.half_m) + 0.4 * state.wander_m
        )
        wanted[state.restart.taker] = state.restart.stand_m()
        pace = np.clip(0.45 * np.hypot(*(wanted - places_m).T), 0.0, 4.2)
        pace[state.restart.taker] += 1.6
    else:
        wanted = np.concatenate([_shape(state, side) for side in (0, 1)])
        pace = np.clip(0.5 * (np.hypot(*(wanted - places_m).T) - 1.2), 0.0, 6.2)
        _runs_behind(state, wanted, pace)
        _go_for_it(state, wanted, pace)
    wanted[:, 0] = np.clip(wanted[:, 0], -state.half_m[0] - 2, state.half_m[0] + 2)
    wanted[:, 1] = np.clip(wanted[:, 1], -state.half_m[1] - 1.5, state.half_m[1] + 1.5)
    officials = _officials(state)
    far = np.hypot(*(officials - state.movement.places_m[PLAYERS:]).T)
    return np.concatenate([wanted, officials]), np.concatenate([pace, np.clip(0.6 * far, 0.0, 6.5)])


def _shape(state: State, side: int) -> Float64:
    attack, having = state.attacks[side], state.side == side
    ball = state.ball_m[:2]
    field = shape.targets(state.formations[side], ball, attack, having=having, half_m=state.half_m)
    field += state.wander_m[mates_of(side)][1:]
    if having:
        rivals_x = np.sort(state.movement.places_m[rivals_of(side), 0] * attack)[-2]
        field = shape.held_back(field, attack, float(rivals_x) * attack, float(ball[0]))
    return np.concatenate([shape.keeper(ball, attack, state.half_m)[None], field])


def _runs_behind(state: State, wanted: Float64, pace: Float64) -> None:
    """Now and then send somebody of the team with the ball on a sprint behind the last line, in place."""
    side = state.side
    if state.runner[1] < state.t_s:
        if state.rng.random() > 0.35 * STEP_S:
            return
        column = side * TEAM + int(state.rng.integers(5, TEAM))
        state.runner = (
            column,
            state.t_s + float(state.rng.uniform(1.5, 3.2)),
            float(state.rng.normal(0, 0.35)),
        )
    column, _, turn = state.runner
    if side_of(column) == side and column != state.owner:
        here = state.movement.places_m[column]
        course = np.array([state.attacks[side] * np.cos(turn), np.sin(turn)])
        wanted[column], pace[column] = here + 10 * course, 9.0
        wanted[column, 0] = np.clip(wanted[column, 0], -state.half_m[0] + 4, state.half_m[0] - 4)


def _go_for_it(state: State, wanted: Float64, pace: Float64) -> None:
    """Send the nearest of each team to the ball, and a second one to cover, in place."""
    places_m = state.movement.places_m[:PLAYERS]
    if state.owner >= 0:
        side = side_of(state.owner)
        wanted[state.owner], pace[state.owner] = _run(state)
        rivals = rivals_of(side)
        goal = np.array([-state.attacks[1 - side] * state.half_m[0], 0.0])
        far = np.hypot(*(places_m[rivals] - state.ball_m[:2]).T)
        far[0] += 8.0
        for rank, number in enumerate(np.argsort(far, kind="stable")[:2]):
            column = rivals.start + int(number)
            between = state.ball_m[:2] + (goal - state.ball_m[:2]) * min(
                (0.4, 4.5)[rank] / max(float(np.hypot(*(goal - state.ball_m[:2]))), 1.0), 0.9
            )
            wanted[column], pace[column] = between, (6.8, 5.0)[rank]
        return
    if state.flight is None or state.sent is None:
        return
    meets_m, waits_s = _meetings(state, state.flight)
    for side in (0, 1):
        mates = mates_of(side)
        column = mates.start + int(np.argmin(waits_s[mates]))
        wanted[column], pace[column] = meets_m[column], 9.0
    if state.sent.toward >= 0:
        wanted[state.sent.toward], pace[state.sent.toward] = meets_m[state.sent.toward], 9.0
    if state.save is not None:
        keeper = mates_of(1 - side_of(state.sent.column)).start
        wanted[keeper], pace[keeper] = (places_m[keeper, 0], state.save[1]), 5.0


def _meetings(state: State, flight: Flight) -> tuple[Float64, Float64]:
    """Give where and when each player can first meet the ball in flight."""
    rest = flight.places_m[int((state.t_s - flight.start_s) / 0.02) :: 5]
    if not len(rest):
        rest = flight.places_m[-1:]
    waits = np.arange(len(rest)) * 0.1
    inside = (abs(rest[:, 0]) < state.half_m[0] + 1) & (abs(rest[:, 1]) < state.half_m[1] + 1)
    far = np.sqrt(((state.movement.places_m[:PLAYERS, None] - rest[None, :, :2]) ** 2).sum(axis=2))
    able = (far - 0.5 <= (waits - 0.1) * 6.6) & (rest[:, 2] < 1.7) & inside
    able[:, -1] = True
    first = able.argmax(axis=1)
    waits_s = waits[first] + np.where(first == len(rest) - 1, far[:, -1] / 6.6, 0.0)
    return rest[first, :2].copy(), waits_s


def _run(state: State) -> tuple[Float64, float]:
    column, side = state.owner, side_of(state.owner)
    here = state.movement.places_m[column]
    if state.held:
        return here, 0.5
    rivals_m = state.movement.places_m[rivals_of(side)]
    course = choices.run_with(
        here, state.movement.speeds_mps[column], rivals_m, attack=state.attacks[side], half_m=state.half_m
    )
    space = float(np.hypot(*(rivals_m - here - 3 * course).T).min())
    return here + 4 * course, float(np.clip(1.8 + 0.75 * space, 2.2, 7.0))


def _officials(state: State) -> Float64:
    ball = state.ball_m[:2]
    lines = []
    for side in (0, 1):
        attack = state.attacks[side]
        rivals_x = np.sort(state.movement.places_m[rivals_of(side), 0] * attack)[-2]
        lines.append(max(float(rivals_x), float(ball[0]) * attack, 0.0) * attack)
    right, left = max(lines), min(lines)
    spot = ball * (0.85, 0.75) + np.array([-7.0 * state.attacks[state.side], 6.0 - 0.25 * ball[1]])
    gap = spot - ball
    if float(np.hypot(*gap)) < 6:
        spot = ball + gap / max(float(np.hypot(*gap)), 0.1) * 6
    edge = state.half_m[1] + 0.6
    return np.array([spot, (right, -edge), (left, edge)])
