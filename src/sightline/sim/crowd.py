"""People who walk: who comes from where, waits where, and leaves where, as exact paths over the ground.

A path is a list of places at a fixed time step, and straight in between: that is the truth, and line
crossings and stays are computed from it exactly. People steer towards their next goal and push one another
and the furniture away. Only sums, products, quotients and square roots are used, so that paths do not depend
on a machine's mathematics library.

Source:
    Steering by a relaxing wish for velocity plus repulsion: Helbing & Molnar, Social force model for
    pedestrian dynamics, Physical Review E 51 (1995). The repulsion's shape here is our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.sim.body import stride_m

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

STEP_S = 0.02
_RELAX_S = 0.45
_ARRIVE_M = 0.35


@dataclass(frozen=True, slots=True)
class Goal:
    """A place to go to.

    Attributes:
        place_m: `(x, y)` on the ground.
        wait_s: How long to stay there.
        face_m: What to look at while waiting; None keeps the direction of arrival.
    """

    place_m: tuple[float, float]
    wait_s: float = 0.0
    face_m: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Walker:
    """What one person means to do.

    Attributes:
        start_s: When they appear, seconds on the clip's clock; below 0 before its first frame.
        start_m: `(x, y)` where.
        goals: In order; at the last one they are gone.
        speed_mps: How fast they like to walk.
    """

    start_s: float
    start_m: tuple[float, float]
    goals: tuple[Goal, ...]
    speed_mps: float


@dataclass(frozen=True, slots=True)
class Path:
    """Where one person is over time.

    Attributes:
        start_s: Time of the first place.
        places_m: `(n, 2)`, one each `STEP_S`.
        headings: `(n, 2)` of length 1, where the body faces.
        speeds_mps: `(n,)`.
        phases: `(n,)` gait cycles since the start.
    """

    start_s: float
    places_m: Float64
    headings: Float64
    speeds_mps: Float64
    phases: Float64

    @property
    def end_s(self) -> float:
        """Time of the last place."""
        return self.start_s + STEP_S * (len(self.places_m) - 1)

    def times_s(self) -> Float64:
        """Give the time of each place, `(n,)`."""
        times_s: Float64 = self.start_s + STEP_S * np.arange(len(self.places_m), dtype=np.float64)
        return times_s

    def at(self, t_s: float) -> tuple[Float64, Float64, float, float] | None:
        """Give place, heading, speed and gait phase (0..1) at a time; None before and after the path."""
        step = (t_s - self.start_s) / STEP_S
        if step < 0 or step > len(self.places_m) - 1:
            return None
        low = min(int(step), len(self.places_m) - 2)
        share = step - low
        place = self.places_m[low] * (1 - share) + self.places_m[low + 1] * share
        heading = self.headings[low] * (1 - share) + self.headings[low + 1] * share
        heading = (heading / np.sqrt(heading @ heading)).astype(np.float64)
        speed = float(self.speeds_mps[low] * (1 - share) + self.speeds_mps[low + 1] * share)
        phase = float(self.phases[low] * (1 - share) + self.phases[low + 1] * share)
        return place, heading, speed, phase % 1.0


@dataclass(slots=True)
class _State:
    """Everybody's state while they walk; one row per person."""

    places: Float64
    speeds: Float64
    headings: Float64
    next_goal: list[int]
    until_s: list[float]
    waiting: list[bool]
    tracks: list[list[tuple[float, ...]]] = field(default_factory=list)
    first_s: list[float] = field(default_factory=list)


def walk(
    walkers: Sequence[Walker], obstacles_m: Float64, clearances_m: Float64, *, from_s: float, to_s: float
) -> list[Path | None]:
    """Give everybody's path.

    Args:
        walkers: Who.
        obstacles_m: `(k, 2)` middles of what stands in the way.
        clearances_m: `(k,)` how far people keep from them.
        from_s: When to begin; nobody starts earlier.
        to_s: When to stop.

    Returns:
        One path for each walker; None for who never started or took less than two steps.
    """
    count = len(walkers)
    state = _State(
        places=np.array([walker.start_m for walker in walkers], np.float64).reshape(-1, 2),
        speeds=np.zeros((count, 2)),
        headings=np.zeros((count, 2)),
        next_goal=[0] * count,
        until_s=[0.0] * count,
        waiting=[False] * count,
        tracks=[[] for _ in walkers],
        first_s=[0.0] * count,
    )
    for row, walker in enumerate(walkers):
        ahead = np.array(walker.goals[0].place_m) - state.places[row]
        state.headings[row] = ahead / np.sqrt(ahead @ ahead)
        state.speeds[row] = state.headings[row] * walker.speed_mps
    for step in range(round((to_s - from_s) / STEP_S) + 1):
        now_s = from_s + step * STEP_S
        live = [
            row for row, walker in enumerate(walkers)
            if walker.start_s <= now_s and state.next_goal[row] < len(walker.goals)
        ]  # fmt: skip
        if live:
            _advance(state, walkers, live, now_s, obstacles_m, clearances_m)
    return [_path(track, first_s) for track, first_s in zip(state.tracks, state.first_s, strict=True)]


