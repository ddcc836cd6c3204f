"""The offside line: the second-last defender, how sure it is, and who was beyond it as a pass was played.

It says where players' positions were, not their feet, and never whether one interfered with play.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from sightline.analytics.football.events.event import EventKind, FootballEvent, evidence_of

if TYPE_CHECKING:
    from sightline.analytics.football.events.passes import Flight, Reading
    from sightline.core.arrays import Float64

_NEVER_OFFSIDE = ("throw_in", "goal_kick", "corner")


@dataclass(frozen=True, slots=True)
class OffsideLine:
    """Where the line is.

    Attributes:
        x_m: Of the line, in `Space.PITCH_M`.
        error_m: Its standard error.
        defender: Index of the second-last defender in what was given; -1 where the ball or the half line is the line.
    """

    x_m: float
    error_m: float
    defender: int


@dataclass(frozen=True, slots=True)
class OffsideCall:
    """What can be said about one attacker.

    Attributes:
        beyond_m: How far he is beyond the line; negative: he is not.
        probability: That he is beyond it, 0..1.
        decision: True offside position, False not, None where that is too close to tell.
    """

    beyond_m: float
    probability: float
    decision: bool | None


def offside_line(
    defenders_x_m: Float64, ball_x_m: float, goal_sign: int, *, error_m: float
) -> OffsideLine | None:
    """Give the line that attackers may not be beyond: second-last defender, ball or half line, whichever is furthest.

    Args:
        defenders_x_m: `(d,)` of all defenders, the keeper among them; NaN where one was not seen.
        ball_x_m: Of the ball.
        goal_sign: The end that is attacked, +1 or -1.
        error_m: Standard error of one position.

    Returns:
        The line; None where fewer than ten defenders were seen: one of the unseen might be the second-last.

    Source:
        IFAB, Laws of the Game, law 11.
    """
    depth = np.asarray(defenders_x_m, np.float64) * goal_sign
    seen = np.flatnonzero(~np.isnan(depth))
    if len(seen) < 10:
        return None
    order = seen[np.argsort(-depth[seen], kind="stable")]
    second = int(order[1])
    options = [(float(depth[second]), second), (ball_x_m * goal_sign, -1), (0.0, -1)]
    furthest, defender = max(options)
    return OffsideLine(furthest * goal_sign, error_m if furthest > 0.0 else 0.0, defender)


def judge(
    attacker_x_m: float, line: OffsideLine, goal_sign: int, *, error_m: float, sure: float
) -> OffsideCall:
    """Say whether an attacker is beyond the line, if that can be told.

    Args:
        attacker_x_m: Of the attacker.
        line: As `offside_line` gives it.
        goal_sign: The end that is attacked.
        error_m: Standard error of his position.
        sure: Least probability at which it is decided.
    """
    beyond_m = (attacker_x_m - line.x_m) * goal_sign
    spread = float(np.hypot(error_m, line.error_m))
    probability = float(ndtr(beyond_m / spread)) if spread > 0 else float(beyond_m > 0)
    decision = True if probability >= sure else False if probability <= 1 - sure else None
    return OffsideCall(beyond_m, probability, decision)


def find_offsides(
    reading: Reading, flights: Iterable[Flight], restarts: Mapping[int, str]
) -> Iterator[FootballEvent]:
    """Tell passes whose receiver stood beyond the line as the ball was played, and those too close to tell.

    Args:
        reading: What was found so far.
        flights: The ball's ways; those of shots taken out.
        restarts: Touch that brings the ball back -> name of the restart.
    """
    scene, settings = reading.scene, reading.scene.settings
    for flight in flights:
        carry, receiver = reading.carries[flight.carry], reading.receiver(flight)
        sign = scene.goal_sign(flight.begin, carry.side)
        if receiver is None or receiver.side != carry.side or not sign:
            continue
        if carry.restart and restarts.get(carry.first) in _NEVER_OFFSIDE:
            continue
        players_x_m = scene.match.positions_m[flight.begin, :, 0]
        line = offside_line(
            players_x_m[scene.sides == -carry.side],
            float(scene.ball_m[flight.begin, 0]),
            sign,
            error_m=settings.offside_error_m,
        )
        attacker_x_m = float(players_x_m[receiver.player])
        if line is None or np.isnan(attacker_x_m):
            continue
        call = judge(attacker_x_m, line, sign, error_m=settings.offside_error_m, sure=settings.offside_sure)
        if call.decision is not False:
            yield _event(reading, flight, line, call)


def _event(reading: Reading, flight: Flight, line: OffsideLine, call: OffsideCall) -> FootballEvent:
    scene, carry = reading.scene, reading.carries[flight.carry]
    receiver = reading.carries[flight.receiver]
    x, y = scene.match.positions_m[flight.begin, receiver.player].tolist()
    facts = {
        "line_m": line.x_m,
        "line_error_m": line.error_m,
        "beyond_m": call.beyond_m,
        "probability": call.probability,
        "passer": scene.player_id(carry.player),
    }
    return FootballEvent(
        EventKind.OFFSIDE.value,
        int(scene.match.frames[flight.begin]),
        float(scene.match.t_s[flight.begin]),
        team=scene.team_name(carry.side),
        player_id=scene.player_id(receiver.player),
        x_m=x,
        y_m=y,
        outcome="offside" if call.decision else "too_close",
        confidence=round(call.probability, 3),
        evidence=evidence_of(facts),
    )
