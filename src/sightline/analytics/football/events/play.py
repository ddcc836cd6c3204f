"""Whether play is on: when it stops and why, and with which touch it goes on.

Play stops as the ball leaves the field, as an outfield player holds it in his hands, or as it lies still in the
field for long. It goes on with a kick out of stillness, from a spot that fits the stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.runs import stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.events.scene import Scene
    from sightline.analytics.football.events.touches import Touches
    from sightline.core.arrays import Int64

_HANDS_M = (0.6, 1.9)
_HANDS_REACH_M = 0.8
_QUIET_MPS = 1.6
_KICKED_MPS = 2.5
_SETTLED_S = 3.0
_UNHELD_S = 8.0
_LYING_S = 2.5
_BOX_LENGTH_M = 16.5
_GOAL_AREA_M, _GOAL_AREA_HALF_WIDTH_M = 5.5, 9.16
_GOAL_HALF_WIDTH_M, _BAR_M = 3.66, 2.44
_SPOT_M = 2.0
_LOST_S = 10.0
_EARLY_S = 1.2


@dataclass(frozen=True, slots=True)
class Stop:
    """Play stops.

    Attributes:
        row: First row of it.
        cause: `side`, `end`, `goal`, `hold`, `still`, `start` (of a period) or `told` (by the source).
        until: The row at which play is on again; that of the period's end where it never is.
        restart: The touch that brings the ball back; -1 where none was seen.
    """

    row: int
    cause: str
    until: int
    restart: int


@dataclass(frozen=True, slots=True)
class Play:
    """Whether play is on.

    Attributes:
        alive: `(n,)` bool.
        stops: In order.
        told: Whether the source said so.
    """

    alive: NDArray[np.bool_]
    stops: tuple[Stop, ...]
    told: bool


@dataclass(frozen=True, slots=True)
class _Signs:
    """Stretches that only occur while play is stopped, as `(k, 2)` start and stop rows."""

    holds: Int64
    stills: Int64
    long_stills: Int64
    outs: Int64


def find_play(scene: Scene, touches: Touches) -> Play:
    """Say when play is on.

    Args:
        scene: The match; where its source says what is alive, that is taken.
        touches: All touches.
    """
    told = scene.match.alive
    signs = _signs(scene)
    alive = np.zeros(len(scene.match), np.bool_)
    stops: list[Stop] = []
    for period in scene.match.periods:
        if period.stop <= period.start:
            continue
        if told is None:
            found = _infer(scene, touches, signs, period.start, period.stop)
        else:
            found = _read(scene, touches, signs, told, period.start, period.stop)
        alive[period.start : period.stop] = True
        for stop in found:
            alive[stop.row : stop.until] = False
        stops += found
    if told is not None:
        alive = told.copy()
    else:
        alive &= ~_long_lost(scene)
    return Play(alive, tuple(stops), told is not None)


def _signs(scene: Scene) -> _Signs:
    ball = scene.ball_m
    count = len(ball)
    half_length, half_width = scene.half
    margin = scene.settings.out_margin_m
    with np.errstate(invalid="ignore"):
        out = (np.abs(ball[:, 0]) > half_length + margin) | (np.abs(ball[:, 1]) > half_width + margin)
        in_hands = (ball[:, 2] > _HANDS_M[0]) & (ball[:, 2] < _HANDS_M[1])
    held = np.zeros(count, np.bool_)
    rows = np.flatnonzero(in_hands)
    if len(rows) and len(scene.sides):
        distances = scene.distances_m(rows)
        nearest = distances.argmin(axis=1)
        close = distances[np.arange(len(rows)), nearest] < _HANDS_REACH_M
        keeper_at_home = scene.keepers[nearest] & (np.abs(ball[rows, 0]) > half_length - _BOX_LENGTH_M)
        held[rows[close & ~keeper_at_home]] = True
    stills = _stretches(_still(scene), scene.rows(_LYING_S), bridge=scene.rows(0.1))
    return _Signs(
        _stretches(held, scene.rows(scene.settings.hold_s), bridge=scene.rows(0.2)),
        stills,
        stills[stills[:, 1] - stills[:, 0] >= scene.rows(scene.settings.still_s)],
        _stretches(out, 2, bridge=1),
    )


def _still(scene: Scene) -> NDArray[np.bool_]:
    """Say where the ball moves slower than `still_mps`, measured over 0.4 s."""
    steps = scene.rows(0.2)
    ball = scene.ball_m[:, :2]
    still = np.zeros(len(ball), np.bool_)
    if len(ball) > 2 * steps:
        ways = np.hypot(*(ball[2 * steps :] - ball[: -2 * steps]).T)
        with np.errstate(invalid="ignore"):
            still[steps:-steps] = ways < scene.settings.still_mps * 2 * steps * scene.step_s
    return still


def _stretches(flags: NDArray[np.bool_], least: int, *, bridge: int) -> Int64:
    """Give `(k, 2)` start and stop of stretches of at least `least` rows, holes up to `bridge` closed."""
    spans = stretches(flags)
    if len(spans) > 1:
        apart = spans[1:, 0] - spans[:-1, 1] > bridge
        spans = np.stack(
            (spans[np.concatenate(([True], apart)), 0], spans[np.concatenate((apart, [True])), 1]), axis=1
        )
    long: Int64 = spans[spans[:, 1] - spans[:, 0] >= least]
    return long


def _infer(scene: Scene, touches: Touches, signs: _Signs, first: int, last: int) -> list[Stop]:
    """Walk from stop to restart to stop through one period."""
    stops: list[Stop] = []
    row, cause = _opening(scene, signs, first, last), "start"
    if row < 0:
        row, cause = _next_stop(scene, signs, first, last)
    while 0 <= row < last:
        restart = _restart(scene, touches, signs, row, cause, last)
        until = int(touches.rows[restart]) if restart >= 0 else last
        stops.append(Stop(row, cause, until, restart))
        if restart < 0:
            break
        row, cause = _next_stop(scene, signs, until + 1, last)
    return stops


def _opening(scene: Scene, signs: _Signs, first: int, last: int) -> int:
    """Give the period's first row where it opens with a ball that lies still; -1 where play is on at once."""
    soon = first + scene.rows(0.5)
    opens = (signs.stills[:, 0] <= soon) & (signs.stills[:, 1] > first) & (signs.stills[:, 0] >= first)
    unknown = np.isnan(scene.ball_m[first : min(soon, last), 0]).all()
    return first if opens.any() or unknown else -1


