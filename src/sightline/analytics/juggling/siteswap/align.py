"""Aligns a run of throws with patterns, by order first and by the clock only loosely.

A hidden Markov model a pattern, all of a table at once: states are its columns, a throw is matched by hands, by how many
throws later its ball flies again (order), and by flight and cycle in units of the beat. Throws may be missed, be none
at all, or the run may lose its place; each costs, none is fatal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.analytics.juggling.siteswap.patterns import PatternTable
    from sightline.core.arrays import Float64, Int64


_BLOCK_CELLS = 400_000


@dataclass(frozen=True, slots=True)
class AlignSettings:
    """What a throw may cost. Scores are log-likelihood ratios against chance, spreads are in beats.

    Attributes:
        match: What a throw earns that fits perfectly.
        flight_spread: Of a flight's length around its value less the dwell.
        cycle_spread: Of the time until the same ball flies again around its beats.
        gap_spread: Of the time between throws around its beats; wide, since 1s leave early and hands are uneven.
        worst: Most that one of these may cost, in squared spreads.
        order_miss: What a wrong order costs; once more for each further step.
        order_worst: Most that the order may cost.
        visit_miss: What it costs when a ball was seen in the other hand and should not have been, or the reverse.
        spurious: What a throw costs that is none of the pattern's.
        missed: What each throw costs that was not seen.
        lost: What it costs to lose one's place.
        dwell_beats: Usual dwell.
        dwell_spread: Its spread among jugglers.
        dwell_weight: How much the dwell counts beside single throws.
        longer: What each beat of the period costs.
    """

    match: float = 3.0
    flight_spread: float = 0.35
    cycle_spread: float = 0.35
    gap_spread: float = 0.45
    worst: float = 9.0
    order_miss: float = 2.0
    order_worst: float = 5.0
    visit_miss: float = 2.0
    spurious: float = 2.5
    missed: float = 3.5
    lost: float = 9.0
    dwell_beats: float = 1.45
    dwell_spread: float = 0.3
    dwell_weight: float = 3.0
    longer: float = 0.7


@dataclass(frozen=True, slots=True)
class Sightings:
    """A run of flights as the alignment sees them, in the order of their throws.

    Attributes:
        t_s: `(k,)` when each was thrown.
        flight_s: `(k,)` how long it flew; NaN where an end was not seen.
        cycle_s: `(k,)` time until the same ball was thrown again; NaN where it was not.
        order: `(k,)` throws until then, that one included; 0 where it was not.
        throw_hand: `(k, 2)` log-probability of either hand.
        catch_hand: `(k, 2)` the same of the catch.
        visited: `(k,)` whether the ball was in the other hand between catch and next throw, of which both were one
            hand's: 1 yes, 0 no, -1 not known.
    """

    t_s: Float64
    flight_s: Float64
    cycle_s: Float64
    order: Int64
    throw_hand: Float64
    catch_hand: Float64
    visited: Int64

    def __len__(self) -> int:
        return len(self.t_s)

    def span(self, first: int, last: int) -> Sightings:
        """Give rows `first..last - 1`; cycles that lead out of them stay known."""
        return Sightings(
            *(
                getattr(self, name)[first:last]
                for name in ("t_s", "flight_s", "cycle_s", "order", "throw_hand", "catch_hand", "visited")
            )
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """How well each pattern of a table fits.

    Attributes:
        scores: `(c,)`, higher is better.
        beat_s: `(c,)` length of a beat.
        dwell_beats: `(c,)` dwell.
        columns: `(c, k)` column of each throw, -1 for one that is none; None unless asked for.
        prefix: `(c, k)` best score of the throws up to each; None unless asked for.
    """

    scores: Float64
    beat_s: Float64
    dwell_beats: Float64
    columns: Int64 | None = None
    prefix: Float64 | None = None


def tempo(table: PatternTable, seen: Sightings) -> tuple[Float64, Float64]:
    """Give each pattern's beat and dwell from averages: throws a second, and how long they fly.

    Breaks do not count: gaps over three times the usual are left out.
    """
    gaps = np.diff(seen.t_s)
    kept = gaps[gaps <= 3 * np.quantile(gaps, 0.75)]
    beat_s = np.maximum(float(kept.mean()) * table.rate, 1e-6)
    whole = seen.flight_s[np.isfinite(seen.flight_s)]
    dwell = table.mean_value - (float(whole.mean()) if len(whole) else 0.0) / beat_s
    return beat_s, np.asarray(dwell)


def refine(table: PatternTable, seen: Sightings, fit: Fit) -> tuple[Float64, Float64]:
    """Give each pattern's beat and dwell again, from the throws that a traced fit matched."""
    if fit.columns is None:
        raise ValueError("the fit was not traced")
    beat_s, dwell = fit.beat_s.copy(), fit.dwell_beats.copy()
    for row, columns in enumerate(fit.columns):
        kept = np.flatnonzero(columns >= 0)
        before, after = kept[:-1], kept[1:]
        ahead = table.before[row, columns[after], 0] == columns[before]
        ahead &= after - before == 1
        beats = float(table.gap[row, columns[after], 0][ahead].sum())
        lasted_s = float((seen.t_s[after] - seen.t_s[before])[ahead].sum())
        if (
            beats < 4 or lasted_s <= 0
        ):  # all matched throws left at one moment, as when two jugglers throw together
            continue
        beat_s[row] = lasted_s / beats
        value = table.value[row, columns[kept]] - seen.flight_s[kept] / beat_s[row]
        if np.isfinite(value).any():
            dwell[row] = float(np.nanmedian(value))
    return beat_s, dwell


