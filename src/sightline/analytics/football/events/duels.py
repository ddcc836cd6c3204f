"""Duels: two opponents at the ball at once, and who came out with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sightline.analytics.football.events.event import EventKind, FootballEvent

if TYPE_CHECKING:
    from sightline.analytics.football.events.passes import Reading

_AERIAL_M = 1.5
_APART_S = 2.0


def find_duels(reading: Reading) -> Iterator[FootballEvent]:
    """Tell touches at which an opponent was as near; one for each pair of players within two seconds.

    The team that the ball comes to next has won it. A duel in the air is one above the waist.

    Args:
        reading: What was found so far.
    """
    touches, scene = reading.touches, reading.scene
    last: tuple[frozenset[int], int] | None = None
    for number, carry in enumerate(reading.carries):
        for touch in range(carry.first, carry.last + 1):
            rival, row = int(touches.rivals[touch]), int(touches.rows[touch])
            if rival < 0 or touches.rival_distances_m[touch] > scene.settings.duel_m:
                continue
            pair = frozenset((carry.player, rival))
            again = last is not None and last[0] == pair and row - last[1] < scene.rows(_APART_S)
            last = (pair, row)
            if not again:
                yield _duel(reading, number, touch)


def _duel(reading: Reading, number: int, touch: int) -> FootballEvent:
    scene, touches, carries = reading.scene, reading.touches, reading.carries
    carry = carries[number]
    row = int(touches.rows[touch])
    follower = carries[number + 1] if number + 1 < len(carries) else None
    if touch < carry.last:
        won: bool | None = True
    else:
        won = follower.side == carry.side if follower and follower.spell == carry.spell else None
    own, rival_m = float(touches.distances_m[touch]), float(touches.rival_distances_m[touch])
    height_m = float(touches.heights_m[touch])
    facts = {"aerial": height_m > _AERIAL_M, "height_m": height_m, "own_m": own, "rival_m": rival_m}
    return scene.event(
        EventKind.DUEL,
        row,
        (carry.side, carry.player),
        receiver=int(touches.rivals[touch]),
        outcome={True: "won", False: "lost", None: "open"}[won],
        confidence=round(max(0.0, 1.0 - rival_m / (2 * scene.settings.duel_m)), 3),
        facts=facts,
    )
