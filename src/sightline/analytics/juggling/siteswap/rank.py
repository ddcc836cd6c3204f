"""Which pattern a run of flights is: all readings against all patterns, and how sure the best may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.paths import Guess
from sightline.analytics.juggling.siteswap.align import AlignSettings, Fit, align, refine
from sightline.analytics.juggling.siteswap.patterns import (
    PatternTable,
    asynchronous,
    multiplex,
    synchronous,
    vanilla,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.juggling.siteswap.sightings import Reading
    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class RankSettings:
    """What is tried, and how scores become confidences.

    Attributes:
        align: Costs of the alignment.
        highest: Highest value tried in asynchronous patterns.
        highest_together: Highest value tried in synchronous ones.
        highest_multiplex: Highest value tried in multiplex ones.
        multiplex_balls: Most balls that multiplex is tried with.
        longest: Longest period tried.
        deepest: Longest period tried where no shorter one fits well.
        rounds: Times that a run must go through such a period.
        good: Score a throw that counts as fitting well.
        most_patterns: Periods with more patterns than this are not tried.
        closer: Patterns of a table that get a closer look.
        readings: Ways to tell throws from short flights that get one.
        doubtful_s: Shortest flight that is not lightly left out.
        least_throws: Fewest throws that a pattern is named from.
        sure: Least confidence to name a pattern.
        together: What a synchronous or multiplex pattern costs beside an asynchronous one.
        warmth: Difference of scores that makes one pattern e times as likely as another; throws of a run are not
            independent, so that it is more than 1.
        calibration: Weights of (1, score a throw) in the log-odds that the right pattern is among those tried, see
            docs/juggling/siteswap.md.
    """

    align: AlignSettings = field(default_factory=AlignSettings)
    highest: int = 11
    highest_together: int = 8
    highest_multiplex: int = 7
    multiplex_balls: int = 6
    longest: int = 5
    deepest: int = 7
    rounds: float = 2.5
    good: float = 2.0
    most_patterns: int = 6000
    closer: int = 24
    readings: int = 3
    doubtful_s: float = 0.25
    least_throws: int = 6
    sure: float = 0.4
    together: float = 2.0
    warmth: float = 3.0
    calibration: tuple[float, float] = (1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A pattern with how it fits a run.

    Attributes:
        siteswap: Its canonical name.
        score: Higher is better.
        beat_s: Length of a beat.
        dwell_beats: Dwell.
        reading: How the flights were read.
        columns: `(k,)` column of the pattern's table for each throw, -1 for none.
        values: `(k,)` siteswap value of each throw, -1 for none.
        ordered: Share of throws whose ball flies again exactly as many throws later as the pattern says.
    """

    siteswap: str
    score: float
    beat_s: float
    dwell_beats: float
    reading: Reading
    columns: Int64
    values: Int64
    ordered: float

    @property
    def explained(self) -> float:
        """Share of the run's throws that are the pattern's."""
        return float((self.columns >= 0).mean())


def rank(found: Sequence[Reading], balls: int, settings: RankSettings) -> list[Ranked]:
    """Give the patterns that fit best, best first, each once.

    Args:
        found: Readings of one run.
        balls: How many are juggled.
        settings: What is tried.
    """
    best: dict[str, Ranked] = {}
    groups: dict[tuple[int, bool], list[Reading]] = {}
    for reading in found:
        if len(reading.seen) >= 3 and balls > 0:
            groups.setdefault((len(reading.seen), reading.grouped), []).append(reading)
    looked = sorted(
        ((_look(group, balls, settings), key) for key, group in groups.items()),
        key=lambda one: -max((score for _, score in one[0]), default=-np.inf),
    )
    for promising, key in looked[: settings.readings]:
        for reading in groups[key]:
            for table, _ in promising:
                for one in _best_of(table, reading, settings):
                    if one.siteswap not in best or one.score > best[one.siteswap].score:
                        best[one.siteswap] = one
    if best:
        _look_deeper(best, balls, settings)
    return sorted(best.values(), key=lambda one: (-one.score, one.siteswap))


def _look_deeper(best: dict[str, Ranked], balls: int, settings: RankSettings) -> None:
    """Try longer patterns too where no short one fits well and the run is long enough to show them."""
    top = max(best.values(), key=lambda one: one.score)
    if top.score > settings.good * len(top.columns) or top.reading.grouped:
        return
    for period in range(settings.longest + 1, settings.deepest + 1):
        if len(top.columns) < settings.rounds * period:
            continue
        table = asynchronous(period, balls, settings.highest)
        if not 0 < len(table) <= settings.most_patterns:
            continue
        scores = _discounted(align(table, top.reading.seen, settings.align), top.reading, settings)
        few = table.only(np.argsort(-scores, kind="stable")[: settings.closer])
        for one in _best_of(few, top.reading, settings):
            if one.siteswap not in best or one.score > best[one.siteswap].score:
                best[one.siteswap] = one


