"""Which pattern a run of flights is: all readings against all patterns, and how sure the best may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.paths import Guess
from sightline.analytics.juggling.siteswap.align import AlignSettings, Fit, align, refine
from sightline.analytics.juggling.siteswap.patterns import Book, asynchronous, multiplex, synchronous

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sightline.analytics.juggling.siteswap.sightings import Reading
    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class RankSettings:
    """What is tried, and how scores become confidences.

    Attributes:
        align: Costs of the alignment.
        highest: Highest value tried in asynchronous patterns.
        highest_together: Highest value tried in synchronous and multiplex ones.
        longest: Longest period tried.
        readings: Readings that go on after a first look.
        least_throws: Fewest throws that a pattern is named from.
        sure: Least confidence to name a pattern.
        together: What a synchronous or multiplex pattern costs beside an asynchronous one.
        calibration: Weights of (1, log margin, score a throw, share explained, log throws), see docs/juggling/siteswap.md.
    """

    align: AlignSettings = field(default_factory=AlignSettings)
    highest: int = 11
    highest_together: int = 8
    longest: int = 5
    readings: int = 5
    least_throws: int = 6
    sure: float = 0.5
    together: float = 2.0
    calibration: tuple[float, float, float, float, float] = (-4.0, 1.2, 0.6, 2.0, 0.3)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A pattern with how it fits a run.

    Attributes:
        siteswap: Its canonical name.
        score: Higher is better.
        beat_s: Length of a beat.
        dwell_beats: Dwell.
        reading: How the flights were read.
        columns: `(k,)` column of the pattern's book for each throw, -1 for none.
        values: `(k,)` siteswap value of each throw, -1 for none.
    """

    siteswap: str
    score: float
    beat_s: float
    dwell_beats: float
    reading: Reading
    columns: Int64
    values: Int64

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
    runs = [reading for reading in found if len(reading.seen) >= 3]
    if not runs or balls < 1:
        return []
    first = sorted(runs, key=lambda reading: -_glance(reading, balls, settings))
    best: dict[str, Ranked] = {}
    for reading in first[: settings.readings]:
        for book in _books(reading, balls, settings):
            for one in _best_of(book, reading, settings):
                if one.siteswap not in best or one.score > best[one.siteswap].score:
                    best[one.siteswap] = one
    return sorted(best.values(), key=lambda one: (-one.score, one.siteswap))


def guesses(ranked: Sequence[Ranked], settings: RankSettings) -> tuple[Guess, ...]:
    """Give up to three patterns with confidences; the rest of certainty is shared by how the others fit."""
    if not ranked:
        return ()
    sure = confidence(features(ranked), settings)
    others = ranked[1:6]
    if not others:
        return (Guess(ranked[0].siteswap, sure),)
    weights = np.exp(0.2 * np.array([one.score - others[0].score for one in others]))
    shares = 0.9 * (1 - sure) * weights / (weights.sum() + 0.25)
    rest = [Guess(one.siteswap, float(share)) for one, share in zip(others, shares, strict=True)]
    return (Guess(ranked[0].siteswap, sure), *rest[:2])


def features(ranked: Sequence[Ranked]) -> Float64:
    """Give what the confidence is made from: `(1, log margin, score a throw, share explained, log throws)`."""
    top = ranked[0]
    throws = len(top.columns)
    margin = top.score - ranked[1].score if len(ranked) > 1 else 20.0
    each = float(np.clip(top.score / throws, -3.0, 3.0))
    return np.array([1.0, np.log1p(margin), each, top.explained, np.log(throws)])


def confidence(values: Float64, settings: RankSettings) -> float:
    """Give the chance that the best pattern is right, by logistic regression on simulated runs."""
    return float(1 / (1 + np.exp(-values @ np.array(settings.calibration))))


def _glance(reading: Reading, balls: int, settings: RankSettings) -> float:
    """Give how well the best of the short patterns fits."""
    short = [asynchronous(period, balls, settings.highest) for period in (1, 2, 3, 4)]
    if reading.grouped:
        short = [synchronous(balls, settings.highest_together), *short[:1]]
    scores = [
        float(_discounted(align(book, reading.seen, settings.align), reading, settings).max())
        for book in short
        if len(book)
    ]
    return max(scores, default=-np.inf)


def _books(reading: Reading, balls: int, settings: RankSettings) -> Iterable[Book]:
    books = [synchronous(balls, settings.highest_together)]
    if not reading.grouped:
        books += [asynchronous(period, balls, settings.highest) for period in range(1, settings.longest + 1)]
    elif balls <= 6:
        books.append(multiplex(balls, min(7, settings.highest_together)))
    return [book for book in books if len(book)]


def _discounted(fit: Fit, reading: Reading, settings: RankSettings) -> Float64:
    """Charge for flights that a reading leaves out although they are long enough to be throws."""
    long = (reading.dropped_s[None] > 1.1 * fit.beat_s[:, None]).sum(axis=1)
    return np.asarray(fit.scores - settings.align.match * long)


def _best_of(book: Book, reading: Reading, settings: RankSettings, keep: int = 10) -> list[Ranked]:
    """Give the best of a book, with the pace taken again from the throws that matched."""
    rough = align(book, reading.seen, settings.align)
    top = np.argsort(-_discounted(rough, reading, settings), kind="stable")[:keep]
    few = book.only(top)
    pace = (rough.beat_s[top], rough.dwell_beats[top])
    traced = align(few, reading.seen, settings.align, pace=pace, trace=True)
    again = align(
        few, reading.seen, settings.align, pace=refine(few, reading.seen, settings.align, traced), trace=True
    )
    before, after = (_discounted(fit, reading, settings) for fit in (traced, again))
    cost = settings.together if "(" in few.names[0] or "[" in few.names[0] else 0.0
    found = []
    for row, name in enumerate(few.names):
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
                values=np.where(columns >= 0, few.value[row, np.maximum(columns, 0)], -1),
            )
        )
    return found
