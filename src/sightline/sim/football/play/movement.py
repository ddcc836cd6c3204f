"""How people run: towards where they want to be, as fast as legs allow and no faster.

Source:
    Highest accelerations of footballers fall about in line with speed: Morin et al., Individual
    acceleration-speed profile in situ, Journal of Biomechanics 123 (2021); top speeds of 8 to 9.5 m/s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

BRAKE_MPS2 = 6.5
TOP_MPS = 9.6
ACCELERATION_MPS2 = 6.5


class Movement:
    """Where people are and how fast they go.

    Args:
        rng: Draws how fast each one is.
        count: How many.
    """

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.places_m = np.zeros((count, 2))
        self.speeds_mps = np.zeros((count, 2))
        self._top_mps = np.clip(rng.normal(8.5, 0.45, count), 7.5, TOP_MPS)
        self._push_mps2 = np.clip(rng.normal(5.6, 0.4, count), 4.6, ACCELERATION_MPS2)
        self._faces = np.tile([1.0, 0.0], (count, 1))

    def move(self, wanted_m: Float64, pace_mps: Float64, step_s: float) -> None:
        """Go on for a step.

        Args:
            wanted_m: `(n, 2)` where everybody wants to be.
            pace_mps: `(n,)` how fast they would go there.
            step_s: How long the step is.
        """
        way = wanted_m - self.places_m
        far = np.hypot(way[:, 0], way[:, 1])
        # Who could not stop in time slows down: v^2 = 2 a s, with some of the brake in hand.
        pace = np.minimum(np.minimum(pace_mps, self._top_mps), np.sqrt(2 * 0.6 * BRAKE_MPS2 * far))
        aim = way / np.maximum(far, 1e-6)[:, None] * pace[:, None]
        aim += self._apart()
        change = aim - self.speeds_mps
        size = np.hypot(change[:, 0], change[:, 1])
        speed = np.hypot(self.speeds_mps[:, 0], self.speeds_mps[:, 1])
        faster = (change * self.speeds_mps).sum(axis=1) > 0
        room = np.maximum(1 - speed / (self._top_mps + 0.4), 0.05)
        most = np.where(faster, self._push_mps2 * room, BRAKE_MPS2 * 0.8) * step_s
        self.speeds_mps = self.speeds_mps + change * np.minimum(most / np.maximum(size, 1e-9), 1.0)[:, None]
        speed = np.hypot(self.speeds_mps[:, 0], self.speeds_mps[:, 1])
        self.speeds_mps *= np.minimum(self._top_mps / np.maximum(speed, 1e-9), 1.0)[:, None]
        self.places_m = self.places_m + self.speeds_mps * step_s
        moving = speed > 0.4
        self._faces[moving] = self.speeds_mps[moving] / speed[moving, None]

    def headings(self, number: int) -> Float64:
        """Give where somebody faces, `(2,)` of length 1."""
        faces: Float64 = self._faces[number]
        return faces

    def _apart(self) -> Float64:
        """Give the velocities `(n, 2)` with which people who stand too close step aside."""
        gaps = self.places_m[:, None] - self.places_m[None]
        far = np.sqrt((gaps**2).sum(axis=2)) + np.eye(len(gaps)) * 9
        push = np.clip(1.0 - far, 0.0, 1.0) / np.maximum(far, 0.1)
        result: Float64 = 1.5 * (gaps * push[:, :, None]).sum(axis=1)
        return result
