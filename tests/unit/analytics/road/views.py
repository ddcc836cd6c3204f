"""How a road looks through a camera, worked out apart from the code under test."""

from __future__ import annotations

import numpy as np


def picture_of(camera, points_m):
    """Project road points `(ahead, left)` the long way: turn, then divide by depth."""
    pitch = np.deg2rad(camera.pitch_deg)
    ahead, left = points_m[:, 0], points_m[:, 1]
    depth = ahead * np.cos(pitch) + camera.height_m * np.sin(pitch)
    down = camera.height_m * np.cos(pitch) - ahead * np.sin(pitch)
    return np.stack(
        [
            camera.size[1] / 2 - camera.focal_px * left / depth,
            camera.size[0] / 2 + camera.focal_px * down / depth,
        ],
        axis=1,
    )
