"""Where light comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.sim.camera import Camera


@dataclass(frozen=True, slots=True)
class Sun:
    """Where light comes from.

    Attributes:
        towards: `(x, y, z)` of length 1, from the ground to the sun.
        shadow: How dark a shadow is, 0..1.
    """

    towards: tuple[float, float, float]
    shadow: float

    @classmethod
    def at(cls, *, azimuth_deg: float, height_deg: float, shadow: float) -> Sun:
        """Give a sun by its direction on the ground, clockwise from ahead (y), and its height."""
        turn, rise = np.deg2rad(azimuth_deg), np.deg2rad(height_deg)
        towards = (
            float(np.sin(turn) * np.cos(rise)),
            float(np.cos(turn) * np.cos(rise)),
            float(np.sin(rise)),
        )
        return cls(towards, shadow)

    def in_picture(self, camera: Camera) -> tuple[float, float]:
        """Give the direction of the light across the picture, length 1 at most."""
        seen = camera.rotation() @ np.asarray(self.towards)
        return float(seen[0]), float(seen[1])
