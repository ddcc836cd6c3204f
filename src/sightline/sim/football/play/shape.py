"""Where a team's players want to be: formations that breathe with the ball."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

FORMATIONS: dict[str, tuple[tuple[float, float], ...]] = {
    "4-4-2": (
        (0.0, 0.85), (-0.05, 0.3), (-0.05, -0.3), (0.0, -0.85), (0.5, 0.85), (0.42, 0.27), (0.42, -0.27), (0.5, -0.85),
        (1.0, 0.25), (0.95, -0.25),
    ),
    "4-3-3": (
        (0.02, 0.85), (-0.05, 0.3), (-0.05, -0.3), (0.02, -0.85), (0.36, 0.0), (0.52, 0.45), (0.52, -0.45), (0.95, 0.85),
        (1.0, 0.0), (0.95, -0.85),
    ),
    "4-2-3-1": (
        (0.02, 0.85), (-0.05, 0.3), (-0.05, -0.3), (0.02, -0.85), (0.34, 0.27), (0.34, -0.27), (0.7, 0.8), (0.68, 0.0),
        (0.7, -0.8), (1.0, 0.0),
    ),
    "3-5-2": (
        (-0.03, 0.5), (-0.06, 0.0), (-0.03, -0.5), (0.42, 0.95), (0.36, 0.35), (0.3, 0.0), (0.36, -0.35), (0.42, -0.95),
        (1.0, 0.25), (0.95, -0.25),
    ),
    "5-3-2": (
        (0.1, 0.92), (-0.03, 0.45), (-0.06, 0.0), (-0.03, -0.45), (0.1, -0.92), (0.45, 0.5), (0.4, 0.0), (0.45, -0.5),
        (1.0, 0.25), (0.95, -0.25),
    ),
    "3-4-3": (
        (-0.03, 0.5), (-0.06, 0.0), (-0.03, -0.5), (0.42, 0.9), (0.36, 0.27), (0.36, -0.27), (0.42, -0.9), (0.92, 0.7),
        (1.0, 0.0), (0.92, -0.7),
    ),
}  # fmt: skip
"""Slots of ten outfield players: depth from the last line (0) to the first (1), and place across (-1..1, left is 1)."""


def targets(
    formation: str, ball_m: Float64, attack: int, *, having: bool, half_m: tuple[float, float]
) -> Float64:
    """Give where ten outfield players want to be.

    Args:
        formation: A name of `FORMATIONS`.
        ball_m: `(2,)`.
        attack: +1 where the team attacks towards +x, -1 towards -x.
        having: Whether the team has the ball.
        half_m: Half of the pitch's length and width.

    Returns:
        `(10, 2)` metres.
    """
    slots = np.array(FORMATIONS[formation])
    ahead = float(ball_m[0]) * attack
    scale = half_m[0] / 52.5
    if having:
        last = float(np.clip(0.62 * ahead - 17, -36, 4)) * scale
        deep, wide = 38.0, 0.86 * half_m[1]
    else:
        last = float(np.clip(0.8 * ahead - 24, -46, -4)) * scale
        deep, wide = 27.0, 0.62 * half_m[1]
    x = np.minimum(last + slots[:, 0] * deep, half_m[0] - 6)
    y = slots[:, 1] * wide + float(ball_m[1]) * (0.22 if having else 0.42)
    y = np.clip(y, -half_m[1] + 1.5, half_m[1] - 1.5)
    return np.stack([x * attack, y], axis=1)


def keeper(ball_m: Float64, attack: int, half_m: tuple[float, float]) -> Float64:
    """Give where a goalkeeper wants to be: on the way from ball to goal, farther out the farther the ball is."""
    goal = np.array([-attack * half_m[0], 0.0])
    way = ball_m - goal
    far = float(np.hypot(*way))
    out = float(np.clip(0.09 * far + 0.9, 0.9, 9.0))
    place: Float64 = goal + way / max(far, 1e-6) * out
    place[1] = float(np.clip(place[1], -4.5, 4.5))
    return place


def held_back(places_m: Float64, attack: int, last_but_one: float, ball_x: float) -> Float64:
    """Keep attackers from running ahead of the last defender but one, or of the ball: they wait onside."""
    line = max(last_but_one * attack, ball_x * attack, 0.0) - 0.4
    kept = places_m.copy()
    kept[:, 0] = np.minimum(kept[:, 0] * attack, line) * attack
    return kept
