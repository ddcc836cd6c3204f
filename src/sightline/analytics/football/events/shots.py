"""Shots, saves and goals: a ball sent at a goal, what stopped it, and whether play began again at the centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.event import EventKind, FootballEvent, evidence_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.football.events.passes import Flight
    from sightline.analytics.football.events.play import Play, Stop
    from sightline.analytics.football.events.possession import Carry
    from sightline.analytics.football.events.scene import Scene
    from sightline.analytics.football.events.settings import EventSettings
    from sightline.analytics.football.events.touches import Touches

_GOAL_HALF_WIDTH_M, _BAR_M = 3.66, 2.44
_POST_M = 0.2
_STRAIGHT_S = 0.4
_SPOT_M = 2.0
_KEEPER_RANGE_M = 12.0
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Shot:
    """A flight taken for a shot.

    Attributes:
        flight: Number of the flight.
        sign: Which end it goes at, +1 or -1.
        distance_m: From the goal's centre.
        aim_m: Where the ball crosses, or would cross, the goal line, from the goal's centre.
        speed_mps: As it leaves.
        outcome: `goal`, `saved`, `post`, `blocked` or `off_target`.
        probability: 0..1.
        confirmed: Whether a goal was followed by a kick-off of the other team; None where it is no goal.
    """

    flight: int
    sign: int
    distance_m: float
    aim_m: float
    speed_mps: float
    outcome: str
    probability: float
    confirmed: bool | None


def find_shots(
    scene: Scene,
    touches: Touches,
    carries: Sequence[Carry],
    flights: Sequence[Flight],
    play: Play,
    settings: EventSettings,
) -> tuple[Shot, ...]:
    """Find the flights that are shots.

    A shot leaves fast, from within range, towards the goal or close beside it; from close range a ball that its
    receiver sends over the goal line untouched counts wherever it goes. Where it is not known which way a team
    attacks there are none.

    Args:
        scene: The match.
        touches: All touches.
        carries: Who had the ball.
        flights: The ball's ways.
        play: Stops and restarts.
        settings: `shot_range_m`, `shot_mps`, `goal_margin_m`, `close_range_m`, `confirm_goal_s`.
    """
    stops = {stop.row: stop for stop in play.stops}
    shots = []
    for number, flight in enumerate(flights):
        carry = carries[flight.carry]
        sign = scene.goal_sign(flight.begin, carry.side)
        if not sign:
            continue
        stop = stops.get(flight.end) if flight.receiver < 0 else None
        shot = _shot(scene, touches, carries, number, flight, sign, stop, play, settings)
        if shot is not None and shot.probability >= _SURE:
            shots.append(shot)
    return tuple(shots)


def _shot(
    scene: Scene,
    touches: Touches,
    carries: Sequence[Carry],
    number: int,
    flight: Flight,
    sign: int,
    stop: Stop | None,
    play: Play,
    settings: EventSettings,
) -> Shot | None:
    x, y = scene.ball_m[flight.begin, :2].tolist()
    line = scene.half[0] * sign
    distance_m = float(np.hypot(line - x, y))
    carry = carries[flight.carry]
    if distance_m > settings.shot_range_m or flight.speed_mps < settings.shot_mps:
        return None
    if (x - line) * sign >= 0 or (carry.restart and distance_m > settings.close_range_m + 10.0):
        return None
    aim_m = _aim(scene, flight, line)
    receiver = carries[flight.receiver] if flight.receiver >= 0 else None
    own = receiver is not None and receiver.side == carry.side
    over = stop is not None and stop.cause in ("end", "goal") and scene.ball_m[stop.row, 0] * sign > 0
    if aim_m is None:
        return None
    beside_m = max(abs(aim_m) - _GOAL_HALF_WIDTH_M, 0.0)
    close = distance_m <= settings.close_range_m and over
    if (beside_m > settings.goal_margin_m and not close) or own:
        return None
    outcome = _outcome(scene, touches, receiver, stop, aim_m, flight, sign)
    confirmed = _confirmed(scene, touches, play, stop, carry.side, settings) if outcome == "goal" else None
    probability = _probability(distance_m, beside_m, flight.speed_mps, outcome, confirmed=confirmed)
    return Shot(number, sign, distance_m, aim_m, flight.speed_mps, outcome, probability, confirmed)


def _aim(scene: Scene, flight: Flight, line_m: float) -> float | None:
    """Give where the ball crosses the goal line: really where it does, else straight on; None where it never would."""
    way = scene.ball_m[flight.begin : flight.end + 1, :2]
    past = np.flatnonzero((way[:, 0] - line_m) * np.sign(line_m) >= 0)
    if len(past) and past[0] > 0:
        before, after = way[past[0] - 1], way[past[0]]
        share = (line_m - before[0]) / (after[0] - before[0])
        return float(before[1] + share * (after[1] - before[1]))
    straight = way[: max(2, min(len(way), scene.rows(_STRAIGHT_S) + 1))]
    step = straight[-1] - straight[0]
    if step[0] * np.sign(line_m) <= 0.05:
        return None
    return float(straight[0, 1] + (line_m - straight[0, 0]) * step[1] / step[0])


def _outcome(
    scene: Scene,
    touches: Touches,
    receiver: Carry | None,
    stop: Stop | None,
    aim_m: float,
    flight: Flight,
    sign: int,
) -> str:
    if stop is not None:
        high = scene.ball_m[stop.row, 2] > _BAR_M
        if stop.cause == "goal" and abs(aim_m) < _GOAL_HALF_WIDTH_M and not high:
            return "goal"
        return "off_target"
    if receiver is None:
        return "off_target"
    x = float(scene.ball_m[flight.end, 0])
    near = (scene.half[0] * sign - x) * sign < _KEEPER_RANGE_M
    if scene.keepers[receiver.player] and near:
        return "saved" if abs(aim_m) < _GOAL_HALF_WIDTH_M + 1.0 else "off_target"
    return "blocked"


def _confirmed(
    scene: Scene, touches: Touches, play: Play, stop: Stop | None, side: int, settings: EventSettings
) -> bool:
    """Say whether the ball was kicked off at the centre spot within the time for it, by the other team."""
    if stop is None:
        return False
    for later in play.stops:
        if later.row < stop.row or later.restart < 0:
            continue
        row = int(touches.rows[later.restart])
        if (row - stop.row) * scene.step_s > settings.confirm_goal_s:
            return False
        spot = float(np.hypot(*scene.ball_m[row, :2]))
        if spot < _SPOT_M and int(touches.sides[later.restart]) == -side:
            return True
        if later.row == stop.row:
            return False
    return False


def _probability(
    distance_m: float, beside_m: float, speed_mps: float, outcome: str, *, confirmed: bool | None
) -> float:
    """Give how likely a flight was meant for the goal: near, fast, on target, and by what became of it."""
    score = 0.5 - 0.06 * (distance_m - 20.0) + 0.12 * (speed_mps - 14.0) - 0.35 * min(beside_m, 2.5)
    score += {"goal": 1.5, "saved": 0.8, "blocked": -0.4, "off_target": 0.3}[outcome]
    if confirmed is not None:
        score += 3.0 if confirmed else -0.5
    return round(float(1.0 / (1.0 + np.exp(-score))), 3)


def shot_events(
    scene: Scene,
    touches: Touches,
    carries: Sequence[Carry],
    flights: Sequence[Flight],
    shots: Sequence[Shot],
) -> list[FootballEvent]:
    """Tell shots, and the saves and goals that they end in."""
    events: list[FootballEvent] = []
    for shot in shots:
        flight = flights[shot.flight]
        carry = carries[flight.carry]
        receiver = carries[flight.receiver] if flight.receiver >= 0 else None
        events.append(_shot_event(scene, touches, carry, flight, shot))
        if shot.outcome == "saved" and receiver is not None:
            events.append(_after(scene, EventKind.SAVE, flight, shot, receiver.side, receiver.player, carry))
        if shot.outcome == "goal":
            events.append(_after(scene, EventKind.GOAL, flight, shot, carry.side, carry.player, None))
    return events


def _shot_event(scene: Scene, touches: Touches, carry: Carry, flight: Flight, shot: Shot) -> FootballEvent:
    x, y, end_x, end_y = (*scene.ball_m[flight.begin, :2].tolist(), *scene.ball_m[flight.end, :2].tolist())
    facts = {
        "distance_m": shot.distance_m,
        "aim_m": shot.aim_m,
        "on_target": abs(shot.aim_m) < _GOAL_HALF_WIDTH_M + _POST_M,
        "speed_mps": shot.speed_mps,
        "height_m": float(touches.heights_m[flight.touch]),
        "top_m": flight.top_m,
        "shooter_m": float(touches.distances_m[flight.touch]),
        "restart": carry.restart,
        "confirmed": shot.confirmed,
    }
    return FootballEvent(
        EventKind.SHOT.value,
        int(scene.match.frames[flight.begin]),
        float(scene.match.t_s[flight.begin]),
        int(scene.match.frames[flight.end]),
        float(scene.match.t_s[flight.end]),
        scene.team_name(carry.side),
        scene.player_id(carry.player),
        None,
        x,
        y,
        end_x,
        end_y,
        shot.outcome,
        shot.probability,
        evidence_of(facts),
    )


def _after(
    scene: Scene, kind: EventKind, flight: Flight, shot: Shot, side: int, player: int, shooter: Carry | None
) -> FootballEvent:
    x, y = scene.ball_m[flight.end, :2].tolist()
    confidence = shot.probability
    if kind is EventKind.GOAL:
        confidence = 0.95 if shot.confirmed else 0.5
    facts = {"aim_m": shot.aim_m, "confirmed": shot.confirmed, "height_m": float(scene.ball_m[flight.end, 2])}
    return FootballEvent(
        kind.value,
        int(scene.match.frames[flight.end]),
        float(scene.match.t_s[flight.end]),
        team=scene.team_name(side),
        player_id=scene.player_id(player),
        receiver_id=scene.player_id(shooter.player) if shooter is not None else None,
        x_m=x,
        y_m=y,
        outcome=("confirmed" if shot.confirmed else "unconfirmed") if kind is EventKind.GOAL else "held",
        confidence=confidence,
        evidence=evidence_of(facts),
    )
