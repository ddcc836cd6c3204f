"""Shots, saves and goals: a ball sent at a goal, what stopped it, and whether play began again at the centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.event import EventKind, FootballEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.analytics.football.events.passes import Flight, Reading
    from sightline.analytics.football.events.play import Stop
    from sightline.analytics.football.events.scene import Scene

_GOAL_HALF_WIDTH_M, _BAR_M = 3.66, 2.44
_POST_M = 0.2
_STRAIGHT_S = 0.4
_SPOT_M = 2.0
_KEEPER_RANGE_M = 12.0
_SURE = 0.5
_FREE_KICK_M = 10.0
_CONFIRMED, _UNCONFIRMED = 0.95, 0.5


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
        confirmed: Whether a goal was followed by a kick-off of the other team; None where it is not a goal.
    """

    flight: int
    sign: int
    distance_m: float
    aim_m: float
    speed_mps: float
    outcome: str
    probability: float
    confirmed: bool | None


def find_shots(reading: Reading) -> tuple[Shot, ...]:
    """Find the flights that are shots.

    A shot leaves fast, from within range, towards the goal or close beside it; from close range a ball that its
    receiver sends over the goal line untouched counts wherever it goes. Where it is not known which way a team
    attacks there are none.

    Args:
        reading: What was found so far.
    """
    stops = {stop.row: stop for stop in reading.play.stops}
    shots = []
    for number, flight in enumerate(reading.flights):
        stop = stops.get(flight.end) if flight.receiver < 0 else None
        shot = _shot(reading, number, stop)
        if shot is not None and shot.probability >= _SURE:
            shots.append(shot)
    return tuple(shots)


def _shot(reading: Reading, number: int, stop: Stop | None) -> Shot | None:
    scene, settings, flight = reading.scene, reading.scene.settings, reading.flights[number]
    carry, receiver = reading.carries[flight.carry], reading.receiver(flight)
    sign = scene.goal_sign(flight.begin, carry.side)
    x, y = scene.ball_m[flight.begin, :2].tolist()
    line = scene.half[0] * sign
    distance_m = float(np.hypot(line - x, y))
    if not sign or distance_m > settings.shot_range_m:
        return None
    if flight.speed_mps < settings.shot_mps or flight.peak_mps > settings.fastest_mps:
        return None
    own = receiver is not None and receiver.side == carry.side
    if (
        own
        or (x - line) * sign >= 0
        or (carry.restart and distance_m > settings.close_range_m + _FREE_KICK_M)
    ):
        return None
    aim_m = _aim(scene, flight, line)
    if aim_m is None:
        return None
    over = stop is not None and stop.cause in ("end", "goal") and scene.ball_m[stop.row, 0] * sign > 0
    beside_m = max(abs(aim_m) - _GOAL_HALF_WIDTH_M, 0.0)
    close = distance_m <= settings.close_range_m and over
    if beside_m > settings.goal_margin_m and not close:
        return None
    outcome = _outcome(reading, flight, stop, aim_m)
    confirmed = _confirmed(reading, stop, carry.side) if outcome == "goal" else None
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


def _outcome(reading: Reading, flight: Flight, stop: Stop | None, aim_m: float) -> str:
    scene, receiver = reading.scene, reading.receiver(flight)
    if stop is not None:
        low = scene.ball_m[stop.row, 2] <= _BAR_M
        return "goal" if stop.cause == "goal" and abs(aim_m) < _GOAL_HALF_WIDTH_M and low else "off_target"
    if receiver is None:
        return "off_target"
    near = scene.half[0] - abs(float(scene.ball_m[flight.end, 0])) < _KEEPER_RANGE_M
    if scene.keepers[receiver.player] and near:
        return "saved" if abs(aim_m) < _GOAL_HALF_WIDTH_M + 1.0 else "off_target"
    return "blocked"


