"""A ball that is kicked: gravity and drag in the air, bounces, and rolling until it lies still.

Source:
    Drag of a football, coefficient about 0.25 at match speeds: Goff & Carré, Trajectory analysis of a soccer
    ball, American Journal of Physics 77 (2009). Bounce 0.6 to 0.85 m from 2 m and a roll of 4 to 10 m on the
    test ramp: FIFA Quality Programme for Football Turf, handbook of test methods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

RADIUS_M = 0.11
GRAVITY_MPS2 = 9.81
DRAG_PER_M = 0.013
"""Half of air density times drag coefficient times cross-section over mass: 0.5 * 1.2 * 0.25 * 0.038 / 0.43."""
BOUNCE = 0.58
"""Share of the vertical speed that a bounce leaves."""
GRIP = 0.72
"""Share of the speed along the ground that a bounce leaves."""
ROLLING_MPS2 = 0.75
STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Flight:
    """Where a ball is from its kick on if nobody touches it.

    Attributes:
        start_s: When it was kicked.
        places_m: `(n, 3)`, one every `STEP_S`; after the last it lies still.
        velocities_mps: `(n, 3)`.
    """

    start_s: float
    places_m: Float64
    velocities_mps: Float64

    def at(self, t_s: float) -> tuple[Float64, Float64]:
        """Give place and velocity at a time, between steps on the straight line."""
        step = (t_s - self.start_s) / STEP_S
        last = len(self.places_m) - 1
        first = int(min(max(step, 0), last))
        share = min(max(step - first, 0.0), 1.0) if first < last else 0.0
        after = min(first + 1, last)
        place = self.places_m[first] * (1 - share) + self.places_m[after] * share
        speed = self.velocities_mps[first] * (1 - share) + self.velocities_mps[after] * share
        return place, speed


def fly(start_s: float, place_m: Float64, velocity_mps: Float64, *, longest_s: float = 8.0) -> Flight:
    """Follow a ball from a kick until it lies still.

    Args:
        start_s: When it is kicked.
        place_m: `(3,)` its centre.
        velocity_mps: `(3,)`.
        longest_s: Followed no longer than this.
    """
    x, y, z = (float(value) for value in place_m)
    vx, vy, vz = (float(value) for value in velocity_mps)
    places, speeds = [(x, y, z)], [(vx, vy, vz)]
    for _ in range(int(longest_s / STEP_S)):
        speed = (vx * vx + vy * vy + vz * vz) ** 0.5
        slow = DRAG_PER_M * speed * STEP_S
        if z > RADIUS_M + 1e-6 or vz > 0.35:
            vx, vy, vz = vx - slow * vx, vy - slow * vy, vz - slow * vz - GRAVITY_MPS2 * STEP_S
            x, y, z = x + vx * STEP_S, y + vy * STEP_S, z + vz * STEP_S
            if z < RADIUS_M:
                z = 2 * RADIUS_M - z if vz < -1.2 else RADIUS_M
                vx, vy, vz = vx * GRIP, vy * GRIP, (-vz * BOUNCE if vz < -1.2 else 0.0)
        else:
            z, vz = RADIUS_M, 0.0
            ground = (vx * vx + vy * vy) ** 0.5
            kept = max(1 - (ROLLING_MPS2 * STEP_S) / ground - slow, 0.0) if ground > 1e-9 else 0.0
            vx, vy = vx * kept, vy * kept
            x, y = x + vx * STEP_S, y + vy * STEP_S
        places.append((x, y, z))
        speeds.append((vx, vy, vz))
        if abs(vx) + abs(vy) + abs(vz) < 1e-3:
            break
    return Flight(start_s, np.array(places), np.array(speeds))


def roll_mps(distance_m: float, arrival_mps: float) -> float:
    """Give how fast a ball must be kicked along the ground to arrive that fast.

    Rolling friction and drag act together: with `u` the square of the speed, du/dx = -2 (a + k u).
    """
    share = ROLLING_MPS2 / DRAG_PER_M
    squared = (arrival_mps**2 + share) * np.exp(2 * DRAG_PER_M * distance_m) - share
    return float(np.sqrt(squared))


def loft_mps(distance_m: float, rise_rad: float) -> float:
    """Give how fast a ball must be kicked at an angle to land at a distance, drag counted in."""
    speed = (distance_m * GRAVITY_MPS2 / max(np.sin(2 * rise_rad), 0.1)) ** 0.5
    for _ in range(4):
        path = fly(
            0.0,
            np.array([0, 0, RADIUS_M]),
            speed * np.array([np.cos(rise_rad), 0, np.sin(rise_rad)]),
            longest_s=5.0,
        )
        rises = path.velocities_mps[:, 2]
        landed = np.flatnonzero((rises[:-1] < 0) & (rises[1:] >= 0))
        reached = float(path.places_m[landed[0] + 1, 0]) if len(landed) else distance_m
        speed *= (distance_m / max(reached, 1.0)) ** 0.55
    return float(speed)
