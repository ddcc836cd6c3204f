"""What somebody with the ball does: to whom to pass and how, when to shoot, where to run with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.sim.football.play.flight import RADIUS_M, loft_mps, roll_mps

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_LANE_MPS = 13.0
_GOAL_M = (7.32, 2.44)


@dataclass(frozen=True, slots=True)
class Option:
    """A pass that could be played.

    Attributes:
        mate: To whom, as an index of the mates that were asked about.
        place_m: `(2,)` where the ball is to arrive.
        lofted: Whether through the air.
        value: How good it looks; 0 is middling.
    """

    mate: int
    place_m: Float64
    lofted: bool
    value: float


def best_pass(
    rng: np.random.Generator,
    from_m: Float64,
    mates_m: Float64,
    mates_mps: Float64,
    rivals_m: Float64,
    *,
    attack: int,
) -> Option | None:
    """Give the pass that looks best: forward, to somebody free, through a lane nobody reaches.

    Args:
        rng: Adds a little whim.
        from_m: `(2,)` where the ball is.
        mates_m: `(n, 2)` team-mates.
        mates_mps: `(n, 2)` their velocities.
        rivals_m: `(k, 2)` opponents.
        attack: +1 where the team attacks towards +x, -1 towards -x.

    Returns:
        The best one; None where nobody is between 5 and 50 m away.
    """
    flights_s = np.hypot(*(mates_m - from_m).T) / _LANE_MPS
    places = mates_m + mates_mps * np.minimum(0.8 * flights_s, 2.0)[:, None]
    ways = places - from_m
    far = np.hypot(ways[:, 0], ways[:, 1])
    risk = _risks(from_m, ways, far, rivals_m)
    free = np.sqrt(((places[:, None, :] - rivals_m[None]) ** 2).sum(axis=2)).min(axis=1)
    value = 0.05 * np.clip(ways[:, 0] * attack, -12, 25) + 0.09 * np.minimum(free, 8) - 0.025 * abs(far - 14)
    value += rng.gumbel(0, 0.3, len(far))
    low, high = value - 3.4 * risk, value - 0.35 - 1.2 * (free < 3.0) - 4.0 * (far < 18)
    allowed = (far > 5) & (far < 50) & (abs(places[:, 0]) < 51) & (abs(places[:, 1]) < 33)
    best = np.where(allowed, np.maximum(low, high), -np.inf)
    mate = int(np.argmax(best))
    if not np.isfinite(best[mate]):
        return None
    return Option(mate, places[mate], bool(high[mate] > low[mate]), float(best[mate]))


def _risks(from_m: Float64, ways: Float64, far: Float64, rivals_m: Float64) -> Float64:
    """Give how likely a rival cuts each ground pass off, `(n,)` in 0..1."""
    units = ways / np.maximum(far, 1e-6)[:, None]
    gaps = rivals_m - from_m
    along = gaps @ units.T
    aside = abs(gaps[:, :1] * units[None, :, 1] - gaps[:, 1:] * units[None, :, 0])
    reach = 0.9 + 4.5 * np.clip(along / _LANE_MPS - 0.25, 0, None)
    margin = np.where((along > 0) & (along < far + 1.0), aside - reach, 9.0).min(axis=0)
    result: Float64 = 1 / (1 + np.exp(1.6 * margin))
    return result


def kick(rng: np.random.Generator, from_m: Float64, option: Option, *, haste: float = 0.0) -> Float64:
    """Give the ball's velocity `(3,)` for a pass, with the error of a good foot, greater in `haste` (0..1)."""
    way = option.place_m - from_m[:2]
    far = float(np.hypot(*way))
    turn = float(
        np.arctan2(way[1], way[0]) + rng.normal(0, (0.055 if option.lofted else 0.04) + 0.06 * haste)
    )
    if option.lofted:
        rise = float(rng.uniform(0.45, 0.75))
        speed = loft_mps(far, rise) * float(np.exp(rng.normal(0, 0.06 + 0.05 * haste)))
        return speed * np.array([np.cos(turn) * np.cos(rise), np.sin(turn) * np.cos(rise), np.sin(rise)])
    arrival = float(np.clip(rng.normal(6.0, 1.0), 3.5, 9.0))
    speed = min(roll_mps(far, arrival), 24.0) * float(np.exp(rng.normal(0, 0.08 + 0.08 * haste)))
    return np.array([speed * np.cos(turn), speed * np.sin(turn), 0.0])


