"""Finds the two teams' colours among the shirts of all tracks: a small mixture model, the same every time.

Two Gaussians of one shape stand for the two teams, a flat density for everybody else (goalkeepers, referees, people
off the pitch). All starts are deterministic, so there is nothing to seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

_FLAT_LOG_DENSITY = -float(np.log(100.0 * 160.0 * 160.0))
_SPREAD_FLOOR = np.diag([3.0**2, 2.0**2, 2.0**2])
_SEEDS = 6
_ROUNDS = 60
_OTHERS_SHARE = 0.15
_LEAST_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class TwoKits:
    """Two colours, and how sure it is that they are two.

    Attributes:
        centers: `(2, 3)` L*a*b*.
        spread: `(3, 3)` covariance of tracks around their kit's colour.
        weights: `(2,)` share of the tracks' weight in each, 0..1.
        separation: Distance of the two in standard deviations; one colour cut in two gives about 2.7.
        distance: Distance of the two in L*a*b*.
    """

    centers: Float64
    spread: Float64
    weights: Float64
    separation: float
    distance: float

    def shares(self, colors: Float64, spread: Float64 | None = None) -> Float64:
        """Give `(n, 3)` how likely each `(n, 3)` colour is the first kit, the second, or neither; rows sum to 1."""
        mix = np.append(self.weights, max(1 - self.weights.sum(), _OTHERS_SHARE / 2))
        return _responsibilities(colors, self.centers, self.spread if spread is None else spread, mix)[0]


def two_kits(colors: Float64, weights: Float64, near: Float64 | None = None) -> TwoKits | None:
    """Find the two kits that explain most of the tracks.

    Args:
        colors: `(n, 3)` L*a*b*, one a track.
        weights: `(n,)`, > 0.
        near: `(2, 3)` colours that the kits are said to have; the two clusters nearest to them are taken.

    Returns:
        None where there are fewer than four tracks, or no two colours at all.

    Source:
        Dempster, Laird & Rubin 1977 for the fit; Fraley & Raftery 2002 for the flat component of outliers.
    """
    if len(colors) < 4:
        return None
    seeds = _far_apart(colors, weights)
    if len(seeds) < 2:
        return None
    starts = list(combinations(range(len(seeds)), 2))
    if near is not None:
        starts = [_nearest_pair(seeds, near)]
    best: tuple[float, TwoKits] | None = None
    for first, second in starts:
        score, kits = _fit(colors, weights, np.array([seeds[first], seeds[second]]))
        enough = near is not None or float(kits.weights.min()) >= _LEAST_SHARE
        if enough and (best is None or score > best[0] + 1e-9):
            best = (score, kits)
    return None if best is None else best[1]


def _nearest_pair(seeds: Float64, near: Float64) -> tuple[int, int]:
    cost = np.linalg.norm(seeds[:, None] - near[None], axis=2)
    pairs = [(i, j) for i in range(len(seeds)) for j in range(len(seeds)) if i != j]
    return min(pairs, key=lambda pair: (cost[pair[0], 0] + cost[pair[1], 1], pair))


def _far_apart(colors: Float64, weights: Float64) -> Float64:
    """Choose start colours: the densest place, then again and again the heaviest place far from those chosen."""
    distances = np.linalg.norm(colors[:, None] - colors[None], axis=2) if len(colors) <= 1500 else None
    crowd = (
        (np.exp(-0.5 * (distances / 6.0) ** 2) @ weights)
        if distances is not None
        else _crowding(colors, weights)
    )
    chosen = [int(np.argmax(crowd))]
    while len(chosen) < _SEEDS:
        away = np.min(np.linalg.norm(colors[:, None] - colors[chosen][None], axis=2), axis=1)
        score = crowd * np.clip(away / 10.0, 0, 3) * (away > 4.0)
        best = int(np.argmax(score))
        if score[best] <= 0:
            break
        chosen.append(best)
    return colors[chosen]


def _crowding(colors: Float64, weights: Float64) -> Float64:
    """The same density for many tracks, a block at a time."""
    blocks = [
        np.exp(-0.5 * (np.linalg.norm(part[:, None] - colors[None], axis=2) / 6.0) ** 2) @ weights
        for part in np.array_split(colors, len(colors) // 500 + 1)
    ]
    return np.concatenate(blocks)


def _fit(colors: Float64, weights: Float64, centers: Float64) -> tuple[float, TwoKits]:
    spread = _SPREAD_FLOOR * 4.0
    mix = np.array([(1 - _OTHERS_SHARE) / 2, (1 - _OTHERS_SHARE) / 2, _OTHERS_SHARE])
    total, score = float(weights.sum()), -np.inf
    for _ in range(_ROUNDS):
        shares, log_density = _responsibilities(colors, centers, spread, mix)
        before, score = score, float((weights * log_density).sum() / total)
        mass = (shares * weights[:, None]).sum(axis=0)
        if mass[:2].min() < 1e-9 * total:
            break
        centers = (shares[:, :2] * weights[:, None]).T @ colors / mass[:2, None]
        spread = _pooled(colors, weights, shares, centers) + _SPREAD_FLOOR
        mix = np.maximum(mass / total, [1e-3, 1e-3, 0.02])
        mix = mix / mix.sum()
        if score - before < 1e-8:
            break
    gap = centers[0] - centers[1]
    separation = float(np.sqrt(gap @ np.linalg.solve(spread, gap)))
    return score, TwoKits(centers, spread, mix[:2], separation, float(np.linalg.norm(gap)))


def _pooled(colors: Float64, weights: Float64, shares: Float64, centers: Float64) -> Float64:
    pooled = np.zeros((3, 3))
    for kit in range(2):
        away = colors - centers[kit]
        pooled += (away * (shares[:, kit] * weights)[:, None]).T @ away
    return pooled / max(float((shares[:, :2] * weights[:, None]).sum()), 1e-12)


def _responsibilities(
    colors: Float64, centers: Float64, spread: Float64, mix: Float64
) -> tuple[Float64, NDArray[np.float64]]:
    inverse = np.linalg.inv(spread)
    constant = -0.5 * (3 * np.log(2 * np.pi) + float(np.linalg.slogdet(spread)[1]))
    logs = np.empty((len(colors), 3))
    for kit in range(2):
        away = colors - centers[kit]
        logs[:, kit] = constant - 0.5 * np.einsum("ij,jk,ik->i", away, inverse, away)
    logs[:, 2] = _FLAT_LOG_DENSITY
    logs += np.log(np.maximum(mix, 1e-12))
    top = logs.max(axis=1, keepdims=True)
    shares = np.exp(logs - top)
    whole = shares.sum(axis=1, keepdims=True)
    return shares / whole, (top + np.log(whole))[:, 0]