def align(
    table: PatternTable,
    seen: Sightings,
    settings: AlignSettings,
    *,
    pace: tuple[Float64, Float64] | None = None,
    trace: bool = False,
    prefix: bool = False,
) -> Fit:
    """Score every pattern of a table against a run.

    Args:
        table: `c` patterns.
        seen: At least two throws.
        settings: What things cost.
        pace: Beat and dwell of each pattern; from `tempo` where not given.
        trace: Also give the column of every throw.
        prefix: Also give the running best.
    """
    beat_s, dwell = pace if pace is not None else tempo(table, seen)
    every = np.arange(len(table))
    score: Float64 = np.full(table.mask.shape, -np.inf)
    arrived: list[Int64] = []
    running: list[Float64] = []
    size = max(1, _BLOCK_CELLS // max(1, table.mask.size))
    for first in range(0, len(seen), size):
        block = _emissions(table, seen, slice(first, first + size), beat_s, dwell, settings)
        for k, emission in enumerate(block, start=first):
            if k == 0:
                score = np.where(table.mask, emission, -np.inf)
                running.append(score.max(axis=1))
                continue
            gap = (seen.t_s[k] - seen.t_s[k - 1]) / beat_s
            options = score[every[:, None, None], table.before]
            options -= _cost((gap[:, None, None] - table.gap) / settings.gap_spread, settings)
            options[..., 1] -= settings.missed
            best = options.argmax(axis=2)
            matched = options.max(axis=2)
            lost = running[-1][:, None] - settings.lost
            restart = lost > matched
            matched = np.where(restart, lost, matched) + emission
            passed = score - settings.spurious
            stay = passed > matched
            if trace:
                source = np.where(best == 0, table.before[..., 0], table.before[..., 1])
                source = np.where(restart, score.argmax(axis=1)[:, None], source)
                arrived.append(np.where(stay, -1 - np.arange(score.shape[1]), source))
            score = np.where(table.mask, np.where(stay, passed, matched), -np.inf)
            running.append(score.max(axis=1))
    extra = settings.dwell_weight * np.minimum(
        0.5 * ((dwell - settings.dwell_beats) / settings.dwell_spread) ** 2, settings.worst
    )
    return Fit(
        scores=score.max(axis=1) - extra - settings.longer * table.period,
        beat_s=beat_s,
        dwell_beats=dwell,
        columns=_columns(score, arrived, len(seen)) if trace else None,
        prefix=np.stack(running, axis=1) if prefix else None,
    )


def _columns(score: Float64, arrived: list[Int64], count: int) -> Int64:
    """Walk back from each pattern's best end."""
    rows = np.arange(len(score))
    at = score.argmax(axis=1)
    columns = np.full((len(score), count), -1, np.int64)
    for k in range(count - 1, -1, -1):
        source = arrived[k - 1][rows, at] if k else at
        strays = source < 0
        columns[:, k] = np.where(strays & (k > 0), -1, at)
        at = np.where(strays, at, source)
    return columns


def _emissions(
    table: PatternTable,
    seen: Sightings,
    block: slice,
    beat_s: Float64,
    dwell: Float64,
    settings: AlignSettings,
) -> Float64:
    """Give how well each throw of a block fits each column, `(k, c, s)`."""
    score = settings.match + seen.throw_hand[block][:, table.hand] + seen.catch_hand[block][:, table.target]
    flight = seen.flight_s[block, None] / beat_s + dwell
    off = _cost((flight[:, :, None] - table.value) / settings.flight_spread, settings)
    score -= np.where(np.isfinite(off), off, 0.0)
    cycle = seen.cycle_s[block, None] / beat_s
    off = _cost((cycle[:, :, None] - table.beats) / settings.cycle_spread, settings)
    score -= np.where(np.isfinite(off), np.where(table.beats > 0, off, 1.0), 0.0)
    order = seen.order[block, None, None]
    miss = np.minimum(settings.order_miss * np.abs(table.order - order), settings.order_worst)
    score -= np.where(order > 0, np.where(table.order > 0, miss, 1.0), 0.0)
    visited = seen.visited[block, None, None]
    wrong = (table.passes % 2 == 0) & ((table.passes > 0) != visited) & (visited >= 0)
    return np.asarray(score - settings.visit_miss * wrong)


def _cost(off: Float64, settings: AlignSettings) -> Float64:
    """Half the square, flattening out at half of `worst`."""
    square = off**2
    return np.asarray(0.5 * settings.worst * square / (settings.worst + square))
