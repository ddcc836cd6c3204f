"""The ball by a Kalman filter: constant velocity, one candidate at most a frame, within a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.ball.candidates import BallCandidates, log_odds

if TYPE_CHECKING:
    from sightline.analytics.ball.settings import BallSettings
    from sightline.core.arrays import Float64, Int64

_GATE = 13.8  # chi squared, 2 degrees of freedom, 99.9 %
_CONFIRM = 3


def pick_by_kalman(
    candidates: BallCandidates, t_s: Float64, settings: BallSettings, players: Float64 | None
) -> Int64:
    """Take the candidate that best fits prediction and score, frame by frame.

    A track begins where three candidates of following frames fit one another, and ends after
    `max_missing_frames` without one. It sees only the past, and does not use players.

    Args:
        candidates: What may be the ball.
        t_s: `(n,)` seconds, rising.
        settings: Constants.
        players: Not used.

    Returns:
        `(n,)` index of the candidate taken; -1 for none.

    Source:
        Bar-Shalom, Li & Kirubarajan, Estimation with Applications to Tracking and Navigation (2001), chapter 5.
    """
    del players
    count = len(t_s)
    picked = np.full(count, -1, np.int64)
    offsets = candidates.offsets(count)
    odds = log_odds(candidates.scores)
    state: tuple[Float64, Float64] | None = None
    row, last = 0, -1
    while row < count:
        if state is None:
            seed = _begin(candidates, offsets, odds, t_s, row, settings)
            if seed is None:
                row += 1
                continue
            picked[row : row + _CONFIRM] = seed
            row += _CONFIRM - 1
            state = _first(candidates, seed, t_s[row - _CONFIRM + 1 : row + 1], settings)
            last, row = row, row + 1
            continue
        step_s = float(t_s[row] - t_s[row - 1])
        mean, spread = _predict(*state, step_s, settings)
        here = np.arange(offsets[row], offsets[row + 1])
        best = _best(candidates, here, odds, mean, spread, settings)
        if best >= 0:
            picked[row], last = best, row
            state = _update(mean, spread, candidates.positions[best], settings)
        else:
            state = (mean, spread) if row - last < settings.max_missing_frames else None
        row += 1
    return picked


def _begin(
    candidates: BallCandidates,
    offsets: Int64,
    odds: Float64,
    t_s: Float64,
    row: int,
    settings: BallSettings,
) -> list[int] | None:
    """Find three candidates of three frames on one line at an even pace; the best scored ones."""
    if row + _CONFIRM > len(t_s):
        return None
    parts = [np.arange(offsets[row + step], offsets[row + step + 1]) for step in range(_CONFIRM)]
    if any(not len(part) for part in parts):
        return None
    first, second, third = np.meshgrid(*parts, indexing="ij")
    where = candidates.positions
    leap_s, next_s = t_s[row + 1] - t_s[row], t_s[row + 2] - t_s[row + 1]
    velocity = (where[second] - where[first]) / leap_s
    missed = np.hypot(*np.moveaxis(where[third] - where[second] - velocity * next_s, -1, 0))
    speed = np.hypot(*np.moveaxis(velocity, -1, 0))
    gain = odds[first] + odds[second] + odds[third] - (missed / settings.noise) ** 2 / 12
    gain = np.where((speed <= settings.max_speed) & (missed < 8 * settings.noise), gain, -np.inf)
    best = np.unravel_index(int(gain.argmax()), gain.shape)
    if not gain[best] > 0:
        return None
    return [int(part[best]) for part in (first, second, third)]


def _first(
    candidates: BallCandidates, seed: list[int], t_s: Float64, settings: BallSettings
) -> tuple[Float64, Float64]:
    where = candidates.positions[seed]
    mean = np.concatenate((where[-1], (where[-1] - where[0]) / (t_s[-1] - t_s[0])))
    pace = settings.noise * 2 / float(t_s[-1] - t_s[0])
    return mean, np.diag([settings.noise**2] * 2 + [pace**2] * 2)


def _predict(
    mean: Float64, spread: Float64, step_s: float, settings: BallSettings
) -> tuple[Float64, Float64]:
    move = np.eye(4)
    move[0, 2] = move[1, 3] = step_s
    mean = move @ mean
    mean[3] += settings.gravity * step_s
    mean[1] += settings.gravity * step_s**2 / 2
    push = np.array([[step_s**4 / 4, step_s**3 / 2], [step_s**3 / 2, step_s**2]])
    # kicks come without warning: three times the usual acceleration keeps the gate open for soft ones
    noise = np.kron(push, np.eye(2)) * (3 * settings.acceleration) ** 2
    return mean, move @ spread @ move.T + noise


def _best(
    candidates: BallCandidates,
    here: Int64,
    odds: Float64,
    mean: Float64,
    spread: Float64,
    settings: BallSettings,
) -> int:
    if not len(here):
        return -1
    missed = candidates.positions[here] - mean[:2]
    inner = np.linalg.inv(spread[:2, :2] + np.eye(2) * settings.noise**2)
    distance = np.einsum("ki,ij,kj->k", missed, inner, missed)
    gain = np.where(distance < _GATE, 2 * odds[here] - distance, -np.inf)
    return int(here[gain.argmax()]) if np.isfinite(gain.max()) else -1


def _update(mean: Float64, spread: Float64, seen: Float64, settings: BallSettings) -> tuple[Float64, Float64]:
    gain = spread[:, :2] @ np.linalg.inv(spread[:2, :2] + np.eye(2) * settings.noise**2)
    return mean + gain @ (seen - mean[:2]), spread - gain @ spread[:2]
