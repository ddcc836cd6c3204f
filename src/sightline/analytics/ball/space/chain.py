"""Chooses the chain of pieces that explains a ball's track best, by dynamic programming over pieces.

What two pieces may do where they meet is physics: one begins where the other ended; only a player turns a ball or sends
it up; the grass takes some of its speed, and throws it back up by a share of that with which it came down.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.ball.space.joined import Link, fit_together
from sightline.analytics.ball.space.pieces import GROUND, FlightSettings, Pieces, Run, fit_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

_BOUNCE, _GRIP = 0.58, 0.75
_SPEED_MPS = 1.2
_SPEED_SHARE = 0.15
_PLACE_M = 0.3
_REACH_M = 0.8
_REACH_ERROR_M = 0.5
_UNKNOWN_KICKER = 3.0
_FAR_KICKER = 40.0


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Pieces that end at one cut, where, how surely, and what the best chains up to their ends cost."""

    numbers: Int64
    totals: Float64
    after: Int64
    speeds_mps: Float64
    unsure_mps: Float64
    rolling: NDArray[np.bool_]
    ends_m: Float64
    doubts: Float64


def explained(run: Run, settings: FlightSettings) -> tuple[Float64, NDArray[np.bool_]]:
    """Find the cheapest chain of pieces from the first to the last row, and draw it.

    Returns:
        `(m, 3)` places, and `(m,)` whether each belongs to a flight.
    """
    cuts = len(run.cuts)
    arriving: list[list[_Arrived]] = [[] for _ in range(cuts)]
    every: list[tuple[int, Pieces]] = []
    befores: list[Int64] = []
    count = 0
    for start in range(cuts - 1):
        arrived = _together(arriving[start])
        if start and arrived is None:
            continue
        pieces = fit_pieces(run, start, settings)
        totals, before = pieces.costs, np.full(len(pieces.costs), -1, np.int64)
        speeds_mps, unsure_mps = pieces.last_mps(), _unsure_mps(pieces)
        if arrived is not None:
            kicked = _kicked(float(run.kickers_m[start]), settings)
            bounced = _bounced(arrived, pieces)
            sums = arrived.totals[:, None] + _joints(arrived, pieces, np.minimum(bounced, kicked))
            sums += _jumps(arrived, pieces, run.rays[run.cuts[start]], settings)
            best = (sums.argmin(axis=0), np.arange(len(totals)))
            totals, before = totals + sums[best], arrived.numbers[best[0]]
            alone = (pieces.before != GROUND) | (bounced[best] > kicked)
            speeds_mps, unsure_mps = _kept(arrived, pieces, best[0], alone, speeds_mps, unsure_mps)
        every.append((start, pieces))
        befores.append(before)
        for end in np.unique(pieces.ends).tolist():
            mine = np.flatnonzero((pieces.ends == end) & np.isfinite(totals))
            if len(mine):
                arriving[end].append(
                    _Arrived(
                        mine + count,
                        totals[mine],
                        pieces.after[mine],
                        speeds_mps[mine],
                        unsure_mps[mine],
                        pieces.drags[mine] < 0,
                        pieces.last_m()[mine],
                        pieces.doubts[mine, 1],
                    )
                )
        count += len(pieces.costs)
    return _drawn(run, every, np.concatenate(befores), _together(arriving[-1]), settings)


def _together(parts: list[_Arrived]) -> _Arrived | None:
    if not parts:
        return None
    return _Arrived(*(np.concatenate([getattr(one, f.name) for one in parts]) for f in fields(_Arrived)))


def _kicked(kicker_m: float, settings: FlightSettings) -> float:
    """Give what it costs that a player kicked a ball on the grass."""
    if np.isnan(kicker_m):
        return _UNKNOWN_KICKER
    return min(settings.kick_cost + (max(kicker_m - _REACH_M, 0.0) / _REACH_ERROR_M) ** 2 / 2, _FAR_KICKER)


def _joints(arrived: _Arrived, pieces: Pieces, cost: Float64) -> Float64:
    """Give what it costs that each piece follows each that arrived, `(i, k)`; infinite where it cannot."""
    ground = arrived.after[:, None] == GROUND
    joint = np.where(ground, cost, 0.0)
    return np.where(arrived.after[:, None] == pieces.before[None], joint, np.inf)


