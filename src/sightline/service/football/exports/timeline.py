"""Frame numbers that other programs can work with: whole numbers a second, one after another within a period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import BallState, Match, Period

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class Timeline:
    """A match at a whole number of frames a second, and each row's number.

    Attributes:
        match: Only what lies within periods; resampled where the rate is not a whole number.
        numbers: `(n,)` int64, rising; within a period they differ by time in frames.
        rate_hz: Frames a second.
    """

    match: Match
    numbers: Int64
    rate_hz: int


def timeline_of(match: Match) -> Timeline:
    """Give the match on such a timeline; kloppy, floodlight and databallpy all cast the frame rate to an integer.

    A rate that is not a whole number (29.97) is brought to the next one by linear interpolation between neighbouring rows
    that both have a place; the source's own numbers are kept where they count frames already.
    """
    rate_hz = max(1, round(float(match.frame_rate_hz)))
    if match.frame_rate_hz != rate_hz:
        match = _resampled(match, rate_hz)
    numbers = np.zeros(len(match), np.int64)
    reached = 0
    for period in match.periods:
        rows = slice(period.start, period.stop)
        if period.start == period.stop:
            continue
        steps = np.round((match.t_s[rows] - match.t_s[period.start]) * rate_hz).astype(np.int64)
        own = match.frames[rows]
        keeps = np.array_equal(own - own[0], steps) and own[0] >= reached and match.frames[0] >= 0
        numbers[rows] = own if keeps else reached + steps
        reached = int(numbers[period.stop - 1]) + 1
    return Timeline(match, numbers, rate_hz)


def _resampled(match: Match, rate_hz: int) -> Match:
    rows: list[Int64] = []
    times: list[Float64] = []
    shares: list[Float64] = []
    periods: list[Period] = []
    for period in match.periods:
        own = match.t_s[period.start : period.stop]
        if not len(own):
            continue
        count = int(np.floor((own[-1] - own[0]) * rate_hz + 1e-6)) + 1
        wanted = own[0] + np.arange(count) / rate_hz
        left = np.clip(np.searchsorted(own, wanted + 1e-9, side="right") - 1, 0, max(0, len(own) - 2))
        span = own[np.minimum(left + 1, len(own) - 1)] - own[left]
        share = np.divide(wanted - own[left], span, out=np.zeros(count), where=span > 0)
        near = np.minimum(share, 1 - share) * span <= 1.5 / float(match.frame_rate_hz)
        start = sum(len(part) for part in rows)
        rows.append(left[near] + period.start)
        times.append(wanted[near])
        shares.append(np.clip(share[near], 0.0, 1.0))
        periods.append(Period(period.number, start, start + int(near.sum()), period.home_attacks))
    left = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    share = np.concatenate(shares) if shares else np.zeros(0)
    nearest = np.where(share < 0.5, left, np.minimum(left + 1, len(match) - 1))
    ball_m = _between(match.ball_m, left, share)
    states = match.ball_states[nearest].copy()
    states[~np.isfinite(ball_m[:, 0])] = BallState.LOST.value
    return replace(
        match,
        frame_rate_hz=Fraction(rate_hz),
        frames=np.arange(len(left)),
        t_s=np.concatenate(times) if times else np.zeros(0),
        periods=tuple(periods),
        positions_m=_between(match.positions_m, left, share),
        ball_m=ball_m,
        ball_states=states,
        alive=None if match.alive is None else match.alive[nearest],
        owner=None if match.owner is None else match.owner[nearest],
    )


def _between(values: Float64, left: Int64, share: Float64) -> Float64:
    """Interpolate rows; a row that falls on one of them takes it as it is, even where the other has no place."""
    right = np.minimum(left + 1, len(values) - 1)
    weight = share.reshape(-1, *[1] * (values.ndim - 1))
    mixed = values[left] * (1 - weight) + values[right] * weight
    return np.where(weight < 1e-6, values[left], np.where(weight > 1 - 1e-6, values[right], mixed))
