"""A walking body: balls in space that a figure is drawn from, and the gait that moves them.

Feet follow a prescribed path under the hips and the knees are solved for, so a foot on the ground never
slides while the body moves at the speed its stride was made for.

Source:
    Segment lengths as shares of height: Winter, Biomechanics and Motor Control of Human Movement, 4th ed.,
    figure 4.1. Stance lasts about 0.62 of the gait cycle: Perry & Burnfield, Gait Analysis, 2nd ed., chapter 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

STANCE = 0.62
"""Share of the gait cycle that a foot spends on the ground."""


class Ball(IntEnum):
    """The balls of a body; `L`, `R` are its own left and right."""

    HIP_L = 0
    HIP_R = 1
    WAIST_L = 2
    WAIST_R = 3
    CHEST_L = 4
    CHEST_R = 5
    SHOULDER_L = 6
    SHOULDER_R = 7
    NECK = 8
    JAW = 9
    CROWN = 10
    HAIR = 11
    HAIR_BACK = 12
    UPPER_ARM_L = 13
    ELBOW_L = 14
    WRIST_L = 15
    HAND_L = 16
    UPPER_ARM_R = 17
    ELBOW_R = 18
    WRIST_R = 19
    HAND_R = 20
    THIGH_L = 21
    KNEE_L = 22
    ANKLE_L = 23
    HEEL_L = 24
    TOE_L = 25
    THIGH_R = 26
    KNEE_R = 27
    ANKLE_R = 28
    HEEL_R = 29
    TOE_R = 30
    PACK_TOP = 31
    PACK_LOW = 32
    HEM_L = 33
    HEM_R = 34
    MID_THIGH_L = 35
    MID_THIGH_R = 36
    BAG_TOP_FRONT = 37
    BAG_TOP_BACK = 38
    BAG_LOW_FRONT = 39
    BAG_LOW_BACK = 40


_RADII = {
    Ball.HIP_L: 0.056, Ball.HIP_R: 0.056, Ball.WAIST_L: 0.053, Ball.WAIST_R: 0.053,
    Ball.CHEST_L: 0.062, Ball.CHEST_R: 0.062, Ball.SHOULDER_L: 0.038, Ball.SHOULDER_R: 0.038,
    Ball.NECK: 0.032, Ball.JAW: 0.040, Ball.CROWN: 0.052, Ball.HAIR: 0.060, Ball.HAIR_BACK: 0.050,
    Ball.UPPER_ARM_L: 0.034, Ball.ELBOW_L: 0.027, Ball.WRIST_L: 0.021, Ball.HAND_L: 0.023,
    Ball.UPPER_ARM_R: 0.034, Ball.ELBOW_R: 0.027, Ball.WRIST_R: 0.021, Ball.HAND_R: 0.023,
    Ball.THIGH_L: 0.052, Ball.KNEE_L: 0.034, Ball.ANKLE_L: 0.027, Ball.HEEL_L: 0.021, Ball.TOE_L: 0.018,
    Ball.THIGH_R: 0.052, Ball.KNEE_R: 0.034, Ball.ANKLE_R: 0.027, Ball.HEEL_R: 0.021, Ball.TOE_R: 0.018,
    Ball.PACK_TOP: 0.058, Ball.PACK_LOW: 0.070, Ball.HEM_L: 0.060, Ball.HEM_R: 0.060,
    Ball.MID_THIGH_L: 0.048, Ball.MID_THIGH_R: 0.048,
    Ball.BAG_TOP_FRONT: 0.018, Ball.BAG_TOP_BACK: 0.018, Ball.BAG_LOW_FRONT: 0.022, Ball.BAG_LOW_BACK: 0.022,
}  # fmt: skip

RADII: Float64 = np.array([_RADII[ball] for ball in Ball])
"""Radius of each ball as a share of body height, in the order of `Ball`."""


@dataclass(frozen=True, slots=True)
class Build:
    """What is peculiar to one body.

    Attributes:
        height_m: From sole to crown.
        girth: Radii are multiplied by it.
        arm_swing: 1 is usual; 0 holds the arms still.
        left_hand, right_hand: What the hand does: `swing`, `phone`, `pocket` or `carry`.
        lean_rad: How far the trunk leans ahead.
    """

    height_m: float = 1.72
    girth: float = 1.0
    arm_swing: float = 1.0
    left_hand: str = "swing"
    right_hand: str = "swing"
    lean_rad: float = 0.05


@dataclass(frozen=True, slots=True)
class _Gait:
    """What all limbs need to know of one moment; `pace` is 1 at a brisk walk, the rest is in metres."""

    build: Build
    pace: float
    reach: float
    sway: float
    hips_z: float


def _sign(side: str) -> float:
    return -1.0 if side == "L" else 1.0


def stride_m(speed_mps: float | Float64) -> Float64:
    """Give the length of a whole gait cycle at a speed: it grows with the root of the speed.

    Source:
        Step length rises about with the square root of speed: Grieve, Bio-Medical Engineering 3 (1968).
    """
    result: Float64 = 1.22 * np.sqrt(np.maximum(speed_mps, 0.0))
    return result


def radii_m(build: Build) -> Float64:
    """Give the balls' radii in metres, `(len(Ball),)`."""
    return RADII * build.height_m * build.girth


