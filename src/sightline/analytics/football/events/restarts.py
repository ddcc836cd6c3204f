"""Set pieces and the ball going out: why play stopped, and how it began again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.event import EventKind, FootballEvent
from sightline.analytics.football.events.play import restart_place

if TYPE_CHECKING:
    from sightline.analytics.football.events.play import Play, Stop
    from sightline.analytics.football.events.scene import Scene
    from sightline.analytics.football.events.touches import Touches

_FITTING = {
    "side": ("throw_in",),
    "end": ("corner", "goal_kick"),
    "goal": ("kick_off",),
    "start": ("kick_off",),
    "hold": ("free_kick", "penalty"),
    "still": ("free_kick", "penalty"),
    "told": ("free_kick", "penalty"),
}


def restart_events(scene: Scene, touches: Touches, play: Play) -> Iterator[FootballEvent]:
    """Tell each time the ball goes out and each restart that was seen.

    A restart is named by why play stopped and where it goes on; a free kick is the name of what fits nothing else.
    A half that begins with a ball rolling away from the centre spot begins with a kick-off.

    Args:
        scene: The match.
        touches: All touches.
        play: Stops and restarts.
    """
    for stop in play.stops:
        if stop.cause in ("side", "end", "goal"):
            yield _out(scene, touches, stop)
        if stop.restart >= 0:
            event = _restart(scene, touches, stop)
            if event is not None:
                yield event
    opened = {stop.row for stop in play.stops if stop.cause == "start"}
    for period in scene.match.periods:
        if period.start not in opened and period.start < period.stop:
            first = _rolling_start(scene, touches, period.start)
            if first >= 0:
                yield _event(scene, touches, first, EventKind.KICK_OFF, 0.8, {"stop": "start"})


def _out(scene: Scene, touches: Touches, stop: Stop) -> FootballEvent:
    last = int(np.searchsorted(touches.rows, stop.row, side="right")) - 1
    same = last >= 0 and scene.period_of[touches.rows[last]] == scene.period_of[stop.row]
    rival = float(touches.rival_distances_m[last]) if same else np.inf
    facts: dict[str, float | str | bool | None] = {
        "line": stop.cause,
        "height_m": float(scene.ball_m[stop.row, 2]),
        "last_touch_s": (stop.row - int(touches.rows[last])) * scene.step_s if same else None,
        "rival_m": rival if np.isfinite(rival) else None,
    }
    return scene.event(
        EventKind.OUT,
        stop.row,
        (int(touches.sides[last]), int(touches.players[last])) if same else (0, -1),
        outcome=stop.cause,
        confidence=0.9 if stop.restart >= 0 else 0.6,
        facts=facts,
    )


def _restart(scene: Scene, touches: Touches, stop: Stop) -> FootballEvent | None:
    row = int(touches.rows[stop.restart])
    place = restart_place(scene, row)
    fits = place in _FITTING[stop.cause]
    if stop.cause in ("side", "end", "goal", "start") and not fits:
        if stop.cause == "start":
            return None
        fallback = {"side": "throw_in", "end": _by_end(scene, touches, stop), "goal": "kick_off"}
        place = fallback[stop.cause]
    elif not fits:
        place = "free_kick"
    quiet = touches.quiet_mps[stop.restart]
    sure = 0.9 if fits else 0.4
    facts: dict[str, float | str | bool | None] = {
        "stop": stop.cause,
        "stopped_s": (row - stop.row) * scene.step_s,
        "quiet_mps": float(quiet) if np.isfinite(quiet) else None,
        "from_spot": fits,
    }
    return _event(scene, touches, stop.restart, EventKind(place), sure, facts)


def _by_end(scene: Scene, touches: Touches, stop: Stop) -> str:
    """Say corner or goal kick by which team brings the ball back at that end."""
    sign = scene.goal_sign(stop.row, int(touches.sides[stop.restart]))
    return "corner" if sign * scene.ball_m[stop.row, 0] > 0 else "goal_kick"


def _rolling_start(scene: Scene, touches: Touches, row: int) -> int:
    place = int(np.searchsorted(touches.rows, row))
    if place >= len(touches.rows) or touches.rows[place] > row + scene.rows(1.0):
        return -1
    return place if np.hypot(*scene.ball_m[int(touches.rows[place]), :2]) < 2.0 else -1


def _event(
    scene: Scene,
    touches: Touches,
    touch: int,
    kind: EventKind,
    confidence: float,
    facts: dict[str, float | str | bool | None],
) -> FootballEvent:
    who = int(touches.sides[touch]), int(touches.players[touch])
    return scene.event(kind, int(touches.rows[touch]), who, confidence=confidence, facts=facts)
