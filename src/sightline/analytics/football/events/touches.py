"""Touches: moments at which the ball's velocity changes beside a player.

A ball that nobody touches rolls straight and slows down, or flies on a parabola; a sudden change of its velocity
within a player's reach is his touch. Lines are fitted to the positions before and after each frame; their slopes'
difference, gravity taken out, is the change. The fits grow longer where the ball's positions are noisy.

Source: the idea that kicks are the breaks of a piecewise smooth path is that of Vidal-Codina et al., Automatic event
detection in football using tracking data, Sports Engineering 25 (2022), there with other rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import maximum_filter1d

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.events.scene import Scene
    from sightline.core.arrays import Float64, Int64

GRAVITY_MPS2 = 9.81
_SLOPE_NOISE_MPS = 0.8
_LONGEST_WINDOW_S = 0.6
_IN_THE_AIR_M = 0.6
_BOUNCE_M = 0.35
_BOUNCE_REACH_M = 0.7
_CONTROL_M = 1.5


@dataclass(frozen=True, slots=True)
class Touches:
    """Touches of a match in order of time, a row each.

    Attributes:
        rows: Rows of the match.
        players: Columns of the match's players.
        sides: +1 home, -1 away.
        distances_m: From the ball to the player.
        rivals: Column of the nearest opponent, -1 where none is seen.
        rival_distances_m: From the ball to him.
        changes_mps: Change of the ball's velocity.
        velocities_out_mps: `(k, 2)` velocity over the ground after.
        heights_m: Of the ball.
        quiet_mps: Median speed in the moments before; NaN where nothing is known of them.
    """

    rows: Int64
    players: Int64
    sides: Int64
    distances_m: Float64
    rivals: Int64
    rival_distances_m: Float64
    changes_mps: Float64
    velocities_out_mps: Float64
    heights_m: Float64
    quiet_mps: Float64

    def __len__(self) -> int:
        return len(self.rows)

    def speed_out_mps(self, touch: int) -> float:
        """Give the speed over the ground after a touch."""
        return float(np.hypot(*self.velocities_out_mps[touch]))


@dataclass(frozen=True, slots=True)
class _Motion:
    before_mps: Float64
    after_mps: Float64
    changes_mps: Float64


def find_touches(scene: Scene) -> Touches:
    """Find who touched the ball when.

    Args:
        scene: The match.
    """
    rows: list[Int64] = []
    before: list[Float64] = []
    after: list[Float64] = []
    changes: list[Float64] = []
    quiet: list[Float64] = []
    for start, stop in scene.runs:
        if stop - start < 4:
            continue
        ball_m = scene.ball_m[start:stop]
        window = _window(ball_m, scene)
        motion = _motion(ball_m, window, scene.step_s)
        found = _peaks(motion, ball_m, scene)
        first = _first_touch(ball_m, window, scene)
        found = np.concatenate((first, found[~np.isin(found, first)]))
        found.sort()
        rows.append(found + start)
        before.append(np.nan_to_num(motion.before_mps[found]))
        after.append(_ending(motion.after_mps, found, window))
        changes.append(motion.changes_mps[found])
        quiet.append(_quiet(ball_m, found, scene))
    if not rows:
        return _none()
    return _with_players(
        scene,
        np.concatenate(rows),
        np.concatenate(before),
        np.concatenate(after),
        np.concatenate(changes),
        np.concatenate(quiet),
    )


def _window(ball_m: Float64, scene: Scene) -> int:
    """Give the steps of the line fits: enough that the ball's noise makes no touches."""
    step_s = scene.step_s
    bends = ball_m[2:, :2] - 2 * ball_m[1:-1, :2] + ball_m[:-2, :2]
    noise_m = float(np.median(np.abs(bends)) * 1.4826 / np.sqrt(6.0)) if len(bends) else 0.0
    shortest = max(2, round(scene.settings.window_s / step_s))
    longest = max(shortest, round(_LONGEST_WINDOW_S / step_s))
    for steps in range(shortest, longest):
        points = steps + 1
        slope_mps = noise_m / step_s * np.sqrt(12.0 / (points * (points**2 - 1)))
        if slope_mps * np.sqrt(2.0) <= _SLOPE_NOISE_MPS:
            return min(steps, len(ball_m) - 1)
    return min(longest, len(ball_m) - 1)