def pose(build: Build, *, phase: float, speed_mps: float, t_s: float, glance_rad: float = 0.0) -> Float64:
    """Give where the balls are, in a frame that stands on the ground below the hips.

    Args:
        build: Whose body.
        phase: Place in the gait cycle, 0..1; at 0 the left heel strikes.
        speed_mps: How fast the body moves ahead; at 0 it stands.
        t_s: Time, for the small sway of somebody who stands.
        glance_rad: How far the head is turned to the left.

    Returns:
        `(len(Ball), 3)` metres: x to the right, y ahead, z up.
    """
    height_m = build.height_m
    pace = min(speed_mps / 1.3, 1.3)
    gait = _Gait(
        build=build,
        pace=pace,
        reach=float(stride_m(speed_mps)) * STANCE,
        sway=float((1 - min(pace, 1.0)) * 0.012 * np.sin(1.3 * t_s + 5 * build.girth)),
        hips_z=float(height_m * (0.522 - 0.012 * min(pace, 1.0)) - 0.018 * pace * np.cos(4 * np.pi * phase)),
    )
    points = np.zeros((len(Ball), 3))
    for side, shift in (("L", 0.0), ("R", 0.5)):
        _leg(points, side, (phase + shift) % 1.0, gait)
    _trunk(points, phase, glance_rad, gait)
    for side, shift in (("L", 0.0), ("R", 0.5)):
        _arm(points, side, (phase + shift) % 1.0, gait)
    return points


def place(points_m: Float64, position_m: Float64, heading: Float64) -> Float64:
    """Give body points in the world.

    Args:
        points_m: `(n, 3)` from `pose`.
        position_m: `(2,)` on the ground.
        heading: `(2,)` of length 1, where the body faces on the ground.

    Returns:
        `(n, 3)` world metres.
    """
    right = np.array([heading[1], -heading[0]])
    ground = points_m[:, :1] * right + points_m[:, 1:2] * heading + position_m
    placed: Float64 = np.c_[ground, points_m[:, 2]]
    return placed


def _foot(place: float, reach: float, pace: float, height_m: float) -> tuple[float, float, float]:
    """Give how far ahead of the hip the ankle is, how high it is lifted, and how far the toes point down."""
    lift = min(pace, 1.0)
    if place < STANCE:
        share = place / STANCE
        rise = max(share - 0.62, 0.0) / 0.38
        strike = max(1 - share / 0.15, 0.0)
        return (
            reach * (0.5 - share),
            0.038 * height_m * rise**2 * lift,
            (0.75 * rise**2 - 0.3 * strike) * lift,
        )
    share = (place - STANCE) / (1 - STANCE)
    ahead = share - np.sin(2 * np.pi * share) / (2 * np.pi)
    height = 0.038 * (1 - share) ** 2 + 0.055 * np.sin(np.pi * share) ** 1.5
    return reach * (ahead - 0.5), height * height_m * lift, (0.75 * (1 - share) ** 2 - 0.3 * share**2) * lift


def _leg(points: Float64, side: str, place: float, gait: _Gait) -> None:
    height_m = gait.build.height_m
    hip = np.array([_sign(side) * 0.045 * height_m + gait.sway, 0.0, gait.hips_z])
    thigh, shin, sole = 0.245 * height_m, 0.246 * height_m, 0.039 * height_m
    ahead, lifted, pitch = _foot(place, gait.reach, gait.pace, height_m)
    ankle = np.array([hip[0] * 0.75, ahead, sole + lifted])
    line = ankle - hip
    distance = float(np.sqrt(line @ line))
    if distance > 0.998 * (thigh + shin):  # out of reach: the ankle comes up, as a heel does
        ankle = hip + line * (0.998 * (thigh + shin) / distance)
        line, distance = ankle - hip, 0.998 * (thigh + shin)
    along = (thigh**2 - shin**2 + distance**2) / (2 * distance)
    bend = np.sqrt(max(thigh**2 - along**2, 0.0))
    unit = line / distance
    forward = np.array([0.0, -unit[2], unit[1]])
    forward = forward / np.sqrt(forward @ forward)
    knee = hip + unit * along + forward * bend
    turn = np.array([0.0, np.cos(pitch), -np.sin(pitch)])
    below = np.array([0.0, -np.sin(pitch), -np.cos(pitch)]) * (sole - 0.02 * height_m)
    points[Ball[f"HIP_{side}"]] = hip + np.array([0.0, 0.0, 0.012 * height_m])
    points[Ball[f"THIGH_{side}"]] = hip * (1.15, 1, 1) - np.array([0.0, 0.0, 0.02 * height_m])
    points[Ball[f"MID_THIGH_{side}"]] = hip + (knee - hip) * 0.62
    points[Ball[f"KNEE_{side}"]] = knee
    points[Ball[f"ANKLE_{side}"]] = ankle
    points[Ball[f"HEEL_{side}"]] = ankle + below - turn * 0.025 * height_m
    points[Ball[f"TOE_{side}"]] = ankle + below + turn * 0.095 * height_m + (0.0, 0.0, -0.002 * height_m)
    points[Ball[f"HEM_{side}"]] = hip * (1.3, 1, 1) + (knee - hip) * 0.85


