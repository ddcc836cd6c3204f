"""Bodies that walk, run, kick, jump and dive: joint angles in, balls in space out, many bodies at once.

A body is the set of balls of `sim.body`; here its limbs are turned by joint angles, so it can leave the ground.

Source:
    Segment lengths as shares of height: Winter, Biomechanics and Motor Control of Human Movement, 4th ed.,
    figure 4.1. Courses of hip and knee over the running cycle: Novacheck, The biomechanics of running,
    Gait & Posture 7 (1998), figure 5.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from sightline.sim.body import Ball

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_THIGH, _SHIN, _SOLE = 0.245, 0.246, 0.039
_UPPER_ARM, _LOWER_ARM, _HAND = 0.172, 0.142, 0.045


class Joint(IntEnum):
    """Columns of a posture; radians unless the name says metres. Flexion is forward, for knees backward."""

    LEAN = 0
    SIDE = 1
    TWIST = 2
    HIP_L = 3
    HIP_R = 4
    SPREAD_L = 5
    SPREAD_R = 6
    KNEE_L = 7
    KNEE_R = 8
    SHOULDER_L = 9
    SHOULDER_R = 10
    ARM_OUT_L = 11
    ARM_OUT_R = 12
    ELBOW_L = 13
    ELBOW_R = 14
    ROLL = 15
    PITCH = 16
    LIFT_M = 17


ACTIONS: dict[str, dict[str, float]] = {
    "stand": {},
    "ready": {
        "LEAN": 0.35, "HIP_L": 0.75, "HIP_R": 0.75, "KNEE_L": 1.0, "KNEE_R": 1.0, "SPREAD_L": 0.25, "SPREAD_R": 0.25,
        "ARM_OUT_L": 0.7, "ARM_OUT_R": 0.7, "SHOULDER_L": 0.5, "SHOULDER_R": 0.5, "ELBOW_L": 0.7, "ELBOW_R": 0.7,
    },
    "kick": {
        "LEAN": -0.15, "HIP_R": 1.0, "KNEE_R": 0.3, "HIP_L": -0.1, "KNEE_L": 0.3, "ARM_OUT_L": 1.1, "SHOULDER_R": -0.6,
        "ARM_OUT_R": 0.4, "TWIST": 0.4,
    },
    "swing": {
        "LEAN": 0.1, "HIP_R": -0.75, "KNEE_R": 1.4, "HIP_L": 0.25, "KNEE_L": 0.3, "ARM_OUT_L": 1.2, "SHOULDER_R": 0.5,
        "TWIST": -0.4,
    },
    "jump": {
        "LIFT_M": 0.4, "HIP_L": 0.2, "HIP_R": 0.6, "KNEE_L": 0.7, "KNEE_R": 1.2, "ARM_OUT_L": 0.9, "ARM_OUT_R": 0.9,
        "ELBOW_L": 0.8, "ELBOW_R": 0.8, "LEAN": 0.1,
    },
    "throw": {
        "SHOULDER_L": 2.7, "SHOULDER_R": 2.7, "ELBOW_L": 0.9, "ELBOW_R": 0.9, "LEAN": -0.12, "HIP_L": 0.3, "HIP_R": -0.2,
        "KNEE_R": 0.3,
    },
    "dive": {
        "ROLL": 1.15, "SHOULDER_L": 2.8, "SHOULDER_R": 2.8, "ARM_OUT_L": 0.2, "ARM_OUT_R": 0.2, "HIP_L": 0.5, "KNEE_L": 0.7,
        "LIFT_M": 0.35,
    },
    "slide": {
        "PITCH": -0.95, "HIP_R": 0.9, "HIP_L": 0.6, "KNEE_L": 1.5, "KNEE_R": 0.1, "ARM_OUT_L": 0.8, "ARM_OUT_R": 0.9,
        "SHOULDER_R": -0.6,
    },
    "point": {"ARM_OUT_R": 1.55, "ELBOW_R": 0.05},
    "flag": {"SHOULDER_R": 3.0, "ELBOW_R": 0.05},
    "hips": {"ARM_OUT_L": 0.75, "ARM_OUT_R": 0.75, "SHOULDER_L": -0.3, "SHOULDER_R": -0.3, "ELBOW_L": 1.7, "ELBOW_R": 1.7},
    "crouch": {"LEAN": 0.9, "HIP_L": 0.8, "HIP_R": 0.8, "KNEE_L": 0.6, "KNEE_R": 0.6, "SHOULDER_L": 0.6, "SHOULDER_R": 0.6},
}  # fmt: skip
"""Postures by name, as differences from standing."""


def action(name: str) -> Float64:
    """Give a named posture as a row of joints."""
    row = np.zeros(len(Joint))
    for joint, value in ACTIONS[name].items():
        row[Joint[joint]] = value
    return row


def stride_m(speeds_mps: Float64) -> Float64:
    """Give the length of a whole gait cycle; it grows with the root of the speed.

    Source:
        Step length rises about with the square root of speed: Grieve, Bio-Medical Engineering 3 (1968).
    """
    result: Float64 = 1.32 * np.sqrt(np.maximum(speeds_mps, 0.05))
    return result


def gait(speeds_mps: Float64, phases: Float64) -> Float64:
    """Give the postures of bodies that stand, walk or run ahead.

    Args:
        speeds_mps: `(n,)`, >= 0.
        phases: `(n,)` place in the gait cycle, 0..1; at 0 the left foot strikes.

    Returns:
        `(n, len(Joint))`.
    """
    run = np.clip((speeds_mps - 1.9) / 1.4, 0.0, 1.0)
    pace = np.clip(speeds_mps / 1.5, 0.0, 1.0)
    fast = np.clip(speeds_mps, 0.0, 9.0)
    rows = np.zeros((len(speeds_mps), len(Joint)))
    swing = (1 - run) * 0.42 * pace + run * (0.42 + 0.065 * fast)
    for side, shift in (("L", 0.0), ("R", 0.5)):
        place = (phases + shift) % 1.0
        wave = np.cos(2 * np.pi * place)
        lifted = np.exp(-(((place - 0.70) / 0.15) ** 2))
        landed = np.exp(-(((place - 0.15) / 0.12) ** 2))
        rows[:, Joint[f"HIP_{side}"]] = 0.05 * pace + 0.2 * run + swing * wave
        rows[:, Joint[f"KNEE_{side}"]] = (
            0.06
            + 0.3 * run
            + 0.2 * run * landed
            + lifted * ((1 - run) * 1.0 * pace + run * (1.05 + 0.09 * fast))
        )
        rows[:, Joint[f"SHOULDER_{side}"]] = -wave * ((1 - run) * 0.4 * pace + run * 0.85)
        rows[:, Joint[f"ELBOW_{side}"]] = 0.2 + 0.15 * pace + run * 1.15
        rows[:, Joint[f"ARM_OUT_{side}"]] = 0.10 + 0.14 * run
        rows[:, Joint[f"SPREAD_{side}"]] = 0.05
    rows[:, Joint.TWIST] = 0.18 * pace * np.cos(2 * np.pi * phases)
    rows[:, Joint.LEAN] = 0.03 + run * (0.08 + 0.018 * fast)
    rows[:, Joint.LIFT_M] = run * 0.06 * np.clip(np.sin(4 * np.pi * phases - 0.8), 0.0, 1.0)
    return rows


def shape(postures: Float64, heights_m: Float64) -> Float64:
    """Give where the balls are, in frames that stand on the ground below the hips.

    Args:
        postures: `(n, len(Joint))`.
        heights_m: `(n,)` from sole to crown.

    Returns:
        `(n, len(Ball), 3)` metres: x to the right, y ahead, z up. The lowest ball of each body touches the
        ground, or floats `LIFT_M` above it. Balls of packs and bags lie at the hips.
    """
    points = np.zeros((len(postures), len(Ball), 3))
    tall = heights_m[:, None]
    _trunk(points, postures, tall)
    for side, sign in (("L", -1.0), ("R", 1.0)):
        _leg(points, postures, tall, side, sign)
        _arm(points, postures, tall, side, sign)
    if postures[:, Joint.ROLL].any() or postures[:, Joint.PITCH].any():
        points = _fallen(points, postures)
    feet = (
        Ball.TOE_L,
        Ball.TOE_R,
        Ball.HEEL_L,
        Ball.HEEL_R,
        Ball.HIP_L,
        Ball.HIP_R,
        Ball.SHOULDER_L,
        Ball.SHOULDER_R,
    )
    low = points[:, feet, 2].min(axis=1) - 0.018 * heights_m
    points[:, :, 2] += (postures[:, Joint.LIFT_M] - low)[:, None]
    return points


def place(points_m: Float64, positions_m: Float64, headings: Float64) -> Float64:
    """Give bodies in the world.

    Args:
        points_m: `(n, b, 3)` from `shape`.
        positions_m: `(n, 2)` on the ground.
        headings: `(n, 2)` of length 1, where each body faces.

    Returns:
        `(n, b, 3)` world metres.
    """
    ahead = headings[:, None, :]
    right = np.stack([headings[:, 1], -headings[:, 0]], axis=1)[:, None, :]
    ground = points_m[:, :, :1] * right + points_m[:, :, 1:2] * ahead + positions_m[:, None, :]
    return np.concatenate([ground, points_m[:, :, 2:]], axis=2)


def _trunk(points: Float64, rows: Float64, tall: Float64) -> None:
    lean, side = rows[:, Joint.LEAN], rows[:, Joint.SIDE]

    def put(ball: Ball, share: float, across: float, back: float, turn: Float64) -> None:
        up = (share - 0.522) * tall[:, 0]
        x = across * tall[:, 0] * np.cos(turn) - back * tall[:, 0] * np.sin(turn)
        y = -across * tall[:, 0] * np.sin(turn) - back * tall[:, 0] * np.cos(turn)
        points[:, ball, 0] = x * np.cos(side) + up * np.sin(side)
        points[:, ball, 1] = y + up * np.sin(lean)
        points[:, ball, 2] = up * np.cos(lean) * np.cos(side) - x * np.sin(side) - y * np.sin(lean)

    twist, none = rows[:, Joint.TWIST], np.zeros(len(rows))
    for name, share, across, turn in (
        ("HIP", 0.530, 0.045, none),
        ("WAIST", 0.60, 0.036, none),
        ("CHEST", 0.715, 0.046, twist),
        ("SHOULDER", 0.803, 0.092, twist * 1.3),
    ):
        put(Ball[f"{name}_L"], share, -across, 0.0, turn)
        put(Ball[f"{name}_R"], share, across, 0.0, turn)
    put(Ball.NECK, 0.845, 0.0, 0.0, none)
    put(Ball.JAW, 0.895, 0.0, -0.020, none)
    put(Ball.CROWN, 0.934, 0.0, -0.010, none)
    put(Ball.HAIR, 0.940, 0.0, 0.007, none)
    put(Ball.HAIR_BACK, 0.880, 0.0, 0.026, none)


def _along(angles: Float64, out: Float64, sign: float) -> Float64:
    """Give the direction `(n, 3)` of a limb that hangs down, flexed forward and led outwards."""
    return np.stack([sign * np.sin(out), np.sin(angles) * np.cos(out), -np.cos(angles) * np.cos(out)], axis=1)


def _leg(points: Float64, rows: Float64, tall: Float64, side: str, sign: float) -> None:
    hip_angle, knee_angle = rows[:, Joint[f"HIP_{side}"]], rows[:, Joint[f"KNEE_{side}"]]
    out = rows[:, Joint[f"SPREAD_{side}"]]
    hip = np.zeros((len(rows), 3))
    hip[:, 0] = sign * 0.045 * tall[:, 0]
    thigh = _along(hip_angle, out, sign)
    shin = _along(hip_angle - knee_angle, out * 0.4, sign)
    knee = hip + thigh * _THIGH * tall
    ankle = knee + shin * _SHIN * tall
    pitch = np.clip((hip_angle - knee_angle) * 0.8, -1.2, 0.5)
    toward = np.stack([np.full(len(rows), sign * 0.15), np.cos(pitch), np.sin(pitch)], axis=1)
    below = np.stack([np.zeros(len(rows)), np.sin(pitch), -np.cos(pitch)], axis=1) * (_SOLE - 0.02) * tall
    points[:, Ball[f"THIGH_{side}"]] = hip * (1.15, 1, 1) - np.array([0.0, 0.0, 0.02]) * tall
    points[:, Ball[f"MID_THIGH_{side}"]] = hip + (knee - hip) * 0.62
    points[:, Ball[f"KNEE_{side}"]] = knee
    points[:, Ball[f"ANKLE_{side}"]] = ankle
    points[:, Ball[f"HEEL_{side}"]] = ankle + below - toward * 0.025 * tall
    points[:, Ball[f"TOE_{side}"]] = ankle + below + toward * 0.095 * tall
    points[:, Ball[f"HEM_{side}"]] = hip + (knee - hip) * 0.5


def _arm(points: Float64, rows: Float64, tall: Float64, side: str, sign: float) -> None:
    swing, out = rows[:, Joint[f"SHOULDER_{side}"]], rows[:, Joint[f"ARM_OUT_{side}"]]
    bend = rows[:, Joint[f"ELBOW_{side}"]]
    shoulder = points[:, Ball[f"SHOULDER_{side}"]] + np.array([sign * 0.02, 0.0, -0.008]) * tall
    upper = _along(swing, out, sign)
    lower = _along(swing + bend, out * 0.6, sign)
    elbow = shoulder + upper * _UPPER_ARM * tall
    wrist = elbow + lower * _LOWER_ARM * tall
    points[:, Ball[f"UPPER_ARM_{side}"]] = shoulder
    points[:, Ball[f"ELBOW_{side}"]] = elbow
    points[:, Ball[f"WRIST_{side}"]] = wrist
    points[:, Ball[f"HAND_{side}"]] = wrist + lower * _HAND * tall


def _fallen(points: Float64, rows: Float64) -> Float64:
    """Turn bodies about the hips: `ROLL` to the right, `PITCH` forward."""
    roll, pitch = rows[:, Joint.ROLL, None], rows[:, Joint.PITCH, None]
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    x, z = x * np.cos(roll) + z * np.sin(roll), z * np.cos(roll) - x * np.sin(roll)
    y, z = y * np.cos(pitch) + z * np.sin(pitch), z * np.cos(pitch) - y * np.sin(pitch)
    return np.stack([x, y, z], axis=-1)