def _next_stop(scene: Scene, signs: _Signs, after: int, last: int) -> tuple[int, str]:
    """Give the next row at which play stops and why; -1 where it does not."""
    options: list[tuple[int, str]] = []
    for row in _starts_within(signs.outs, after, last):
        options.append((row, out_cause(scene, row)))
        break
    for row in _starts_within(signs.holds, after, last):
        options.append((row, "hold"))
        break
    for row in _starts_within(signs.long_stills, after, last):
        options.append((row, "still"))
        break
    return min(options) if options else (-1, "")


def _starts_within(spans: Int64, after: int, last: int) -> list[int]:
    place = int(np.searchsorted(spans[:, 0], after))
    return [int(spans[place, 0])] if place < len(spans) and spans[place, 0] < last else []


def out_cause(scene: Scene, row: int) -> str:
    """Say how the ball went out: over the `side` line, the `end` line, or through a `goal`."""
    x, y, z = scene.ball_m[row].tolist()
    half_length, half_width = scene.half
    if abs(x) - half_length < abs(y) - half_width:
        return "side"
    return "goal" if abs(y) < _GOAL_HALF_WIDTH_M and z < _BAR_M else "end"


def _restart(scene: Scene, touches: Touches, signs: _Signs, row: int, cause: str, last: int) -> int:
    """Give the touch with which play goes on, -1 where there is none before `last`."""
    begin = int(np.searchsorted(touches.rows, row, side="right" if cause != "start" else "left"))
    end = int(np.searchsorted(touches.rows, last))
    pause = scene.rows(1.0)
    for touch in range(begin, end):
        if touches.speed_out_mps(touch) < _KICKED_MPS or not _settles(scene, signs, int(touches.rows[touch])):
            continue
        quiet = touches.quiet_mps[touch] < _QUIET_MPS or cause == "start"
        if quiet and _fits(scene, row, cause, int(touches.rows[touch])):
            return touch
        played_on = touch + 2 < end and len(set(touches.players[touch : touch + 3].tolist())) > 1
        if played_on and touches.rows[touch] > row + 3 * pause and _inside(scene, int(touches.rows[touch])):
            return touch
    return -1


