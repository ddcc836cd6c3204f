"""The juggler's own hands, where a model of bodies saw the wrists.

Flights tell sides of the picture, and by sides a pattern is read. Whose left that is depends on whether the juggler
faces the camera, and arms may cross; wrists tell it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.paths import Hand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.analytics.juggling.keepie_uppie import Body
    from sightline.analytics.juggling.paths import Juggle, Point
    from sightline.core.arrays import Float64

_ABOUT_S = 0.05
_NEARER = 0.7  # the nearer wrist's distance over the other's, at most
_LEAST_TOLD = 0.5

Moment = tuple[float, "Point", Hand]
"""When a ball left or came to a hand, where, and on which side of the picture that hand is."""


def own_hands(juggle: Juggle, body: Body) -> Juggle | None:
    """Give the same throws and catches with the juggler's own hands in place of sides of the picture.

    A hand is the one whose wrist is clearly nearer to the ball as it leaves or comes. Where the wrists were not seen, it is
    the one that is mostly on that side.

    Returns:
        None where wrists tell fewer than half of the throws and catches; nothing is named by them then.
    """
    wrists = {hand: body.joints_px.get(f"{hand}_wrist") for hand in Hand}
    moments = _moments(juggle)
    told: dict[Moment, Hand] = {}
    for moment in moments:
        hand = _nearer(body.clock_s, wrists, moment[0], moment[1])
        if hand is not None:
            told[moment] = hand
    if not moments or len(told) < _LEAST_TOLD * len(moments):
        return None
    usual = _usual(told)

    def own(t_s: float, place_px: Point, side: Hand) -> Hand:
        return told.get((t_s, place_px, side), usual[side])

    throws = tuple(
        replace(
            throw,
            hand=own(throw.t_s, throw.place_px, throw.hand),
            catch_hand=throw.catch_hand and own(*_caught(juggle, number)),
        )
        for number, throw in enumerate(juggle.throws)
    )
    catches = tuple(replace(one, hand=own(one.t_s, one.place_px, one.hand)) for one in juggle.catches)
    return replace(juggle, throws=throws, catches=catches)


def _moments(juggle: Juggle) -> set[Moment]:
    found = {(throw.t_s, throw.place_px, throw.hand) for throw in juggle.throws}
    found |= {_caught(juggle, number) for number, throw in enumerate(juggle.throws) if throw.catch_hand}
    return found | {(catch.t_s, catch.place_px, catch.hand) for catch in juggle.catches}


def _caught(juggle: Juggle, number: int) -> Moment:
    """Give the end of a throw that came to a hand; of one that was not seen, the place where it left."""
    throw = juggle.throws[number]
    place_px = throw.place_px if throw.flight is None else juggle.flights[throw.flight].catch_px
    return throw.t_s if throw.catch_t_s is None else throw.catch_t_s, place_px, throw.catch_hand or throw.hand


def _nearer(
    clock_s: Float64, wrists: Mapping[Hand, Float64 | None], t_s: float, place_px: Point
) -> Hand | None:
    """Give the hand that is clearly nearer; None where a wrist was not seen about that moment."""
    rows = np.flatnonzero(np.abs(clock_s - t_s) <= _ABOUT_S)
    away_px: dict[Hand, float] = {}
    for hand, places_px in wrists.items():
        seen = np.zeros((0, 2)) if places_px is None else places_px[rows]
        seen = seen[np.isfinite(seen).all(axis=1)]
        if not len(seen):
            return None
        away_px[hand] = float(np.hypot(*(seen.mean(axis=0) - place_px)))
    nearer = min(Hand, key=away_px.__getitem__)
    return nearer if away_px[nearer] <= _NEARER * away_px[nearer.other] else None


def _usual(told: Mapping[Moment, Hand]) -> dict[Hand, Hand]:
    """Give for each side of the picture the hand that is mostly there."""
    facing = Counter(hand is side for (_, _, side), hand in told.items())
    same = facing[True] > facing[False]
    return {side: side if same else side.other for side in Hand}
