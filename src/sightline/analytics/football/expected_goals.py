"""How likely a shot is to become a goal, by where it is taken from (xG)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import PitchSize

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

GOAL_WIDTH_M = 7.32
PENALTY = 0.79
SOURCE = (
    "databallpy 0.8.1 (MIT), models/xg_params.json: logistic regressions on distance and angle, fitted by its authors "
    "(on what, their documentation says); nothing was fitted or tuned here"
)


class ShotKind(StrEnum):
    """What the model distinguishes."""

    FOOT = "foot"
    HEAD = "head"
    FREE_KICK = "free_kick"
    PENALTY = "penalty"


@dataclass(frozen=True, slots=True)
class ShotModel:
    """A logistic model of distance and angle, each less its mean and divided by its deviation.

    Attributes:
        intercept: Log odds of the average shot.
        distance: Log odds a standard deviation of distance.
        angle: Log odds a standard deviation of angle.
        distance_m: Mean and variance of the distance in metres.
        angle_deg: Mean and variance of the angle in degrees.
    """

    intercept: float
    distance: float
    angle: float
    distance_m: tuple[float, float]
    angle_deg: tuple[float, float]


MODELS = {
    ShotKind.FOOT: ShotModel(
        -2.431934835054635,
        -0.6108847292678112,
        0.31690681366731754,
        (18.610252422407328, 52.86317816375148),
        (22.34941514934875, 185.6593693612403),
    ),
    ShotKind.HEAD: ShotModel(
        -2.30030831622827,
        -0.57939127065448,
        0.2148479294745147,
        (9.13954191538091, 14.46888614244048),
        (43.49327002439046, 323.0510616626891),
    ),
    ShotKind.FREE_KICK: ShotModel(
        -3.0633649317411975,
        -0.8156609029417168,
        0.0828756429726481,
        (26.57829838221245, 21.954245292998916),
        (14.372910103306053, 12.927331957600138),
    ),
}


def expected_goals(
    points_m: Float64, kind: ShotKind = ShotKind.FOOT, *, attacks: int = 1, pitch: PitchSize | None = None
) -> Float64:
    """Give the chance that shots from these places score.

    It knows where a shot is taken from and nothing else: not the keeper, not the defenders, not the ball's height.

    Args:
        points_m: `(n, 2)` float64 in `Space.PITCH_M`.
        kind: With what, or from what; a penalty has one value.
        attacks: +1 where the shooting team attacks towards +x, -1 the other way.
        pitch: The field, 105 x 68 m where left out.

    Returns:
        `(n,)` 0..1; NaN where a place is not known.

    Source:
        See `SOURCE`. A penalty: 0.79, as there.
    """
    distance_m, angle_deg = shot_geometry(points_m, attacks=attacks, pitch=pitch)
    if kind is ShotKind.PENALTY:
        return np.where(np.isfinite(distance_m), PENALTY, np.nan)
    model = MODELS[kind]
    odds = (
        model.intercept
        + model.distance * (distance_m - model.distance_m[0]) / np.sqrt(model.distance_m[1])
        + model.angle * (angle_deg - model.angle_deg[0]) / np.sqrt(model.angle_deg[1])
    )
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def shot_geometry(
    points_m: Float64, *, attacks: int = 1, pitch: PitchSize | None = None
) -> tuple[Float64, Float64]:
    """Give the distance to the goal's middle in metres and the angle between the posts in degrees.

    Args:
        points_m: `(n, 2)` in `Space.PITCH_M`.
        attacks: +1 or -1, which goal.
        pitch: The field.
    """
    goal_x_m = (pitch or PitchSize()).length_m / 2
    x, y = points_m[:, 0] * attacks, points_m[:, 1] * attacks
    distance_m = np.hypot(goal_x_m - x, y)
    posts = [np.arctan2(side * GOAL_WIDTH_M / 2 - y, goal_x_m - x) for side in (1.0, -1.0)]
    angle = np.abs(posts[0] - posts[1])
    return distance_m, np.degrees(np.minimum(angle, 2 * np.pi - angle))
