"""Cameras that see a pitch, and what a careful person would draw through them."""

from __future__ import annotations

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.jaccard import visible_polylines
from sightline.analytics.pitch.markings import markings_of

SIZE = PitchSize()
PICTURE = (540, 960)


def camera_at(pan=25.0, tilt=79.0, focal=1800.0, position=(1.0, -62.0, 16.0), roll=0.3, bend=0.0):
    return PitchCamera(
        pan_deg=pan,
        tilt_deg=tilt,
        roll_deg=roll,
        focal_px=focal,
        position_m=np.array(position),
        principal_point_px=np.array([479.5, 269.5]),
        radial=(bend * (focal / 480) ** 2, 0, 0, 0, 0, 0),
    )


def drawn_through(camera, noise_px=0.0, seed=0, size=SIZE):
    rng = np.random.default_rng(seed)
    lines = {}
    for name, line in visible_polylines(camera, markings_of(size)).items():
        if len(line) > 1:
            points = line[np.unique(np.linspace(0, len(line) - 1, 6).astype(int))]
            lines[name] = points + rng.normal(0, noise_px, points.shape)
    return lines


def painted(camera, picture=(720, 1280), size=SIZE, noise=0, seed=0):
    """Draw a pitch as a camera sees it, `(h, w, 3)` BGR."""
    import cv2

    height, width = picture
    scaled = camera.scaled(width / 960)
    image = np.full((height, width, 3), (70, 130, 60), np.uint8)
    for line in visible_polylines(scaled, markings_of(size), size=picture).values():
        corners = (line * 16).round().astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(image, [corners], False, (235, 240, 238), 3, cv2.LINE_AA, 4)
    if noise:
        grain = np.random.default_rng(seed).normal(0, noise, image.shape)
        image = np.clip(image + grain, 0, 255).astype(np.uint8)
    return image
