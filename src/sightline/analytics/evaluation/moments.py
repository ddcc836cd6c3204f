"""Scores moments found in time against the truth, and how sure such a score is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

_NEVER = 1e6
_TAILS = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Moments:
    """How found moments fit true ones.

    Attributes:
        true_pairs: `(k,)` index of each matched true moment.
        found_pairs: `(k,)` index of the found one that it is matched with.
        missed: `(m,)` true moments without one.
        extra: `(f,)` found moments without one.
    """

    true_pairs: Int64
    found_pairs: Int64
    missed: Int64
    extra: Int64

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1; 1 where nothing was there and nothing found."""
        return f1_of(len(self.true_pairs), len(self.extra), len(self.missed))


def f1_of(right: float, extra: float, missed: float) -> float:
    """Give F1 from counts; 1 where all are zero."""
    total = 2 * right + extra + missed
    return 2 * right / total if total else 1.0


def match_moments(
    true_s: Float64,
    found_s: Float64,
    *,
    tolerance_s: float,
    true_who: Sequence[str | None] | None = None,
    found_who: Sequence[str | None] | None = None,
) -> Moments:
    """Pair moments one to one: as many as possible, then as close as possible.

    Args:
        true_s: `(n,)` times of the truth.
        found_s: `(m,)` times found.
        tolerance_s: Furthest apart that a pair may be.
        true_who: With `found_who`: only pairs of equal names count.
        found_who: See `true_who`.
    """
    apart = np.abs(np.asarray(true_s)[:, None] - np.asarray(found_s)[None, :])
    allowed = apart <= tolerance_s + 1e-9
    if true_who is not None and found_who is not None:
        allowed &= np.array(true_who, object)[:, None] == np.array(found_who, object)[None, :]
    first, second = linear_sum_assignment(np.where(allowed, apart, _NEVER))
    paired = allowed[first, second]
    first, second = first[paired].astype(np.int64), second[paired].astype(np.int64)
    return Moments(
        first,
        second,
        np.setdiff1d(np.arange(len(true_s)), first).astype(np.int64),
        np.setdiff1d(np.arange(len(found_s)), second).astype(np.int64),
    )


def bootstrap_interval(
    blocks: NDArray[Any],
    statistic: Callable[[NDArray[Any]], float],
    *,
    seed: int,
    draws: int = 2000,
) -> tuple[float, float]:
    """Give a 95 % percentile interval of a statistic by drawing blocks with replacement.

    Args:
        blocks: `(n, ...)` what was measured in each of n blocks, taken as independent.
        statistic: Of a drawn `(n, ...)`.
        seed: Of the draws.
        draws: How many.

    Returns:
        Low and high end; NaN where there are no blocks.

    Source:
        Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    if not len(blocks):
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    values = [statistic(blocks[rng.integers(len(blocks), size=len(blocks))]) for _ in range(draws)]
    low, high = np.quantile(values, _TAILS)
    return float(low), float(high)
