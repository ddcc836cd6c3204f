"""Which tracklet goes on as which, from gaps and errors alone: a logistic rule on few features, and plain rules beside it.

A pair is a tracklet that ended and one that began soon after. What tells is how far the second begins from where the
first was heading, how long after, and both in comparison with the pair's rivals: a ball goes on as one ball only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.arrays import frozen, same_rows
from sightline.core.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

FEATURES = ("constant", "log error", "gap", "error to rivals of source", "error to rivals of candidate",
            "gap to rivals of candidate", "gap to rivals of source")  # fmt: skip
_ALONE_PX = 700.0
_ALONE_FRAMES = 10.0
_SOFT_PX = 20.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Stitches that may be made.

    Attributes:
        sources: `(n,)` tracklets that ended.
        candidates: `(n,)` tracklets that began.
        gap_frames: `(n,)` frames between.
        errors_px: `(n,)` distance of the second's beginning from where the first was heading.
    """

    sources: Int64
    candidates: Int64
    gap_frames: Float64
    errors_px: Float64

    def __post_init__(self) -> None:
        for name, kind in (("sources", np.int64), ("candidates", np.int64)):
            object.__setattr__(self, name, frozen(name, getattr(self, name), (None,), kind))
        for name in ("gap_frames", "errors_px"):
            object.__setattr__(self, name, frozen(name, getattr(self, name), (None,), np.float64))
        same_rows(sources=self.sources, candidates=self.candidates, errors_px=self.errors_px)

    def __len__(self) -> int:
        return len(self.sources)


def features(pairs: Pairs) -> Float64:
    """Give what the rule looks at, `(n, 7)`; see `FEATURES`."""
    source_error = _best_rival(pairs.errors_px, pairs.sources, _ALONE_PX)
    candidate_error = _best_rival(pairs.errors_px, pairs.candidates, _ALONE_PX)
    soft = np.log(pairs.errors_px + _SOFT_PX)
    return np.stack(
        [
            np.ones(len(pairs)),
            soft - 5.0,
            pairs.gap_frames / 5.0,
            np.clip(soft - np.log(source_error + _SOFT_PX), -2, 2),
            np.clip(soft - np.log(candidate_error + _SOFT_PX), -2, 2),
            (pairs.gap_frames - _best_rival(pairs.gap_frames, pairs.candidates, _ALONE_FRAMES)) / 5.0,
            (pairs.gap_frames - _best_rival(pairs.gap_frames, pairs.sources, _ALONE_FRAMES)) / 5.0,
        ],
        axis=1,
    )


def _best_rival(values: Float64, keys: Int64, alone: float) -> Float64:
    """Give, for each row, the least value among the other rows of its key."""
    same = keys[:, None] == keys[None]
    np.fill_diagonal(same, val=False)
    found = np.where(same, values[None], np.inf).min(axis=1)
    return np.where(np.isfinite(found), found, alone)


def fit(rows: Float64, right: NDArray[np.bool_], *, ridge: float = 0.3) -> Float64:
    """Fit a logistic rule by Newton's method, with a ridge on all weights but the constant.

    Args:
        rows: `(n, k)` features of pairs, the first column ones.
        right: `(n,)` which pairs are right.
        ridge: How strongly weights are held at 0.

    Returns:
        `(k,)` weights.

    Raises:
        AnalysisError: There is nothing to learn from.
    """
    if not len(rows) or right.all() or not right.any():
        raise AnalysisError("stitches of both kinds are needed to learn from")
    penalty = ridge * np.eye(rows.shape[1])
    penalty[0, 0] = 1e-6
    weights = np.zeros(rows.shape[1])
    for _ in range(40):
        chance = probability(rows, weights)
        slope = rows.T @ (chance - right) + penalty @ weights
        bend = (rows.T * (chance * (1 - chance))) @ rows + penalty
        weights = weights - np.linalg.solve(bend, slope)
    return np.asarray(weights)


def probability(rows: Float64, weights: Float64) -> Float64:
    """Give the chance `(n,)` that each stitch is right, of features `(n, k)` and weights `(k,)`."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(rows @ weights, -50, 50))))


def folds(pairs: Pairs) -> Int64:
    """Give each pair's fold, `(n,)`: pairs that share a tracklet, also over others, stay together, so that no fold leaks."""
    parent = np.arange(len(pairs))

    def root(row: int) -> int:
        while parent[row] != row:
            row = int(parent[row])
        return row

    for keys in (pairs.sources, pairs.candidates):
        first: dict[int, int] = {}
        for row, key in enumerate(keys.tolist()):
            if key in first:
                parent[root(row)] = root(first[key])
            else:
                first[key] = row
    return np.array([root(row) for row in range(len(pairs))], np.int64)


def cross_validated(pairs: Pairs, right: NDArray[np.bool_], *, ridge: float = 0.3) -> Float64:
    """Give each pair's chance, `(n,)` of 0..1, by a rule learnt on all folds but its own."""
    rows, fold = features(pairs), folds(pairs)
    found = np.zeros(len(pairs))
    for one in np.unique(fold):
        inside = fold == one
        found[inside] = probability(rows[inside], fit(rows[~inside], right[~inside], ridge=ridge))
    return found


def nearest(pairs: Pairs) -> NDArray[np.bool_]:
    """The plain rule, `(n,)`: each source goes on as the candidate with the least error."""
    return pairs.errors_px <= _best_rival(pairs.errors_px, pairs.sources, np.inf)


def mutual(pairs: Pairs) -> NDArray[np.bool_]:
    """The plain rule, `(n,)`: source and candidate are each other's nearest."""
    return nearest(pairs) & (pairs.errors_px <= _best_rival(pairs.errors_px, pairs.candidates, np.inf))


def gated(pairs: Pairs, limit_px: float) -> NDArray[np.bool_]:
    """The plain rule, `(n,)`: any pair within a distance."""
    return pairs.errors_px <= limit_px