def _confirmed(reading: Reading, stop: Stop | None, side: int) -> bool:
    """Say whether the other team brought the ball back from the centre spot within the time for it.

    Where the ball lay there and was out of sight as it was kicked, whoever is nearest as it is seen again need not be the kicker:
    it counts.
    """
    if stop is None or stop.restart < 0:
        return False
    scene, touches = reading.scene, reading.touches
    row = int(touches.rows[stop.restart])
    if (row - stop.row) * scene.step_s > scene.settings.confirm_goal_s:
        return False
    central = float(np.hypot(*scene.ball_m[row, :2])) < _SPOT_M
    unseen = bool(np.isnan(touches.quiet_mps[stop.restart])) and _lay_central(scene, stop.row, row)
    return central and (unseen or int(touches.sides[stop.restart]) == -side)


def _lay_central(scene: Scene, first: int, last: int) -> bool:
    """Say whether the ball was seen to lie on the centre spot."""
    steps, places_m = scene.rows(scene.settings.restart_quiet_s), scene.ball_m[first : last + 1, :2]
    moved_m = np.hypot(*(places_m[steps:] - places_m[:-steps]).T)
    still = moved_m < scene.settings.still_mps * steps * scene.step_s
    return bool((still & (np.hypot(*places_m[steps:].T) < _SPOT_M)).any())


def _probability(
    distance_m: float, beside_m: float, speed_mps: float, outcome: str, *, confirmed: bool | None
) -> float:
    """Give how likely a flight was meant for the goal: near, fast, on target, and by what became of it."""
    score = 0.5 - 0.06 * (distance_m - 20.0) + 0.12 * (speed_mps - 14.0) - 0.35 * min(beside_m, 2.5)
    score += {"goal": 1.5, "saved": 0.8, "blocked": -0.4, "off_target": 0.3}[outcome]
    if confirmed is not None:
        score += 3.0 if confirmed else -0.5
    return round(float(1.0 / (1.0 + np.exp(-score))), 3)


def shot_events(reading: Reading, shots: Sequence[Shot]) -> Iterator[FootballEvent]:
    """Tell shots, and the saves and goals that they end in.

    Args:
        reading: What was found so far.
        shots: As `find_shots` gives them.
    """
    for shot in shots:
        yield _shot_event(reading, shot)
        if shot.outcome == "saved":
            yield _save(reading, shot)
        if shot.outcome == "goal":
            yield _goal(reading, shot)


def _shot_event(reading: Reading, shot: Shot) -> FootballEvent:
    scene, touches, flight = reading.scene, reading.touches, reading.flights[shot.flight]
    carry = reading.carries[flight.carry]
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
    return scene.event(
        EventKind.SHOT,
        flight.begin,
        (carry.side, carry.player),
        until=flight.end,
        outcome=shot.outcome,
        confidence=shot.probability,
        facts=facts,
    )


def _save(reading: Reading, shot: Shot) -> FootballEvent:
    scene, flight = reading.scene, reading.flights[shot.flight]
    keeper = reading.carries[flight.receiver]
    return scene.event(
        EventKind.SAVE,
        flight.end,
        (keeper.side, keeper.player),
        receiver=reading.carries[flight.carry].player,
        outcome="held" if keeper.last > keeper.first else "touched",
        confidence=shot.probability,
        facts={"aim_m": shot.aim_m, "height_m": float(scene.ball_m[flight.end, 2])},
    )


def _goal(reading: Reading, shot: Shot) -> FootballEvent:
    scene, flight = reading.scene, reading.flights[shot.flight]
    carry = reading.carries[flight.carry]
    facts = {
        "aim_m": shot.aim_m,
        "confirmed": shot.confirmed,
        "height_m": float(scene.ball_m[flight.end, 2]),
    }
    return scene.event(
        EventKind.GOAL,
        flight.end,
        (carry.side, carry.player),
        outcome="confirmed" if shot.confirmed else "unconfirmed",
        confidence=_CONFIRMED if shot.confirmed else _UNCONFIRMED,
        facts=facts,
    )
