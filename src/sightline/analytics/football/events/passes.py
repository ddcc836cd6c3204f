"""Passes and interceptions: the ball's way from one player's last touch to the next player's first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.event import EventKind, FootballEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sightline.analytics.football.events.play import Play
    from sightline.analytics.football.events.possession import Carry
    from sightline.analytics.football.events.scene import Scene
    from sightline.analytics.football.events.touches import Touches
    from sightline.core.arrays import Float64

_BLOCK_S = 0.2


@dataclass(frozen=True, slots=True)
class Flight:
    """The ball on its way.

    Attributes:
        carry: Number of the carry it leaves.
        touch: The touch that sends it off.
        begin: That touch's row.
        end: Row of the next touch, or the one at which play stops.
        receiver: Number of the carry that it comes to; -1 where play stops first.
        length_m: From begin to end over the ground.
        speed_mps: As it leaves.
        peak_mps: Greatest over the ground on the way, or as it leaves.
        top_m: Greatest height on the way.
    """

    carry: int
    touch: int
    begin: int
    end: int
    receiver: int
    length_m: float
    speed_mps: float
    peak_mps: float
    top_m: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the later rules build on.

    Attributes:
        scene: The match.
        touches: All touches.
        play: When play is on.
        carries: Who had the ball.
        flights: The ball's ways between carries.
    """

    scene: Scene
    touches: Touches
    play: Play
    carries: tuple[Carry, ...]
    flights: tuple[Flight, ...]

    def receiver(self, flight: Flight) -> Carry | None:
        """Give the carry that a flight comes to; None where play stops first."""
        return self.carries[flight.receiver] if flight.receiver >= 0 else None


def find_flights(
    scene: Scene, touches: Touches, carries: tuple[Carry, ...], play: Play
) -> tuple[Flight, ...]:
    """Give the ball's ways between carries, and into touch.

    A way ends with the next carry of the same stretch of play, else where play stops; a ball that is lost from
    sight on the way makes none.
    """
    stops = np.array([stop.row for stop in play.stops], np.int64)
    flights = []
    for number, carry in enumerate(carries):
        begin = int(touches.rows[carry.last])
        follower = number + 1 if number + 1 < len(carries) else -1
        if follower >= 0 and carries[follower].spell == carry.spell:
            end = int(touches.rows[carries[follower].first])
        else:
            place = int(np.searchsorted(stops, begin, side="right"))
            if place >= len(stops):
                continue
            end, follower = int(stops[place]), -1
        if end <= begin or np.isnan(scene.ball_m[begin : end + 1, 0]).any():
            continue
        way = scene.ball_m[begin : end + 1]
        speed_mps = _leaving_mps(scene, touches, carry.last, begin, end)
        flights.append(
            Flight(
                number,
                carry.last,
                begin,
                end,
                follower,
                float(np.hypot(*(way[-1, :2] - way[0, :2]))),
                speed_mps,
                max(speed_mps, _peak_mps(scene, way)),
                float(way[:, 2].max()),
            )
        )
    return tuple(flights)


def _leaving_mps(scene: Scene, touches: Touches, touch: int, begin: int, end: int) -> float:
    """Give the speed after a touch; over a short way that of the way itself."""
    seconds = (end - begin) * scene.step_s
    mean = float(np.hypot(*(scene.ball_m[end, :2] - scene.ball_m[begin, :2]))) / seconds
    return max(touches.speed_out_mps(touch), mean)


def _peak_mps(scene: Scene, way: Float64) -> float:
    """Give the greatest speed over the ground, each measured over `window_s` or the whole way."""
    rows = min(scene.rows(scene.settings.window_s), len(way) - 1)
    steps = way[rows:, :2] - way[:-rows, :2]
    return float(np.hypot(steps[:, 0], steps[:, 1]).max()) / (rows * scene.step_s)


