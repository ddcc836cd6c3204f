"""Who has the ball: each touch hands it to its player; short interruptions of a team's possession are none."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.event import PossessionSpell

if TYPE_CHECKING:
    from sightline.analytics.football.events.play import Play
    from sightline.analytics.football.events.scene import Scene
    from sightline.analytics.football.events.touches import Touches
    from sightline.core.arrays import Int64


@dataclass(frozen=True, slots=True)
class Carry:
    """One player's uninterrupted time on the ball.

    Attributes:
        first: Its first touch.
        last: Its last touch, the one that sends the ball away.
        player: Column of the player.
        side: +1 home, -1 away.
        spell: Number of the stretch of play it lies in; play stops or the ball is lost between two stretches.
        restart: Whether it brings the ball back into play.
    """

    first: int
    last: int
    player: int
    side: int
    spell: int
    restart: bool


def find_carries(scene: Scene, touches: Touches, play: Play) -> tuple[Carry, ...]:
    """Join touches of one player that follow one another while play is on.

    Args:
        scene: The match.
        touches: All touches.
        play: When play is on.
    """
    stretches = _stretch_of_touch(scene, touches, play)
    restarts = {stop.restart for stop in play.stops}
    carries: list[Carry] = []
    previous = -1
    for touch in np.flatnonzero(stretches >= 0).tolist():
        player, side, stretch = int(touches.players[touch]), int(touches.sides[touch]), int(stretches[touch])
        last = carries[-1] if carries else None
        if (
            last is not None
            and last.player == player
            and last.spell == stretch
            and touch not in restarts
            and _near(scene, touches, previous, touch)
        ):
            carries[-1] = Carry(last.first, touch, player, side, stretch, last.restart)
        else:
            carries.append(Carry(touch, touch, player, side, stretch, touch in restarts))
        previous = touch
    return tuple(carries)


def _stretch_of_touch(scene: Scene, touches: Touches, play: Play) -> Int64:
    """Number the stretches of play with a known ball, and give each touch its own; -1 while play is stopped."""
    count = len(scene.match)
    on = play.alive.copy()
    starts = np.zeros(count + 1, np.bool_)
    for stop in play.stops:
        if stop.restart >= 0:
            row = int(touches.rows[stop.restart])
            on[row : max(stop.until, row)] = True
            starts[row] = True
    for begin, end in scene.runs:
        starts[begin] = starts[end] = True
    on &= ~np.isnan(scene.ball_m[:, 0])
    starts[:-1][np.diff(np.concatenate(([False], on)).astype(np.int8)) != 0] = True
    numbers = np.cumsum(starts[:-1])
    rows = touches.rows
    return np.where(on[rows], numbers[rows], -1) if count else np.zeros(0, np.int64)


def _near(scene: Scene, touches: Touches, before: int, after: int) -> bool:
    first, second = int(touches.rows[before]), int(touches.rows[after])
    if (second - first) * scene.step_s > scene.settings.loose_s:
        return False
    way = scene.ball_m[second, :2] - scene.ball_m[first, :2]
    return bool(np.hypot(*way) <= scene.settings.carry_m)


def team_of_rows(scene: Scene, touches: Touches, carries: tuple[Carry, ...], play: Play) -> Int64:
    """Give the team in possession of each row, `(n,)`: +1 home, -1 away, 0 nobody or not known.

    A team keeps the ball from its touch to the next one of the other team, `loose_s` at most. Possession shorter
    than `hysteresis_s` between two spells of the other team is taken back.
    """
    rows_side = np.zeros(len(scene.match), np.int64)
    spans = _team_spans(scene, touches, carries)
    for begin, end, side in _without_blips(spans, scene.rows(scene.settings.hysteresis_s)):
        rows_side[begin:end] = side
    rows_side[~play.alive | (scene.period_of < 0)] = 0
    return rows_side


def _team_spans(scene: Scene, touches: Touches, carries: tuple[Carry, ...]) -> list[tuple[int, int, int]]:
    loose = scene.rows(scene.settings.loose_s)
    spans: list[tuple[int, int, int]] = []
    for number, carry in enumerate(carries):
        begin = int(touches.rows[carry.first])
        end = int(touches.rows[carry.last]) + loose
        if number + 1 < len(carries):
            end = min(end, int(touches.rows[carries[number + 1].first]))
        period = scene.match.periods[int(scene.period_of[begin])]
        end = min(end, period.stop)
        if spans and spans[-1][2] == carry.side and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], end, carry.side)
        else:
            spans.append((begin, end, carry.side))
    return spans


def _without_blips(spans: list[tuple[int, int, int]], shortest: int) -> list[tuple[int, int, int]]:
    kept: list[tuple[int, int, int]] = []
    for number, (begin, end, side) in enumerate(spans):
        follows = number + 1 < len(spans) and spans[number + 1][0] == end
        blip = kept and follows and end - begin < shortest and kept[-1][1] == begin
        if blip or (kept and kept[-1][2] == side and kept[-1][1] == begin):
            kept[-1] = (kept[-1][0], end, kept[-1][2])
        else:
            kept.append((begin, end, side))
    return kept


def find_spells(
    scene: Scene, touches: Touches, carries: tuple[Carry, ...], sides: Int64
) -> tuple[PossessionSpell, ...]:
    """Cut possession into spells: a player's time on the ball, and the ball's way to the next.

    Args:
        scene: The match.
        touches: All touches.
        carries: Who had the ball.
        sides: `(n,)` as `team_of_rows` gives them; rows of 0 are in no spell.
    """
    players = np.full(len(sides), -1, np.int64)
    sure = np.zeros(len(sides))
    for carry in carries:
        begin, end = int(touches.rows[carry.first]), int(touches.rows[carry.last]) + 1
        players[begin:end] = carry.player
        sure[begin:] = _confidence(touches, carry)
    players[sides == 0] = -1
    changed = (np.diff(sides) != 0) | (np.diff(players) != 0) | (np.diff(scene.period_of) != 0)
    bounds = [0, *(np.flatnonzero(changed) + 1).tolist(), len(sides)]
    return tuple(
        PossessionSpell(
            begin,
            end,
            scene.match.periods[int(scene.period_of[begin])].number,
            scene.team_name(int(sides[begin])),
            scene.player_id(int(players[begin])) if scene.sides[players[begin]] == sides[begin] else None,
            float(sure[begin]),
        )
        for begin, end in itertools.pairwise(bounds)
        if begin < end and sides[begin] != 0
    )


def _confidence(touches: Touches, carry: Carry) -> float:
    """Higher the nearer the player, and the further the nearest opponent."""
    own = float(touches.distances_m[carry.first : carry.last + 1].mean())
    rival = float(touches.rival_distances_m[carry.first : carry.last + 1].min())
    apart = min(rival - own, 5.0) if np.isfinite(rival) else 5.0
    return round(float(np.clip(1.0 / (1.0 + np.exp(-(0.5 + 1.5 * apart - own))), 0.0, 1.0)), 3)