def _jumps(arrived: _Arrived, pieces: Pieces, planes: Float64, settings: FlightSettings) -> Float64:
    """Give what it costs that pieces do not begin where others end, `(i, k)`; along the line of sight less is known."""
    sight = np.cross(planes[0, :3], planes[1, :3])
    sight /= np.linalg.norm(sight)
    away = pieces.states[None, :, :3] - arrived.ends_m[:, None]
    deep, whole = (away @ sight) ** 2, (away**2).sum(axis=2)
    ended, begun = _spread(arrived.doubts, sight), _spread(pieces.doubts[:, 0], sight)
    deep_m2, wide_m2 = ended[:, :, None] + begun[:, None, :] + settings.joint_m**2
    return np.asarray((deep / deep_m2 + (whole - deep) / wide_m2) / 2, np.float64)


def _spread(doubts: Float64, sight: Float64) -> Float64:
    """Give variances along a direction, and across it, of `(k, 3, 3)` covariances: `(2, k)`."""
    deep = doubts @ sight @ sight
    return np.stack((deep, (np.trace(doubts, axis1=1, axis2=2) - deep) / 2))


def _unsure_mps(pieces: Pieces) -> Float64:
    """Give the standard errors of pieces' speeds, by what their ends' places are worth."""
    return np.asarray(_PLACE_M / np.maximum(pieces.lasting_s, 0.04), np.float64)


def _kept(
    arrived: _Arrived,
    pieces: Pieces,
    best: Int64,
    alone: NDArray[np.bool_],
    speeds_mps: Float64,
    unsure_mps: Float64,
) -> tuple[Float64, Float64]:
    """Give the speeds with which pieces end and how unsure they are, by the pieces and by what came before them.

    A short piece by itself tells next to nothing of its speed; else a ball could turn back on the grass by two of them.
    """
    along = arrived.speeds_mps[best, :2]
    error = _SPEED_MPS + _SPEED_SHARE * np.hypot(along[:, 0], along[:, 1]) + arrived.unsure_mps[best]
    slowed = np.where(arrived.rolling[best], 1.0, _GRIP) * np.exp(-np.abs(pieces.drags) * pieces.lasting_s)
    share = np.where(alone, 0.0, unsure_mps**2 / (unsure_mps**2 + error**2))
    kept = speeds_mps.copy()
    kept[:, :2] += share[:, None] * (slowed[:, None] * along - kept[:, :2])
    return kept, unsure_mps * np.sqrt(1 - share)


def _bounced(arrived: _Arrived, pieces: Pieces) -> Float64:
    """Give what it costs that nobody touched the ball between two pieces."""
    rolling, rolls = arrived.rolling[:, None], pieces.drags[None] < 0
    along, leaves = arrived.speeds_mps[:, None, :2], pieces.states[None, :, 3:5]
    kept = np.where(rolling, 1.0, _GRIP)[..., None]
    error = _SPEED_MPS + _SPEED_SHARE * np.hypot(along[..., 0], along[..., 1])
    error = error + arrived.unsure_mps[:, None] + _unsure_mps(pieces)[None]
    turned = ((leaves - kept * along) ** 2).sum(axis=2) / error**2
    falls, rises = -arrived.speeds_mps[:, None, 2], pieces.states[None, :, 5]
    thrown = np.where(rolling, 0.0, _BOUNCE * np.maximum(falls, 0.0))
    risen = np.where(rolls, np.maximum(thrown - _SPEED_MPS, 0.0), rises - thrown)
    return np.asarray((turned + (risen / error) ** 2) / 2, np.float64)


def _drawn(
    run: Run,
    every: list[tuple[int, Pieces]],
    befores: Int64,
    arrived: _Arrived | None,
    settings: FlightSettings,
) -> tuple[Float64, NDArray[np.bool_]]:
    flying = np.zeros(len(run.t_s), np.bool_)
    if arrived is None:
        return np.full((len(run.t_s), 3), np.nan), flying
    firsts = np.cumsum([0, *(len(pieces.costs) for _, pieces in every)])
    number = int(arrived.numbers[arrived.totals.argmin()])
    links: list[Link] = []
    while number >= 0:
        place = int(np.searchsorted(firsts, number, side="right")) - 1
        start, pieces = every[place]
        which = number - int(firsts[place])
        stop, drag_hz = int(pieces.ends[which]), float(pieces.drags[which])
        flying[run.cuts[start] : run.cuts[stop] + 1] = drag_hz > 0
        links.append(
            Link(
                start,
                stop,
                int(pieces.before[which]),
                int(pieces.after[which]),
                drag_hz,
                pieces.states[which],
            )
        )
        number = int(befores[number])
    return fit_together(run, links[::-1], settings), flying
