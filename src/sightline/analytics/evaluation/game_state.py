"""Scores who is where on the pitch: GS-HOTA, SoccerNet's measure of game state reconstruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.evaluation.mot import hota_of

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int64

Who = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class GameState:
    """People on the pitch over a whole video, in any order.

    Attributes:
        frames: `(n,)` int64.
        track_ids: `(n,)` int64; within a frame each at most once.
        points_m: `(n, 2)` float64 on the pitch.
        who: `n` times role, team and shirt number, None for what is not known.
    """

    frames: Int64
    track_ids: Int64
    points_m: Float64
    who: Sequence[Who]


def evaluate_game_state(truth: GameState, found: GameState, *, tolerance_m: float = 5.0) -> dict[str, float]:
    """Score a reconstruction.

    The similarity of two people is `exp(ln(0.05) d^2 / tolerance^2)`, 0.05 at the tolerance, times 1 where role,
    team and shirt number are all equal (not known equals not known) and 0 where one differs; HOTA is taken on it.

    Args:
        truth: What was really there.
        found: What was reconstructed.
        tolerance_m: Distance at which the similarity has fallen to 0.05.

    Returns:
        `hota`, `det_a`, `ass_a` and their parts, 0..1.

    Source:
        Somers et al., "SoccerNet Game State Reconstruction", CVPR workshops 2024, section 4.
    """
    truth_ids, found_ids = (_dense(state.track_ids) for state in (truth, found))
    names = {who: number for number, who in enumerate(dict.fromkeys([*truth.who, *found.who]))}
    truth_who, found_who = (np.array([names[who] for who in state.who], np.int64) for state in (truth, found))
    steps = []
    for frame in np.intersect1d(truth.frames, found.frames).tolist():
        mine, theirs = np.flatnonzero(truth.frames == frame), np.flatnonzero(found.frames == frame)
        apart = truth.points_m[mine][:, None, :] - found.points_m[theirs][None, :, :]
        near = np.exp(np.log(0.05) * (apart**2).sum(axis=2) / tolerance_m**2)
        same = truth_who[mine][:, None] == found_who[theirs][None, :]
        steps.append((truth_ids[mine], found_ids[theirs], np.where(same, np.nan_to_num(near), 0.0)))
    return hota_of(steps, np.bincount(truth_ids), np.bincount(found_ids))


def _dense(ids: Int64) -> Int64:
    return np.asarray(np.unique(ids, return_inverse=True)[1], np.int64)