def find_passes(reading: Reading, flights: Iterable[Flight]) -> Iterator[FootballEvent]:
    """Tell passes, and interceptions where an opponent is the next to touch.

    Args:
        reading: What was found so far.
        flights: The ball's ways; those of shots taken out.
    """
    causes = {stop.row: stop.cause for stop in reading.play.stops}
    for flight in flights:
        carry, receiver = reading.carries[flight.carry], reading.receiver(flight)
        if receiver is None and causes.get(flight.end) not in ("side", "end", "goal"):
            continue  # stopped by the referee on its way: who was to get it is not known
        if not _is_pass(reading, flight):
            continue
        yield _pass(reading, flight)
        blocked = (flight.end - flight.begin) * reading.scene.step_s < _BLOCK_S
        if receiver is not None and receiver.side != carry.side and not blocked:
            yield _interception(reading, flight, carry, receiver)


def _is_pass(reading: Reading, flight: Flight) -> bool:
    settings, carries = reading.scene.settings, reading.carries
    carry, receiver = carries[flight.carry], reading.receiver(flight)
    if flight.length_m < settings.min_pass_m:
        return False
    if flight.speed_mps < settings.min_release_mps or flight.peak_mps > settings.fastest_mps:
        return False
    if receiver is not None and receiver.side == carry.side:
        return True
    before = carries[flight.carry - 1] if flight.carry else None
    won = before is not None and before.spell == carry.spell and before.side != carry.side
    deflected = won and carry.first == carry.last and flight.length_m < settings.deflection_m
    return not deflected or carry.restart


def _pass(reading: Reading, flight: Flight) -> FootballEvent:
    scene, touches, settings = reading.scene, reading.touches, reading.scene.settings
    carry, receiver = reading.carries[flight.carry], reading.receiver(flight)
    complete = receiver is not None and receiver.side == carry.side
    facts = {
        "length_m": flight.length_m,
        "release_mps": flight.speed_mps,
        "height": "high" if flight.top_m > settings.high_m else "ground",
        "top_m": flight.top_m,
        "long": flight.length_m >= settings.long_m,
        "passer_m": float(touches.distances_m[flight.touch]),
        "rival_m": _finite(float(touches.rival_distances_m[flight.touch])),
        "change_mps": float(touches.changes_mps[flight.touch]),
        "receiver_m": float(touches.distances_m[receiver.first]) if receiver else None,
        "one_touch": carry.first == carry.last,
        "restart": carry.restart,
    }
    return scene.event(
        EventKind.PASS,
        flight.begin,
        (carry.side, carry.player),
        until=flight.end,
        receiver=receiver.player if receiver is not None and complete else -1,
        outcome="complete" if complete else "out" if receiver is None else "incomplete",
        confidence=_confidence(reading, flight),
        facts=facts,
    )


def _confidence(reading: Reading, flight: Flight) -> float:
    """Give 0..1: clear kick, near passer, clear way, near receiver."""
    settings, touches, receiver = reading.scene.settings, reading.touches, reading.receiver(flight)
    kick = touches.changes_mps[flight.touch] / settings.kick_mps - 1.0
    near = 1.0 - touches.distances_m[flight.touch] / settings.reach_m
    way = flight.length_m / settings.min_pass_m - 1.0
    catch = 0.0 if receiver is None else 1.0 - touches.distances_m[receiver.first] / settings.reach_m
    score = -0.2 + 0.5 * min(kick, 4.0) + 1.0 * near + 0.3 * min(way, 4.0) + 0.7 * catch
    return round(float(1.0 / (1.0 + np.exp(-score))), 3)


def _interception(reading: Reading, flight: Flight, carry: Carry, receiver: Carry) -> FootballEvent:
    scene = reading.scene
    kept = receiver.last > receiver.first
    facts = {
        "from": scene.player_id(carry.player),
        "way_m": flight.length_m,
        "distance_m": float(reading.touches.distances_m[receiver.first]),
        "touches": receiver.last - receiver.first + 1,
    }
    return scene.event(
        EventKind.INTERCEPTION,
        flight.end,
        (receiver.side, receiver.player),
        outcome="kept" if kept else "touched",
        confidence=0.9 if kept else 0.5,
        facts=facts,
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
