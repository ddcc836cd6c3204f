"""The juggler's body: a figure that stands and whose hands are where the performance has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.sim.body import Ball, place, pose
from sightline.sim.canvas import Pad, Sprite, rounds, shades
from sightline.sim.figure import Figure
from sightline.sim.wardrobe import dress

if TYPE_CHECKING:
    from sightline.core.arrays import Float64
    from sightline.sim.camera import Camera
    from sightline.sim.wardrobe import Colour

REACH_M = 0.34
"""How far before the body balls are juggled."""
BALL_M = 0.036
"""Radius of a ball."""
_FACING = np.array([0.0, -1.0])
_UPPER, _LOWER, _PALM = 0.180, 0.142, 0.045  # of the height
_PALM_BELOW_M = 0.042
_LEVELS = 5


def standing_figure(rng: np.random.Generator) -> Figure:
    """Draw a juggler by lot: nothing in the hands, short or long sleeves."""
    build, wardrobe = dress(rng)
    build = replace(build, left_hand="swing", right_hand="swing", lean_rad=0.02)
    wardrobe = replace(wardrobe, bag=None, pack=None, below="trousers")
    return Figure(build, wardrobe)


def juggling_pose(figure: Figure, hands_m: Float64, ahead_m: float, t_s: float) -> Float64:
    """Give the body's points in the world.

    Args:
        figure: Whose.
        hands_m: `(2, 3)` where the hands hold, left of the picture first.
        ahead_m: Distance of the body from the camera.
        t_s: For the small sway of somebody who stands.
    """
    sway_m = float(hands_m[:, 0].mean()) * 0.5
    points = pose(figure.build, phase=0.0, speed_mps=0.0, t_s=t_s, glance_rad=0.0)
    points = place(points, np.array([sway_m, ahead_m]), _FACING)
    height_m = figure.build.height_m
    # He faces the camera: his right hand is on the picture's left.
    for side, hand in (("R", hands_m[0]), ("L", hands_m[1])):
        palm = hand - np.array([0.0, 0.0, _PALM_BELOW_M])
        shoulder = points[Ball[f"UPPER_ARM_{side}"]]
        elbow, wrist = _arm(shoulder, palm, _UPPER * height_m, (_LOWER + _PALM) * height_m, side)
        points[Ball[f"ELBOW_{side}"]] = elbow
        points[Ball[f"WRIST_{side}"]] = wrist
        points[Ball[f"HAND_{side}"]] = palm
    return points


def _arm(
    shoulder: Float64, palm: Float64, upper_m: float, lower_m: float, side: str
) -> tuple[Float64, Float64]:
    """Give elbow and wrist of an arm that reaches for a place; the elbow hangs down and out."""
    line = palm - shoulder
    distance = float(np.clip(np.sqrt(line @ line), 0.15, 0.995 * (upper_m + lower_m)))
    unit = line / max(float(np.sqrt(line @ line)), 1e-6)
    along = (upper_m**2 - lower_m**2 + distance**2) / (2 * distance)
    bend = np.sqrt(max(upper_m**2 - along**2, 0.0))
    out = np.array([-0.5 if side == "R" else 0.5, 0.1, -1.0])
    out = out - unit * float(out @ unit)
    out = out / np.sqrt(out @ out)
    elbow = shoulder + unit * along + out * bend
    fore = palm - elbow
    wrist = elbow + fore * (_LOWER / (_LOWER + _PALM))
    return np.asarray(elbow), np.asarray(wrist)


def ball_sprite(place_px: Float64, radius_px: float, colour: Colour, light_xy: tuple[float, float]) -> Sprite:
    """Draw a ball with a light and a dark side."""
    x, y = float(place_px[0]), float(place_px[1])
    pad = Pad((x - radius_px, y - radius_px, x + radius_px, y + radius_px), fineness=4)
    outlines = rounds(pad, np.array([[x, y]]), np.array([radius_px]), levels=_LEVELS, light_xy=light_xy)
    for level, paint in enumerate(shades(colour, _LEVELS, dark=0.62, light=1.16)):
        pad.hull(outlines[0, level].reshape(-1, 2), paint)
    return pad.sprite()


def fingers_sprite(
    place_px: Float64, radius_px: float, skin: Colour, light_xy: tuple[float, float], side: float
) -> Sprite:
    """Draw the fingers that close over the lower part of a held ball; `side` is -1 for the picture's left hand."""
    x, y, r = float(place_px[0]), float(place_px[1]), radius_px
    pad = Pad((x - 1.6 * r, y - r, x + 1.6 * r, y + 2 * r), fineness=4)
    knuckles = np.array(
        [[x - 0.95 * r, y + 0.35 * r], [x - 0.45 * r, y + 0.75 * r], [x + 0.45 * r, y + 0.75 * r],
         [x + 0.95 * r, y + 0.35 * r], [x + side * 0.3 * r, y + 1.0 * r]]
    )  # fmt: skip
    radii = np.array([0.26, 0.34, 0.34, 0.26, 0.4]) * r
    outlines = rounds(pad, knuckles, radii, levels=3, light_xy=light_xy)
    for level, paint in enumerate(shades(skin, 3)):
        for first, second in ((0, 1), (1, 4), (4, 2), (2, 3)):
            both = np.concatenate([outlines[first, level], outlines[second, level]])
            pad.hull(both.reshape(-1, 2), paint)
    return pad.sprite()


def radius_px(camera: Camera, depth_m: float) -> float:
    """Give how large a ball is in the picture."""
    return BALL_M * camera.focal_px / depth_m
