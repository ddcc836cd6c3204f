"""Balls from tracklets: each goes on as one other at most, in flight or through a hand.

Two things tell whether a tracklet goes on as another: one parabola lies close to the end of the first and the begin of
the second, or one hand is near to both. A logistic rule weighs them; all links of a clip are then chosen at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.analytics.juggling.stitching.pairs import fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sightline.analytics.juggling.stitching.tracklets import Tracklet
    from sightline.core.arrays import Float64, Int64

FEATURES = ("constant", "log misfit of one parabola", "log distance from one hand")
_NEAR = 8  # detections on either side
_FEWEST_BENT = 6  # that show a curve
_MOST_FALL = 2.2  # px per frame per frame
_SOFT_MISFIT_PX, _SOFT_HAND_PX = 5.0, 50.0
_IMPOSSIBLE = 1e3
_LEAST = np.arange(-4.0, 2.01, 0.25)
Link = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Links:
    """What may go on as what.

    Attributes:
        pairs: Numbers of the tracklets, the earlier first.
        rows: `(n, 3)` what the rule looks at; see `FEATURES`.
    """

    pairs: tuple[Link, ...]
    rows: Float64


def links(tracklets: Sequence[Tracklet], hands_px: Float64, *, most_frames: int = 16) -> Links:
    """Give all pairs of which the second is first seen soon after the first is last seen.

    Args:
        tracklets: Of a clip.
        hands_px: `(frames, 2, 2)` the left and the right hand in each frame.
        most_frames: How soon.
    """
    pairs, rows = [], []
    for one in tracklets:
        for other in tracklets:
            if not 0 < other.frames[0] - one.frames[-1] <= most_frames:
                continue
            pairs.append((one.number, other.number))
            misfit, hand = _misfit_px(one, other), _hand_px(one, other, hands_px)
            rows.append((1.0, np.log(misfit + _SOFT_MISFIT_PX) - 3.0, np.log(hand + _SOFT_HAND_PX) - 5.0))
    return Links(tuple(pairs), np.array(rows).reshape(-1, len(FEATURES)))


def _misfit_px(one: Tracklet, other: Tracklet) -> float:
    """Give how far the last and the first detections lie from one parabola that opens downwards."""
    t = np.concatenate([one.frames[-_NEAR:], other.frames[:_NEAR]]).astype(np.float64)
    t -= t.mean()
    points = np.concatenate([one.points_px[-_NEAR:], other.points_px[:_NEAR]])
    line = np.stack([np.ones_like(t), t], axis=1)
    half = 0.0
    if len(t) >= _FEWEST_BENT:
        curve = np.column_stack([line, t**2])
        half = float(np.clip(np.linalg.lstsq(curve, points[:, 1], rcond=None)[0][2], 0, _MOST_FALL / 2))
    fallen = points - np.column_stack([np.zeros_like(t), half * t**2])
    strays = fallen - line @ np.linalg.lstsq(line, fallen, rcond=None)[0]
    return float(np.sqrt((strays**2).sum(axis=1).mean()))


def _hand_px(one: Tracklet, other: Tracklet, hands_px: Float64) -> float:
    """Give how far from one hand a ball was last and first seen, the farther of both, for the nearer hand."""
    last = np.linalg.norm(hands_px[one.frames[-1]] - one.points_px[-1], axis=1)
    first = np.linalg.norm(hands_px[other.frames[0]] - other.points_px[0], axis=1)
    return float(np.maximum(last, first).min())


def chosen(pairs: Sequence[Link], scores: Float64, least: float) -> dict[int, int]:
    """Give for each tracklet the one that it goes on as, where there is one: most score in all, each only once.

    Args:
        pairs: What may go on as what.
        scores: `(n,)` how likely each is, in logits.
        least: What a link must score to be made.
    """
    ones, others = sorted({one for one, _ in pairs}), sorted({other for _, other in pairs})
    cost = np.full((len(ones), len(others) + len(ones)), _IMPOSSIBLE)
    cost[np.arange(len(ones)), len(others) + np.arange(len(ones))] = -least
    for (one, other), score in zip(pairs, scores.tolist(), strict=True):
        cost[ones.index(one), others.index(other)] = -score
    rows, columns = linear_sum_assignment(cost)
    return {
        ones[a]: others[b] for a, b in zip(rows.tolist(), columns.tolist(), strict=True) if b < len(others)
    }


def is_same(following: Mapping[int, int], one: int, other: int) -> bool:
    """Whether a tracklet comes to be another, directly or through others."""
    while one in following:
        one = following[one]
        if one == other:
            return True
    return False


def judged(found: Links, asked: Sequence[Link], right: NDArray[np.bool_], fold: Int64) -> NDArray[np.bool_]:
    """Say of each pair whether both are one ball, by a rule learnt on all folds but the pair's own.

    Args:
        found: All pairs that are possible.
        asked: `n` pairs that were judged.
        right: `(n,)` what was judged.
        fold: `(n,)` from `pairs.folds`.
    """
    place = {pair: row for row, pair in enumerate(found.pairs)}
    rows = np.array([place.get(pair, -1) for pair in asked])
    said = np.zeros(len(asked), np.bool_)
    for one in np.unique(fold):
        others = fold != one
        known = others & (rows >= 0)
        scores = found.rows @ fit(found.rows[rows[known]], right[known])
        least = _best_least(
            found, scores, [pair for pair, use in zip(asked, others, strict=True) if use], right[others]
        )
        following = chosen(found.pairs, scores, least)
        inside = np.flatnonzero(~others)
        said[inside] = [is_same(following, *asked[row]) for row in inside.tolist()]
    return said


def _best_least(found: Links, scores: Float64, asked: Sequence[Link], right: NDArray[np.bool_]) -> float:
    """Give the least score that does best on some judged pairs; the middle one of those that do equally well."""
    worth = []
    for least in _LEAST:
        following = chosen(found.pairs, scores, float(least))
        said = np.array([is_same(following, *pair) for pair in asked])
        worth.append(2 * int((said & right).sum()) / max(1, int(said.sum() + right.sum())))
    best = np.flatnonzero(np.array(worth) >= max(worth) - 1e-9)
    return float(_LEAST[best[len(best) // 2]])