def _advance(
    state: _State, walkers: Sequence[Walker], live: list[int], now_s: float,
    obstacles_m: Float64, clearances_m: Float64,
) -> None:  # fmt: skip
    wanted_mps = np.array([_wanted(state, walkers[row], row, now_s) for row in live])
    rows = np.array(live)
    here, speeds = state.places[rows], state.speeds[rows]
    push = _repel(here, speeds, here, 1.5, strength=10.0)
    push += _repel(here, speeds, obstacles_m, clearances_m + 0.7, strength=16.0)
    still = np.array([state.waiting[row] for row in live])
    push[still] *= 0.15
    speeds = speeds + ((wanted_mps - speeds) / _RELAX_S + push) * STEP_S
    pace = np.sqrt((speeds**2).sum(axis=1))
    speeds *= np.minimum(1.0, 2.2 / np.maximum(pace, 1e-9))[:, None]
    for row, place, speed in zip(live, here, speeds, strict=True):
        _record(state, row, now_s, place, speed)
    state.speeds[rows] = speeds
    state.places[rows] = here + speeds * STEP_S
    _turn(state, walkers, live)


def _wanted(state: _State, walker: Walker, row: int, now_s: float) -> Float64:
    """Give the velocity somebody would like; moves on to the next goal where this one is reached."""
    goal = walker.goals[state.next_goal[row]]
    ahead: Float64 = np.array(goal.place_m) - state.places[row]
    hover: Float64 = ahead * 0.4
    distance = float(np.sqrt(ahead @ ahead))
    if state.waiting[row]:
        if now_s < state.until_s[row]:
            return hover
        state.waiting[row] = False
        state.next_goal[row] += 1
    elif distance < _ARRIVE_M:
        if goal.wait_s > 0:
            state.waiting[row], state.until_s[row] = True, now_s + goal.wait_s
            return hover
        state.next_goal[row] += 1
    if state.next_goal[row] >= len(walker.goals):
        onwards: Float64 = state.speeds[row]
        return onwards
    goal = walker.goals[state.next_goal[row]]
    ahead = np.array(goal.place_m) - state.places[row]
    distance = max(float(np.sqrt(ahead @ ahead)), 1e-6)
    pace = min(walker.speed_mps, 1.6 * distance) if goal.wait_s > 0 else walker.speed_mps
    wish: Float64 = ahead * (pace / distance)
    return wish


def _repel(
    here: Float64, speeds: Float64, others: Float64, reach_m: float | Float64, *, strength: float
) -> Float64:
    """Give pushes away from others and, from those ahead, to one's own right.

    A push grows with the square of how far somebody is inside `reach_m` of another.
    """
    gap = here[:, None, :] - others[None, :, :]
    distance = np.sqrt((gap**2).sum(axis=2))
    inside = np.clip(1 - distance / reach_m, 0, 1)
    inside = np.where(distance < 1e-9, 0.0, inside)
    away = gap / np.maximum(distance, 1e-9)[:, :, None]
    across = np.stack([-away[:, :, 1], away[:, :, 0]], axis=2)
    ahead = (away * speeds[:, None, :]).sum(axis=2, keepdims=True) < 0
    pushes = (away + 0.9 * across * ahead) * (strength * inside**2)[:, :, None]
    result = np.zeros_like(here)
    for column in range(others.shape[0]):
        result += pushes[:, column]
    return result


def _turn(state: _State, walkers: Sequence[Walker], live: list[int]) -> None:
    for row in live:
        pace = float(np.sqrt(state.speeds[row] @ state.speeds[row]))
        facing = state.speeds[row] / max(pace, 1e-9) if pace > 0.25 else state.headings[row]
        if state.waiting[row]:
            goal = walkers[row].goals[state.next_goal[row]]
            if goal.face_m is not None:
                look = np.array(goal.face_m) - state.places[row]
                facing = look / max(float(np.sqrt(look @ look)), 1e-9)
        turned = state.headings[row] + (facing - state.headings[row]) * (STEP_S / 0.25)
        length = float(np.sqrt(turned @ turned))
        if length > 0.05:
            state.headings[row] = turned / length


def _record(state: _State, row: int, now_s: float, place: Float64, speed: Float64) -> None:
    if not state.tracks[row]:
        state.first_s[row] = now_s
    heading = state.headings[row]
    state.tracks[row].append((*place, *heading, float(np.sqrt(speed @ speed))))


def _path(track: list[tuple[float, ...]], first_s: float) -> Path | None:
    if len(track) < 2:
        return None
    rows = np.array(track)
    speeds_mps = rows[:, 4]
    pace = np.where(speeds_mps > 0.03, speeds_mps / np.maximum(stride_m(speeds_mps), 1e-6), 0.0)
    phases = np.concatenate([[0.0], np.cumsum(pace[:-1] * STEP_S)])
    return Path(first_s, rows[:, :2], rows[:, 2:4], speeds_mps, phases)