def _settles(scene: Scene, signs: _Signs, row: int) -> bool:
    """Say whether after a kick the ball is neither held nor left lying for a while, nor out as it is kicked."""
    for spans, seconds in (
        (signs.holds, _UNHELD_S),
        (signs.long_stills, _UNHELD_S),
        (signs.stills, _SETTLED_S),
    ):
        place = int(np.searchsorted(spans[:, 0], row + 1))
        if place < len(spans) and spans[place, 0] < row + scene.rows(seconds):
            return False
    ahead = min(row + scene.rows(1.0), len(scene.ball_m) - 1)
    return _inside(scene, ahead) or _inside(scene, min(row + scene.rows(0.4), len(scene.ball_m) - 1))


def _inside(scene: Scene, row: int) -> bool:
    half_length, half_width = scene.half
    x, y = scene.ball_m[row, :2].tolist()
    return bool(abs(x) <= half_length and abs(y) <= half_width)


def _fits(scene: Scene, stop: int, cause: str, row: int) -> bool:
    """Say whether a kick is taken where the laws want it after such a stop."""
    place = restart_place(scene, row)
    if cause == "side":
        same = np.sign(scene.ball_m[stop, 1]) == np.sign(scene.ball_m[row, 1])
        return place == "throw_in" and bool(same)
    if cause == "end":
        same = np.sign(scene.ball_m[stop, 0]) == np.sign(scene.ball_m[row, 0])
        return place in ("corner", "goal_kick") and bool(same)
    if cause == "goal":
        return place == "kick_off"
    return _inside(scene, row)


def restart_place(scene: Scene, row: int) -> str:
    """Name the restart that is taken from where the ball is at a row; `free_kick` where it may be anywhere."""
    x, y = scene.ball_m[row, :2].tolist()
    half_length, half_width = scene.half
    from_end, from_side = half_length - abs(x), half_width - abs(y)
    near = scene.settings.restart_spot_m
    if from_end < near and from_side < near:
        return "corner"
    if from_side < near / 2:
        return "throw_in"
    if np.hypot(x, y) < _SPOT_M:
        return "kick_off"
    if from_end < _GOAL_AREA_M + near / 2 and abs(y) < _GOAL_AREA_HALF_WIDTH_M + near / 2:
        return "goal_kick"
    if np.hypot(from_end - 11.0, y) < 1.0:
        return "penalty"
    return "free_kick"


def _read(
    scene: Scene, touches: Touches, signs: _Signs, told: NDArray[np.bool_], first: int, last: int
) -> list[Stop]:
    """Take the source's word on when play is on; find the cause and the restart beside it."""
    stops: list[Stop] = []
    for start, stop in _stretches(~told[first:last], 1, bridge=0).tolist():
        row, until = start + first, stop + first
        beside = signs.outs[(signs.outs[:, 0] >= row - scene.rows(1.0)) & (signs.outs[:, 0] < until)]
        cause = "start" if row == first else out_cause(scene, int(beside[0, 0])) if len(beside) else "told"
        stops.append(Stop(row, cause, until, _restart_beside(scene, touches, until) if until < last else -1))
    if not stops or stops[0].row > first:
        stops.insert(0, Stop(first, "start", first, _restart_beside(scene, touches, first)))
    return stops


def _restart_beside(scene: Scene, touches: Touches, row: int) -> int:
    """Give the touch with which play goes on where the source says so; -1 where there is none.

    Sources tell a moment late: it is the last kick before that moment, else the first one after.
    """
    begin = int(np.searchsorted(touches.rows, row - scene.rows(_EARLY_S)))
    now = int(np.searchsorted(touches.rows, row + scene.rows(0.2) + 1))
    end = int(np.searchsorted(touches.rows, row + scene.rows(_EARLY_S) + 1))
    order: list[int] = [*range(now - 1, begin - 1, -1), *range(now, end)]
    for touch in order:
        if touches.speed_out_mps(touch) >= _KICKED_MPS:
            return touch
    return -1


def _long_lost(scene: Scene) -> NDArray[np.bool_]:
    """Say which rows come after a long time without a ball: whether play is on is not known there."""
    lost = np.isnan(scene.ball_m[:, 0])
    unknown = np.zeros(len(lost), np.bool_)
    wait = scene.rows(_LOST_S)
    for start, stop in _stretches(lost, wait, bridge=0).tolist():
        unknown[start if start == 0 else start + wait // 2 : stop] = True
    return unknown