def _motion(ball_m: Float64, steps: int, step_s: float) -> _Motion:
    """Fit a line to the `steps` before and after each row; NaN where a fit would leave the run."""
    count = len(ball_m)
    weights = np.arange(steps + 1) - steps / 2
    weights /= (weights**2).sum() * step_s
    slopes = np.stack([np.convolve(ball_m[:, axis], weights[::-1], "valid") for axis in range(3)], axis=1)
    before, after = np.full((count, 3), np.nan), np.full((count, 3), np.nan)
    after[: count - steps] = slopes
    before[steps:] = slopes
    change = after - before
    flying = ball_m[:, 2] > _IN_THE_AIR_M
    change[:, 2] = np.where(flying, change[:, 2] + GRAVITY_MPS2 * steps * step_s, 0.0)
    ground = np.hypot(change[:, 0], change[:, 1])
    return _Motion(before, after, np.nan_to_num(np.hypot(ground, change[:, 2]), nan=0.0))


def _peaks(motion: _Motion, ball_m: Float64, scene: Scene) -> Int64:
    apart = 2 * scene.rows(scene.settings.separation_s) + 1
    changes = motion.changes_mps
    peaks = np.flatnonzero(
        (changes == maximum_filter1d(changes, apart)) & (changes > scene.settings.kick_mps)
    )
    if len(peaks) > 1:
        peaks = peaks[np.concatenate(([True], np.diff(peaks) > apart // 2))]
    low: Int64 = peaks[ball_m[peaks, 2] < scene.settings.head_height_m]
    return low


def _first_touch(ball_m: Float64, window: int, scene: Scene) -> Int64:
    """A ball that is moving as it is first seen, or lies there, has been touched by whoever is close."""
    return np.array([0] if ball_m[: window + 1, 2].max() < scene.settings.head_height_m else [], np.int64)


def _ending(after_mps: Float64, found: Int64, window: int) -> Float64:
    """Give the velocity after each touch; the last known one where the run ends too soon."""
    last = max(0, len(after_mps) - 1 - window)
    return np.nan_to_num(after_mps[np.minimum(found, last)])


def _quiet(ball_m: Float64, found: Int64, scene: Scene) -> Float64:
    """Give how fast the ball was before each touch: way over the quiet time, a moment before the touch left out."""
    steps, pause = scene.rows(scene.settings.restart_quiet_s), scene.rows(0.12)
    first, last = found - steps - pause, found - pause
    ways = np.hypot(*(ball_m[np.maximum(last, 0), :2] - ball_m[np.maximum(first, 0), :2]).T)
    return np.where(first >= 0, ways / (steps * scene.step_s), np.nan)


def _with_players(
    scene: Scene,
    rows: Int64,
    before_mps: Float64,
    after_mps: Float64,
    changes_mps: Float64,
    quiet_mps: Float64,
) -> Touches:
    if not len(scene.sides) or not len(rows):
        return _none()
    distances = scene.distances_m(rows)
    players = distances.argmin(axis=1)
    nearest = distances[np.arange(len(rows)), players]
    sides = scene.sides[players]
    theirs = np.where(scene.sides[None, :] == -sides[:, None], distances, np.inf)
    rivals = theirs.argmin(axis=1)
    rival_distances = theirs[np.arange(len(rows)), rivals]
    reach = np.where(
        changes_mps > scene.settings.kick_mps, scene.settings.reach_m, min(_CONTROL_M, scene.settings.reach_m)
    )
    kept = (nearest <= reach) & ~(_bounces(scene, rows, before_mps, after_mps) & (nearest > _BOUNCE_REACH_M))
    return Touches(
        rows[kept],
        players[kept],
        sides[kept],
        nearest[kept],
        np.where(np.isinf(rival_distances), -1, rivals)[kept],
        rival_distances[kept],
        changes_mps[kept],
        after_mps[kept, :2],
        scene.ball_m[rows[kept], 2],
        quiet_mps[kept],
    )


def _bounces(scene: Scene, rows: Int64, before_mps: Float64, after_mps: Float64) -> NDArray[np.bool_]:
    """Say which changes are the ground's: down before, up after, slowed along its way."""
    around = rows[:, None] + np.arange(-2, 3)
    low = scene.ball_m[np.clip(around, 0, len(scene.ball_m) - 1), 2].min(axis=1) < _BOUNCE_M
    change = after_mps[:, :2] - before_mps[:, :2]
    size, speed = np.hypot(*change.T), np.hypot(*before_mps[:, :2].T)
    along = (change * before_mps[:, :2]).sum(axis=1) / np.maximum(size * speed, 1e-9)
    turned = (before_mps[:, 2] < -1.0) & (after_mps[:, 2] > 0.3)
    bounced: NDArray[np.bool_] = low & turned & (along < -0.8) & (size < 0.6 * speed)
    return bounced


def _none() -> Touches:
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return Touches(whole, whole, whole, real, whole, real, real, np.zeros((0, 2)), real, real)
