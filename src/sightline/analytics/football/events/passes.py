"""Passes and interceptions: the ball's way from one player's last touch to the next player's first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.event import EventKind, FootballEvent, evidence_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.analytics.football.events.play import Play
    from sightline.analytics.football.events.possession import Carry
    from sightline.analytics.football.events.scene import Scene
    from sightline.analytics.football.events.settings import EventSettings
    from sightline.analytics.football.events.touches import Touches


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
        top_m: Greatest height on the way.
    """

    carry: int
    touch: int
    begin: int
    end: int
    receiver: int
    length_m: float
    speed_mps: float
    top_m: float


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
        flights.append(
            Flight(
                number,
                carry.last,
                begin,
                end,
                follower,
                float(np.hypot(*(way[-1, :2] - way[0, :2]))),
                _leaving_mps(scene, touches, carry.last, begin, end),
                float(way[:, 2].max()),
            )
        )
    return tuple(flights)


def _leaving_mps(scene: Scene, touches: Touches, touch: int, begin: int, end: int) -> float:
    """Give the speed after a touch; over a short way that of the way itself."""
    seconds = (end - begin) * scene.step_s
    mean = float(np.hypot(*(scene.ball_m[end, :2] - scene.ball_m[begin, :2]))) / seconds
    return max(touches.speed_out_mps(touch), mean)


def find_passes(
    scene: Scene,
    touches: Touches,
    carries: tuple[Carry, ...],
    flights: tuple[Flight, ...],
    play: Play,
    settings: EventSettings,
) -> Iterator[FootballEvent]:
    """Tell passes, and interceptions where an opponent is the next to touch.

    Args:
        scene: The match.
        touches: All touches.
        carries: Who had the ball.
        flights: The ball's ways; those of shots already taken out.
        play: When play is on.
        settings: `min_pass_m`, `min_release_mps`, `deflection_m`, `high_m`, `long_m`.
    """
    causes = {stop.row: stop.cause for stop in play.stops}
    for flight in flights:
        carry = carries[flight.carry]
        receiver = carries[flight.receiver] if flight.receiver >= 0 else None
        cause = causes.get(flight.end)
        if receiver is None and cause not in ("side", "end", "goal"):
            continue  # stopped by the referee on its way: who was to get it is not known
        if not _is_pass(carries, flight, receiver, settings):
            continue
        yield _pass(scene, touches, carry, receiver, flight, settings)
        if receiver is not None and receiver.side != carry.side and not _blocked(scene, flight, settings):
            yield _interception(scene, touches, carry, receiver, flight)


def _is_pass(
    carries: tuple[Carry, ...], flight: Flight, receiver: Carry | None, settings: EventSettings
) -> bool:
    carry = carries[flight.carry]
    if flight.length_m < settings.min_pass_m or flight.speed_mps < settings.min_release_mps:
        return False
    if receiver is not None and receiver.side == carry.side:
        return True
    before = carries[flight.carry - 1] if flight.carry else None
    won = before is not None and before.spell == carry.spell and before.side != carry.side
    deflected = won and carry.first == carry.last and flight.length_m < settings.deflection_m
    return not deflected or carry.restart


def _blocked(scene: Scene, flight: Flight, settings: EventSettings) -> bool:
    return flight.length_m < settings.min_pass_m or (flight.end - flight.begin) * scene.step_s < 0.2


def _pass(
    scene: Scene,
    touches: Touches,
    carry: Carry,
    receiver: Carry | None,
    flight: Flight,
    settings: EventSettings,
) -> FootballEvent:
    x, y, end_x, end_y = (*scene.ball_m[flight.begin, :2].tolist(), *scene.ball_m[flight.end, :2].tolist())
    complete = receiver is not None and receiver.side == carry.side
    outcome = "complete" if complete else "out" if receiver is None else "incomplete"
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
    return FootballEvent(
        EventKind.PASS.value,
        int(scene.match.frames[flight.begin]),
        float(scene.match.t_s[flight.begin]),
        int(scene.match.frames[flight.end]),
        float(scene.match.t_s[flight.end]),
        scene.team_name(carry.side),
        scene.player_id(carry.player),
        scene.player_id(receiver.player) if receiver is not None and complete else None,
        x,
        y,
        end_x,
        end_y,
        outcome,
        pass_confidence(touches, flight, receiver, settings),
        evidence_of(facts),
    )


def pass_confidence(
    touches: Touches, flight: Flight, receiver: Carry | None, settings: EventSettings
) -> float:
    """Give 0..1: clear kick, near passer, clear way, near receiver."""
    kick = touches.changes_mps[flight.touch] / settings.kick_mps - 1.0
    near = 1.0 - touches.distances_m[flight.touch] / settings.reach_m
    way = flight.length_m / settings.min_pass_m - 1.0
    catch = 0.0 if receiver is None else 1.0 - touches.distances_m[receiver.first] / settings.reach_m
    score = -0.2 + 0.5 * min(kick, 4.0) + 1.0 * near + 0.3 * min(way, 4.0) + 0.7 * catch
    return round(float(1.0 / (1.0 + np.exp(-score))), 3)


def _interception(
    scene: Scene, touches: Touches, carry: Carry, receiver: Carry, flight: Flight
) -> FootballEvent:
    x, y = scene.ball_m[flight.end, :2].tolist()
    kept = receiver.last > receiver.first
    facts = {
        "from": scene.player_id(carry.player),
        "way_m": flight.length_m,
        "distance_m": float(touches.distances_m[receiver.first]),
        "touches": receiver.last - receiver.first + 1,
    }
    return FootballEvent(
        EventKind.INTERCEPTION.value,
        int(scene.match.frames[flight.end]),
        float(scene.match.t_s[flight.end]),
        team=scene.team_name(receiver.side),
        player_id=scene.player_id(receiver.player),
        x_m=x,
        y_m=y,
        outcome="kept" if kept else "touched",
        confidence=round(0.5 + 0.4 * kept, 3),
        evidence=evidence_of(facts),
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
