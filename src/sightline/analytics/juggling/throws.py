"""Lists throws and catches: which flights count, from which hand into which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.paths import GRAVITY_MPS2, Catch, Drop, Flight, Hand, Throw
from sightline.analytics.juggling.siteswap.sightings import two_means

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.juggling.paths import Span
    from sightline.analytics.juggling.siteswap.rank import Ranked

_SURELY_THROWN_S = 0.4
_ALONE_S = 0.3
_CROSSES = 0.5  # of the way from hand to hand
_HANDS_APART_M = 0.2  # throws and catches nearer to each other are one hand's
_READ, _NAMED, _UNREAD = 0.9, 0.98, 0.7


def list_throws(
    flights: Sequence[Flight],
    decoded: Sequence[tuple[Span, list[int], Ranked | None]],
    drops: Sequence[Drop],
) -> tuple[Throw, ...]:
    """Give the throws of all runs, in order of time.

    Flights that no reading counts as throws are left out, unless they are long or stand alone: too far from others to
    be a pattern's. Where no pattern is named, hands are told by the side alone.

    Args:
        flights: In order of their throws.
        decoded: For each run its span, the numbers of its flights, and the pattern that fits best.
        drops: Flights that ended on the floor.
    """
    dropped = {drop.flight for drop in drops}
    sides = Sides(flights)
    throws: list[Throw] = []
    for span, numbers, top in decoded:
        if top is None:
            continue
        for row, place in enumerate(top.reading.flights.tolist()):
            number = numbers[place]
            value = int(top.values[row]) if span.siteswap and top.values[row] >= 0 else None
            left = top.reading.left[row]
            hands = (
                [Hand.LEFT if odds > 0 else Hand.RIGHT for odds in left]
                if span.siteswap
                else sides.of(flights[number])
            )
            sure = _READ if value is None else _NAMED
            throws.append(thrown(flights, number, hands, value, number in dropped, sure))
    read = {throw.flight for throw in throws}
    for number, flight in enumerate(flights):
        if not read or number in read or not _surely(number, flights, sides):
            continue
        throws.append(thrown(flights, number, sides.of(flight), None, number in dropped, _UNREAD))
    return tuple(sorted(throws, key=lambda one: (one.t_s, one.ball_id)))


def list_catches(throws: Sequence[Throw], flights: Sequence[Flight]) -> tuple[Catch, ...]:
    """Give a catch for each throw that was caught, with how long the ball then stayed."""
    following: dict[int, Throw] = {}
    found: list[Catch] = []
    for throw in reversed(throws):
        after = following.get(throw.ball_id)
        following[throw.ball_id] = throw
        if throw.catch_t_s is None or throw.catch_hand is None or throw.flight is None:
            continue
        dwell_s = after.t_s - throw.catch_t_s if after is not None else None
        found.append(
            Catch(
                flight=throw.flight,
                ball_id=throw.ball_id,
                t_s=throw.catch_t_s,
                hand=throw.catch_hand,
                place_px=flights[throw.flight].catch_px,
                dwell_s=dwell_s if dwell_s is not None and dwell_s > 0 else None,
                confidence=throw.confidence,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.t_s, one.ball_id)))


class Sides:
    """The two sides of a picture that throws come from and go to; one where all of them are near each other."""

    def __init__(self, flights: Sequence[Flight]) -> None:
        ends = [place[0] for flight in flights for place in (flight.throw_px, flight.catch_px)]
        low, high = two_means(np.array(ends)) if ends else (0.0, 0.0)
        px_per_m = float(np.median([flight.gravity_px_s2 for flight in flights] or [1.0])) / GRAVITY_MPS2
        self.apart = high - low
        self.middle = (low + high) / 2 if self.apart > _HANDS_APART_M * px_per_m else np.inf

    def of(self, flight: Flight) -> list[Hand]:
        """Give the hands of a flight's throw and catch."""
        return [
            Hand.LEFT if place[0] < self.middle else Hand.RIGHT
            for place in (flight.throw_px, flight.catch_px)
        ]


def _surely(number: int, flights: Sequence[Flight], sides: Sides) -> bool:
    """Whether a flight is a throw whatever is juggled: it lasts long, or crosses over while nothing else flies."""
    flight = flights[number]
    if flight.lasting_s >= _SURELY_THROWN_S:
        return True
    throw, catch = sides.of(flight)
    alone = all(
        other.catch_t_s < flight.throw_t_s - _ALONE_S or other.throw_t_s > flight.catch_t_s + _ALONE_S
        for place, other in enumerate(flights)
        if place != number
    )
    far = abs(flight.catch_px[0] - flight.throw_px[0]) >= _CROSSES * sides.apart
    return alone and far and throw is not catch and flight.thrown and flight.landed


def thrown(
    flights: Sequence[Flight], number: int, hands: Sequence[Hand], value: int | None, lost: bool, sure: float  # noqa: FBT001
) -> Throw:  # fmt: skip
    """Give a flight as a throw."""
    flight = flights[number]
    caught = flight.landed and not lost
    return Throw(
        flight=number,
        ball_id=flight.ball_id,
        t_s=flight.throw_t_s,
        hand=hands[0],
        place_px=flight.throw_px,
        catch_t_s=flight.catch_t_s if caught else None,
        catch_hand=None if lost else hands[1],
        height_px=flight.height_px,
        value=value,
        outcome="dropped" if lost else ("caught" if caught else "unknown"),
        confidence=sure,
    )