def guesses(ranked: Sequence[Ranked], settings: RankSettings) -> tuple[Guess, ...]:
    """Give up to three patterns with confidences, likeliest first."""
    if not ranked:
        return ()
    sure = chances([one.score for one in ranked], len(ranked[0].columns), settings)
    return tuple(Guess(one.siteswap, share) for one, share in zip(ranked[:3], sure.tolist(), strict=False))


def chances(scores: Sequence[float], throws: int, settings: RankSettings) -> Float64:
    """Give the chance of each pattern that it is the one juggled.

    Patterns share what is likely by how they fit: those with the same flights get the same, whatever they are called.
    All of them share less where even the best fits badly: then it may be one that was not tried, or no pattern.

    Args:
        scores: `(n,)` of one run, best first.
        throws: Of that run.
        settings: How scores become chances.

    Returns:
        `(n,)`, falling, whose sum is the chance that the right one is among them.
    """
    weights = np.exp((np.array(scores) - scores[0]) / settings.warmth)
    level, slope = settings.calibration
    each = float(np.clip(scores[0] / throws, -3.0, 3.0))
    return np.asarray(weights / weights.sum() / (1 + np.exp(-level - slope * each)))


def _look(group: Sequence[Reading], balls: int, settings: RankSettings) -> list[tuple[PatternTable, float]]:
    """Give, of each table, the patterns worth a closer look, and the best score, for readings that differ in hands."""
    found = []
    for table in _tables(group[0], balls, settings):
        scores = np.full(len(table), -np.inf)
        for reading in (group[0], *group[-1:]):
            scores = np.maximum(
                scores, _discounted(align(table, reading.seen, settings.align), reading, settings)
            )
        top = np.sort(np.argsort(-scores, kind="stable")[: settings.closer])
        found.append((table.only(top), float(scores.max())))
    return found


def _tables(reading: Reading, balls: int, settings: RankSettings) -> list[PatternTable]:
    tables = [synchronous(balls, settings.highest_together)]
    if not reading.grouped:
        tables.append(vanilla(settings.longest, balls, settings.highest))
    elif balls <= settings.multiplex_balls:
        tables.append(multiplex(balls, settings.highest_multiplex))
    return [table for table in tables if len(table)]


def _ordered(order: Int64, columns: Int64, reading: Reading) -> float:
    known = reading.seen.order > 0
    same = (columns >= 0) & (order[np.maximum(columns, 0)] == reading.seen.order)
    return float(same[known].mean()) if known.any() else 0.0


def _discounted(fit: Fit, reading: Reading, settings: RankSettings) -> Float64:
    """Charge for flights that a reading leaves out although they are long enough to be throws."""
    long = (reading.dropped_s[None] > 1.1 * fit.beat_s[:, None]).sum(axis=1)
    rest = (reading.dropped_s > settings.doubtful_s).sum() - long
    return np.asarray(fit.scores - settings.align.match * (long + 0.5 * np.maximum(rest, 0)))


def _best_of(table: PatternTable, reading: Reading, settings: RankSettings) -> list[Ranked]:
    """Give the best of a table, with the pace taken again from the throws that matched."""
    traced = align(table, reading.seen, settings.align, trace=True)
    again = align(
        table,
        reading.seen,
        settings.align,
        pace=refine(table, reading.seen, traced),
        trace=True,
    )
    before, after = (_discounted(fit, reading, settings) for fit in (traced, again))
    cost = settings.together if "(" in table.names[0] or "[" in table.names[0] else 0.0
    found = []
    for row, name in enumerate(table.names):
        fit = again if after[row] >= before[row] else traced
        if fit.columns is None:
            continue
        columns = fit.columns[row]
        found.append(
            Ranked(
                siteswap=name,
                score=float(max(before[row], after[row])) - cost,
                beat_s=float(fit.beat_s[row]),
                dwell_beats=float(fit.dwell_beats[row]),
                reading=reading,
                columns=columns,
                values=np.where(columns >= 0, table.value[row, np.maximum(columns, 0)], -1),
                ordered=_ordered(table.order[row], columns, reading),
            )
        )
    return found