def clear(rng: np.random.Generator, from_m: Float64, *, attack: int) -> Float64:
    """Give the ball's velocity `(3,)` for a clearance: high, far, and to the nearer wing, often over the line."""
    wing = float(np.sign(from_m[1]) or 1.0)
    turn = float(rng.normal(0.75, 0.4))
    speed, rise = float(rng.uniform(17, 25)), float(rng.uniform(0.35, 0.9))
    return speed * np.array(
        [attack * np.cos(turn) * np.cos(rise), wing * np.sin(turn) * np.cos(rise), np.sin(rise)]
    )


def cross(rng: np.random.Generator, from_m: Float64, *, attack: int, half_m: float) -> Float64:
    """Give the ball's velocity `(3,)` for a cross into the middle before the goal."""
    aim = np.array([attack * (half_m - rng.uniform(5, 12)), rng.normal(0, 4)])
    return kick(rng, from_m, Option(0, aim, lofted=True, value=0.0))


def shot_chance(from_m: Float64, *, attack: int, half_m: float, rivals_m: Float64) -> float:
    """Give how likely somebody there shoots rather than passes, 0..1."""
    goal = np.array([attack * half_m, 0.0])
    way = goal - from_m
    far = float(np.hypot(*way))
    if far > 27:
        return 0.0
    facing = abs(float(way[0])) / max(far, 1e-6)
    units = way / max(far, 1e-6)
    gaps = rivals_m - from_m
    along = gaps @ units
    blocked = (
        (along > 0) & (along < min(far, 6)) & (abs(gaps @ np.array([-units[1], units[0]])) < 0.7)
    ).any()
    return float(np.clip(1.6 * np.exp(-(far - 7) / 10), 0, 0.97) * facing**1.2 * (0.5 if blocked else 1.0))


def shoot(rng: np.random.Generator, from_m: Float64, *, attack: int, half_m: float) -> Float64:
    """Give the ball's velocity `(3,)` for a shot at the goal, wider of its aim the farther away."""
    far = float(np.hypot(attack * half_m - from_m[0], from_m[1]))
    aim = np.array(
        [
            attack * half_m,
            rng.choice((-1, 1)) * rng.uniform(0.8, 3.4) + rng.normal(0, 0.075 * far),
            max(rng.uniform(0.1, 2.0) + rng.normal(0, 0.04 * far), RADIUS_M),
        ]
    )
    speed = float(np.clip(rng.normal(24, 3), 16, 32))
    way = aim - from_m
    time_s = far / speed * 1.06
    return np.array([way[0] / time_s, way[1] / time_s, way[2] / time_s + 0.5 * 9.81 * time_s])


def run_with(
    from_m: Float64, velocity_mps: Float64, rivals_m: Float64, *, attack: int, half_m: tuple[float, float]
) -> Float64:
    """Give where somebody with the ball runs: at the goal, round who stands in the way, off the lines; `(2,)` of length 1."""
    goal = np.array([attack * half_m[0], 0.25 * from_m[1]])
    way = goal - from_m
    way = way / max(float(np.hypot(*way)), 1e-6)
    gaps = from_m - rivals_m
    far = np.maximum(np.hypot(gaps[:, 0], gaps[:, 1]), 0.3)
    push = (gaps / far[:, None] * np.clip(5.0 / far - 0.8, 0, 2.0)[:, None]).sum(axis=0)
    speed = float(np.hypot(*velocity_mps))
    course = way + 0.7 * push + (0.6 * velocity_mps / speed if speed > 0.5 else 0.0)
    course[1] -= np.clip(from_m[1] / (half_m[1] - 2), -1.2, 1.2) ** 5
    course[0] -= attack * np.clip(from_m[0] * attack / (half_m[0] - 2), -1.2, 1.2) ** 9 * 1.5
    result: Float64 = course / max(float(np.hypot(*course)), 1e-6)
    return result


def save_share(keeper_m: Float64, crossing_m: Float64, time_s: float) -> float:
    """Give how likely a goalkeeper reaches a ball that crosses the line at `(y, z)` in so many seconds, 0..1."""
    aside = float(np.hypot(crossing_m[0] - keeper_m[1], 0.6 * max(crossing_m[1] - 1.0, 0.0)))
    reach = 0.9 + 4.6 * max(time_s - 0.18, 0.0)
    return float(np.clip(1.0 - (aside / min(reach, 3.9)) ** 2, 0.0, 1.0) * 0.93)


def on_target(crossing_m: Float64) -> bool:
    """Tell whether a ball that crosses the goal line at `(y, z)` goes in."""
    return bool(abs(crossing_m[0]) < _GOAL_M[0] / 2 - RADIUS_M and crossing_m[1] < _GOAL_M[1] - RADIUS_M)
