"""One ball track from candidates: an estimator picks, gaps are filled, the way is smoothed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.ball.candidates import BallCandidates, BallTrack
from sightline.analytics.ball.gaps import GapSettings, fill_gaps
from sightline.analytics.ball.graph import pick_by_graph
from sightline.analytics.ball.kalman import pick_by_kalman
from sightline.analytics.ball.particle import pick_by_particles
from sightline.analytics.ball.settings import BallSettings, Method
from sightline.core.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

Picker = Callable[[BallCandidates, "Float64", BallSettings, "Float64 | None"], "Int64"]
PICKERS: dict[Method, Picker] = {
    "kalman": pick_by_kalman,
    "particle": pick_by_particles,
    "graph": pick_by_graph,
}
_FIT = 1.6


def track_ball(
    candidates: BallCandidates,
    t_s: Float64,
    settings: BallSettings,
    *,
    players: Float64 | None = None,
) -> BallTrack:
    """Find the ball in a clip.

    Args:
        candidates: What may be the ball, in pixels or in metres.
        t_s: `(n,)` seconds of the frames, rising.
        settings: Constants in the candidates' unit.
        players: `(n, p, 2)` where players are, in the same unit (their feet in a picture); NaN where not seen. Kicks
            and the fill of gaps use them. May be None.

    Returns:
        A row a frame; `seen` where a candidate was taken, `interpolated` in short gaps, `lost` elsewhere.

    Raises:
        AnalysisError: A candidate lies beyond the frames, times do not rise, or players do not fit.
    """
    count = len(t_s)
    if len(candidates) and candidates.rows[-1] >= count:
        raise AnalysisError(f"a candidate lies in frame {candidates.rows[-1]} of {count}")
    if (np.diff(t_s) <= 0).any():
        raise AnalysisError("the times of the frames do not rise", hint="sort the frames by time")
    if players is not None and len(players) != count:
        raise AnalysisError(f"players are given for {len(players)} frames of {count}")
    usable = candidates.usable(settings)
    few = BallCandidates(
        candidates.rows[usable],
        candidates.positions[usable],
        candidates.scores[usable],
        candidates.radii[usable],
    )
    found = PICKERS[settings.tracking_method](few, t_s, settings, players)
    picked = np.where(found >= 0, usable[found] if len(usable) else -1, -1)
    return _finished(candidates, picked.astype(np.int64), t_s, settings, players)


def _finished(
    candidates: BallCandidates, picked: Int64, t_s: Float64, settings: BallSettings, players: Float64 | None
) -> BallTrack:
    count = len(t_s)
    seen = picked >= 0
    positions, radii, scores = np.full((count, 2), np.nan), np.full(count, np.nan), np.full(count, np.nan)
    positions[seen] = candidates.positions[picked[seen]]
    radii[seen] = candidates.radii[picked[seen]]
    scores[seen] = candidates.scores[picked[seen]]
    if settings.smooth_s > 0:
        positions = smoothed(t_s, positions, noise=settings.noise, longest_s=settings.smooth_s)
    gap = GapSettings(
        reach=settings.reach / 2,
        drift=settings.noise,
        drift_rate=max(settings.max_speed / 60, 1e-9),
        unit_mps=settings.max_speed / 45.0,
    )
    filled = fill_gaps(t_s, positions, max_gap_s=settings.max_gap_s, players_m=players, settings=gap)
    rows = np.arange(count)
    measured = np.isfinite(radii)
    if measured.any():
        between = np.interp(rows, rows[measured], radii[measured])
        radii = np.where(filled.filled, between, radii)
    states = np.where(seen, "seen", np.where(filled.filled, "interpolated", "lost"))
    return BallTrack(filled.positions, radii, speeds_of(t_s, filled.positions), scores, states, picked)


def speeds_of(t_s: Float64, positions: Float64) -> Float64:
    """Give speeds from the neighbours of each row, units a second; from one side at the ends of a stretch.

    Args:
        t_s: `(n,)` seconds.
        positions: `(n, d)`; NaN rows are missing.

    Returns:
        `(n,)`; NaN where the row or both its neighbours are missing.
    """
    count = len(t_s)
    if count < 2:
        return np.full(count, np.nan)
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=1) / np.diff(t_s)
    before, after = np.concatenate(([np.nan], steps)), np.concatenate((steps, [np.nan]))
    wide = np.full(count, np.nan)
    wide[1:-1] = np.linalg.norm(positions[2:] - positions[:-2], axis=1) / (t_s[2:] - t_s[:-2])
    one = np.where(np.isnan(before), after, before)
    speeds: Float64 = np.where(np.isnan(wide), one, wide)
    speeds[np.isnan(positions).any(axis=1)] = np.nan
    return speeds


def smoothed(t_s: Float64, positions: Float64, *, noise: float, longest_s: float) -> Float64:
    """Smooth by parabolas fitted around each row, over the widest window that the noise alone explains.

    So a straight way is smoothed much and a kick is not rounded off.

    Args:
        t_s: `(n,)` seconds.
        positions: `(n, 2)`; NaN rows are missing and stay so.
        noise: Standard error of a position.
        longest_s: Half width of the widest window.

    Returns:
        `(n, 2)`.
    """
    seen = np.flatnonzero(~np.isnan(positions).any(axis=1))
    result = positions.copy()
    times, places = t_s[seen], positions[seen]
    done = np.zeros(len(seen), np.bool_)
    widest = int(np.searchsorted(times, times[0] + longest_s)) if len(times) else 0
    for half in range(max(widest, 2), 1, -1):
        width = 2 * half + 1
        if len(seen) < width:
            continue
        fitted, error = _parabolas(times, places, width)
        middle = np.arange(half, len(seen) - half)
        spans = times[2 * half :] - times[: len(times) - 2 * half]
        good = (error <= _FIT * noise) & (spans <= 2 * longest_s + 1e-9) & ~done[middle]
        result[seen[middle[good]]] = fitted[good]
        done[middle[good]] = True
    return result


def _parabolas(times: Float64, places: Float64, width: int) -> tuple[Float64, NDArray[np.float64]]:
    """Fit a parabola to each `width` rows: its value in the middle and the root mean square of what is left."""
    windows_t = np.lib.stride_tricks.sliding_window_view(times, width)
    windows = np.moveaxis(np.lib.stride_tricks.sliding_window_view(places, width, axis=0), 1, 2)
    moved = windows_t - windows_t[:, [width // 2]]
    scale = np.maximum(np.abs(moved).max(axis=1, keepdims=True), 1e-9)
    base = np.stack([np.ones_like(moved), moved / scale, (moved / scale) ** 2], axis=2)
    inner = np.einsum("nwi,nwj->nij", base, base)
    right = np.einsum("nwi,nwd->nid", base, windows)
    shape = np.linalg.solve(inner, right)
    left = windows - np.einsum("nwi,nid->nwd", base, shape)
    spare = max(width - 3, 1)
    return shape[:, 0], np.sqrt((left**2).sum(axis=1) / spare).max(axis=1)