def _trunk(points: Float64, phase: float, glance_rad: float, gait: _Gait) -> None:
    height_m, hips_z, sway = gait.build.height_m, gait.hips_z, gait.sway
    twist = 0.12 * min(gait.pace, 1.2) * np.cos(2 * np.pi * phase)
    tilt = gait.build.lean_rad + 0.02 * gait.pace

    def on_spine(share: float, across: float, back: float, turn: float) -> Float64:
        up = share * height_m - hips_z
        x, y = across * height_m * np.cos(turn), across * height_m * np.sin(turn)
        x, y = x - back * height_m * -np.sin(turn), y - back * height_m * np.cos(turn)
        return np.array([x + sway * (1 + up), y + up * np.sin(tilt), hips_z + up * np.cos(tilt)])

    drop = 0.522 - hips_z / height_m
    for name, share, across, back, turn in (
        ("WAIST", 0.60, 0.036, 0.0, 0.0),
        ("CHEST", 0.715, 0.046, 0.0, -twist),
        ("SHOULDER", 0.803, 0.092, 0.0, -twist * 1.3),
    ):
        for side in ("L", "R"):
            points[Ball[f"{name}_{side}"]] = on_spine(share - drop, _sign(side) * across, back, turn)
    points[Ball.NECK] = on_spine(0.845 - drop, 0.0, 0.0, 0.0)
    points[Ball.JAW] = on_spine(0.895 - drop, 0.0, -0.020, glance_rad)
    points[Ball.CROWN] = on_spine(0.934 - drop, 0.0, -0.010, glance_rad)
    points[Ball.HAIR] = on_spine(0.940 - drop, 0.0, 0.007, glance_rad)
    points[Ball.HAIR_BACK] = on_spine(0.880 - drop, 0.0, 0.026, glance_rad)
    points[Ball.PACK_TOP] = on_spine(0.760 - drop, 0.0, 0.085, -twist)
    points[Ball.PACK_LOW] = on_spine(0.635 - drop, 0.0, 0.090, -twist)


def _arm(points: Float64, side: str, place: float, gait: _Gait) -> None:
    build, pace, sign = gait.build, gait.pace, _sign(side)
    act = build.left_hand if side == "L" else build.right_hand
    height_m = build.height_m
    swing = -0.42 * np.cos(2 * np.pi * place) * min(pace, 1.2) * build.arm_swing
    bend, spread, inward = 0.22 + 0.25 * max(swing, 0.0) + 0.12 * pace, 0.10, 0.0
    if act == "phone":
        swing, bend, spread, inward = 0.35 + 0.03 * swing, 1.75, 0.16, 0.55
    elif act == "pocket":
        swing, bend, spread, inward = -0.28 + 0.1 * swing, 0.75, 0.26, 0.3
    elif act == "carry":
        swing, bend = 0.3 * swing, 0.12
    shoulder = points[Ball[f"SHOULDER_{side}"]] + (sign * 0.020 * height_m, 0.0, -0.008 * height_m)
    upper = np.array([sign * np.sin(spread), np.sin(swing), -np.cos(swing) * np.cos(spread)])
    lower = np.array(
        [sign * (np.sin(spread) * 0.3 - np.sin(inward)), np.sin(swing + bend), -np.cos(swing + bend)]
    )
    upper, lower = upper / np.sqrt(upper @ upper), lower / np.sqrt(lower @ lower)
    elbow = shoulder + upper * 0.180 * height_m
    wrist = elbow + lower * 0.142 * height_m
    points[Ball[f"UPPER_ARM_{side}"]] = shoulder
    points[Ball[f"ELBOW_{side}"]] = elbow
    points[Ball[f"WRIST_{side}"]] = wrist
    points[Ball[f"HAND_{side}"]] = wrist + lower * 0.045 * height_m
    if side == "R":
        hand = points[Ball.HAND_R] + (0.025 * height_m, 0.0, 0.0)
        for ball, ahead, down in (
            (Ball.BAG_TOP_FRONT, 0.065, 0.045),
            (Ball.BAG_TOP_BACK, -0.065, 0.045),
            (Ball.BAG_LOW_FRONT, 0.070, 0.175),
            (Ball.BAG_LOW_BACK, -0.070, 0.175),
        ):
            points[ball] = hand + np.array([0.0, ahead, -down]) * height_m
