"""The ball by a particle filter: many guesses that move, are weighed by the candidates, and are drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.ball.candidates import BallCandidates, log_odds

if TYPE_CHECKING:
    from sightline.analytics.ball.settings import BallSettings
    from sightline.core.arrays import Float64, Int64

_KICKED = 0.05  # share of particles that try a kick in a frame
_KICKED_NEAR = 0.2  # the same, for particles within a player's reach
_NEWBORN = 0.05  # share of particles put onto candidates, so that a lost ball is found again
_CLUTTER = (
    0.02  # weight of a particle that no candidate explains, against 1 for one that a sure candidate does
)
_LEAST_SHARE = 0.3


def pick_by_particles(
    candidates: BallCandidates, t_s: Float64, settings: BallSettings, players: Float64 | None
) -> Int64:
    """Take the candidate in the middle of most particles' weight, frame by frame.

    The same seed gives the same answer. It sees only the past.

    Args:
        candidates: What may be the ball.
        t_s: `(n,)` seconds, rising.
        settings: Constants; `particles` and `seed` are for this filter alone.
        players: `(n, p, 2)`, NaN where not seen: kicks are likelier near them. May be None.

    Returns:
        `(n,)` index of the candidate taken; -1 for none.

    Source:
        Gordon, Salmond & Smith, Novel approach to nonlinear/non-Gaussian Bayesian state estimation, IEE F 140 (1993).
    """
    rng = np.random.default_rng(settings.seed)
    count = len(t_s)
    picked = np.full(count, -1, np.int64)
    offsets = candidates.offsets(count)
    weights_of = np.exp(log_odds(candidates.scores))
    cloud: Float64 | None = None
    missing = 0
    for row in range(count):
        here = np.arange(offsets[row], offsets[row + 1])
        seen, odds = candidates.positions[here], weights_of[here]
        if cloud is None:
            if len(here):
                cloud = _born(seen, odds, settings.particles, rng, settings)
            continue
        step_s = float(t_s[row] - t_s[row - 1])
        cloud = _moved(cloud, step_s, None if players is None else players[row], rng, settings)
        if not len(here):
            missing += 1
        else:
            cloud, best, share = _weighed(cloud, seen, odds, rng, settings)
            if share >= _LEAST_SHARE:
                picked[row], missing = here[best], 0
            else:
                missing += 1
        if missing > settings.max_missing_frames:
            cloud, missing = None, 0
    return picked


def _born(
    seen: Float64, odds: Float64, count: int, rng: np.random.Generator, settings: BallSettings
) -> Float64:
    which = rng.choice(len(seen), size=count, p=odds / odds.sum())
    places = seen[which] + rng.normal(0, settings.noise, (count, 2))
    return np.concatenate((places, rng.normal(0, settings.max_speed / 6, (count, 2))), axis=1)


def _moved(
    cloud: Float64,
    step_s: float,
    players: Float64 | None,
    rng: np.random.Generator,
    settings: BallSettings,
) -> Float64:
    count = len(cloud)
    chance = np.full(count, _KICKED)
    if players is not None and len(players):
        away = np.hypot(*np.moveaxis(cloud[:, None, :2] - players[None], -1, 0))
        nearest = np.min(np.where(np.isnan(away), np.inf, away), axis=1)
        chance[nearest < settings.reach] = _KICKED_NEAR
    kicked = rng.random(count) < chance
    push = rng.normal(0, settings.acceleration * step_s, (count, 2))
    moved = cloud.copy()
    moved[:, 2:] += push
    moved[:, 3] += settings.gravity * step_s
    moved[kicked, 2:] = rng.normal(0, settings.max_speed / 4, (int(kicked.sum()), 2))
    moved[:, :2] += moved[:, 2:] * step_s
    return moved


def _weighed(
    cloud: Float64, seen: Float64, odds: Float64, rng: np.random.Generator, settings: BallSettings
) -> tuple[Float64, int, float]:
    """Weigh, draw anew, and give the candidate that explains most, with its share of the weight."""
    spread = 2 * settings.noise
    squared = ((cloud[:, None, :2] - seen[None]) ** 2).sum(axis=2) / spread**2
    explained = odds[None, :] * np.exp(-squared / 2)
    weights = _CLUTTER + explained.sum(axis=1)
    shares = explained.sum(axis=0) / weights.sum()
    best = int(shares.argmax())
    count = len(cloud)
    steps = (rng.random() + np.arange(count)) / count
    drawn = np.minimum(np.searchsorted(np.cumsum(weights / weights.sum()), steps), count - 1)
    cloud = cloud[drawn]
    newborn = max(1, round(_NEWBORN * count))
    cloud[:newborn] = _born(seen, odds, newborn, rng, settings)
    return cloud, best, float(shares[best])
