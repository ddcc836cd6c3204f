"""All patterns that could be meant, as arrays that runs of throws are aligned with.

A `PatternTable` has a row for each pattern and a column for each throw that flies (value 3 or more) and each hand it may come
from. Holds, empty hands and hand-to-hand passes are not seen, so they show only in what they do to the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import permutations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.juggling.notation import Landing, Moment, Siteswap, Toss

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

LEAST_VISIBLE = 3
Values = tuple[int, ...]
_COLUMNS = ("mask", "value", "hand", "target", "beats", "order", "passes", "before", "gap")
_ARRAYS = (*_COLUMNS, "rate", "mean_value", "period")


@dataclass(frozen=True, slots=True)
class PatternTable:
    """Candidates with the same number of columns; see the module.

    Attributes:
        names: Canonical patterns, `c` of them.
        mask: `(c, s)`, which columns stand for a throw.
        value: `(c, s)` siteswap values.
        hand: `(c, s)` throwing hand, 0 or 1; which of them is the left one is open.
        target: `(c, s)` catching hand.
        beats: `(c, s)` beats until the same ball flies again; 0 where that is open.
        order: `(c, s)` throws until the same ball flies again, that one included; 0 where that is open.
        passes: `(c, s)` times the ball is handed over meanwhile, as a 1.
        before: `(c, s, 2)` columns of the throw before, and of the one before that.
        gap: `(c, s, 2)` beats since those.
        rate: `(c,)` visible throws a beat.
        mean_value: `(c,)` of visible throws.
        period: `(c,)` of the notation.
    """

    names: tuple[str, ...]
    mask: NDArray[np.bool_]
    value: Int64
    hand: Int64
    target: Int64
    beats: Int64
    order: Int64
    passes: Int64
    before: Int64
    gap: Int64
    rate: Float64
    mean_value: Float64
    period: Int64

    def __len__(self) -> int:
        return len(self.names)

    def only(self, rows: Int64) -> PatternTable:
        """Give some of the patterns."""
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in _ARRAYS}
        return PatternTable(tuple(self.names[row] for row in rows.tolist()), **columns)


def merged(tables: Iterable[PatternTable]) -> PatternTable:
    """Put tables together, filled up with empty columns to the widest."""
    parts = [table for table in tables if len(table)]
    width = max((table.mask.shape[1] for table in parts), default=1)

    def stacked(name: str) -> Any:
        columns = [getattr(table, name) for table in parts]
        if columns[0].ndim == 1:
            return np.concatenate(columns)
        sizes = [((0, 0), (0, width - one.shape[1]), (0, 0))[: one.ndim] for one in columns]
        return np.concatenate([np.pad(one, size) for one, size in zip(columns, sizes, strict=True)])

    return PatternTable(
        names=tuple(name for table in parts for name in table.names),
        **{name: stacked(name) for name in _ARRAYS},
    )


@cache
def vanilla(longest: int, balls: int, highest: int) -> PatternTable:
    """Give the table of all asynchronous patterns up to a period."""
    return merged(asynchronous(period, balls, highest) for period in range(1, longest + 1))


@cache
def siteswaps(period: int, balls: int, highest: int) -> tuple[Values, ...]:
    """Give every asynchronous pattern of exactly this period, each once, in its canonical turn.

    Source:
        Each valid pattern is a permutation's differences plus multiples of the period (Buhler et al. 1994).
    """
    found: set[Values] = set()
    for order in permutations(range(period)):
        base = [(to - place) % period for place, to in enumerate(order)]
        spare = balls * period - sum(base)
        if spare < 0 or spare % period:
            continue
        room = [(highest - one) // period for one in base]
        for extra in _shares(spare // period, room):
            values = tuple(one + period * more for one, more in zip(base, extra, strict=True))
            if values == _highest_turn(values) and _is_primitive(values):
                found.add(values)
    return tuple(sorted(found, reverse=True))


def random_siteswap(
    rng: np.random.Generator, *, longest: int = 5, most_balls: int = 7, highest: int = 9
) -> Siteswap:
    """Give a valid asynchronous pattern with at least one throw that flies.

    Period and balls are drawn evenly, then a pattern evenly among all of that period and number of balls.
    """
    while True:
        period = int(rng.integers(1, longest + 1))
        balls = int(rng.integers(1, most_balls + 1))
        known = [one for one in siteswaps(period, balls, highest) if max(one) >= LEAST_VISIBLE]
        if known:
            values = known[int(rng.integers(len(known)))]
            return Siteswap(tuple(Moment((Toss(value),)) for value in values))


def _shares(total: int, room: list[int]) -> list[Values]:
    """Give all ways to part a total over places with room."""
    if not room:
        return [()] if total == 0 else []
    return [
        (first, *rest)
        for first in range(min(total, max(room[0], -1)) + 1)
        for rest in _shares(total - first, room[1:])
    ]


def _highest_turn(values: Values) -> Values:
    return max(values[turn:] + values[:turn] for turn in range(len(values)))


def _is_primitive(values: Values) -> bool:
    count = len(values)
    return not any(
        count % length == 0 and values == values[:length] * (count // length) for length in range(1, count)
    )


@cache
def asynchronous(period: int, balls: int, highest: int) -> PatternTable:
    """Give the table of all asynchronous patterns of a period with at least one throw that flies."""
    known = [one for one in siteswaps(period, balls, highest) if max(one) >= LEAST_VISIBLE]
    values = np.array(known, np.int64).reshape(len(known), period)
    names = tuple(str(Siteswap(tuple(Moment((Toss(value),)) for value in one))) for one in known)
    return _async_table(names, values)


def _async_table(names: tuple[str, ...], values: Int64) -> PatternTable:
    """Make columns of beats and hands: column `2 * beat + hand`."""
    count, period = values.shape
    rows = np.arange(count)[:, None]
    seen = values >= LEAST_VISIBLE
    beats, passes = values.copy(), np.zeros_like(values)
    for _ in range(4 * period):
        at = (np.arange(period) + beats) % period
        hidden = seen & ~seen[rows, at]
        if not hidden.any():
            break
        beats = beats + np.where(hidden, values[rows, at], 0)
        passes = passes + (hidden & (values[rows, at] == 1))
    passed = np.concatenate([np.zeros((count, 1), np.int64), np.cumsum(seen, axis=1)], axis=1)
    total = passed[:, -1:]
    ends = np.arange(period) + beats + 1
    order = total * (ends // period) + passed[rows, ends % period] - passed[:, 1:]
    before = np.zeros((count, period, 2), np.int64)
    gap = np.zeros((count, period, 2), np.int64)
    back = np.ones((count, period), np.int64)
    for _ in range(period):
        at = (np.arange(period) - back) % period
        back = np.where(seen[rows, at], back, back + 1)
    gap[..., 0], before[..., 0] = back, (np.arange(period) - back) % period
    further = back[rows, before[..., 0]]
    gap[..., 1] = back + further
    before[..., 1] = (np.arange(period) - gap[..., 1]) % period
    return _with_hands(names, values, seen, beats, order, passes, before, gap)


def _with_hands(  # noqa: PLR0917 - the columns of a table
    names: tuple[str, ...], values: Int64, seen: NDArray[np.bool_], beats: Int64, order: Int64,
    passes: Int64, before: Int64, gap: Int64,
) -> PatternTable:  # fmt: skip
    """Double the columns: each throw by either hand; hands alternate from beat to beat."""
    count, period = values.shape
    hand = np.tile(np.array([0, 1]), period)[None].repeat(count, axis=0)
    twice: dict[str, Any] = {
        name: np.repeat(array, 2, axis=1)
        for name, array in (
            ("mask", seen),
            ("value", values),
            ("beats", beats),
            ("order", order),
            ("passes", passes),
        )
    }
    gaps = np.repeat(gap, 2, axis=1)
    columns = 2 * np.repeat(before, 2, axis=1) + (hand[..., None] ^ (gaps % 2))
    flying = np.maximum(seen.sum(axis=1), 1)
    return PatternTable(
        names=names,
        hand=hand,
        target=hand ^ (twice["value"] % 2),
        before=columns,
        gap=gaps,
        rate=seen.sum(axis=1) / period,
        mean_value=(values * seen).sum(axis=1) / flying,
        period=np.full(count, period),
        **twice,
    )


def table_of(patterns: tuple[Siteswap, ...]) -> PatternTable:
    """Give the table of any valid patterns, also synchronous and multiplex.

    Throws of one beat stand left hand first, then highest first. Where a ball lands among several that leave, it is
    taken to leave as the highest.
    """
    rows = [_columns(pattern) for pattern in patterns]
    width = max((len(row) for row in rows), default=1)
    cells = np.zeros((len(rows), width, 11), np.int64)
    for number, row in enumerate(rows):
        cells[number, : len(row)] = row
    mask = cells[..., 0] == 1
    flying = np.maximum(mask.sum(axis=1), 1)
    cycles = np.array([pattern.cycle for pattern in patterns], np.int64).reshape(len(rows))
    return PatternTable(
        names=tuple(str(pattern.canonical()) for pattern in patterns),
        mask=mask,
        value=cells[..., 1],
        hand=cells[..., 2],
        target=cells[..., 3],
        beats=cells[..., 4],
        order=cells[..., 5],
        passes=cells[..., 6],
        before=cells[..., 7:9],
        gap=cells[..., 9:11],
        rate=mask.sum(axis=1) / (2 * cycles),
        mean_value=(cells[..., 1] * mask).sum(axis=1) / flying,
        period=np.array([pattern.period for pattern in patterns], np.int64).reshape(len(rows)),
    )


def _columns(pattern: Siteswap) -> list[tuple[int, ...]]:
    """Give a pattern's columns twice: as written, then with hands swapped."""
    cycle = pattern.cycle
    leaving: dict[tuple[int, int], Landing] = {}
    for one in sorted(pattern.landings, key=lambda one: one.value):
        leaving[(one.beat, one.hand)] = one
    flying = [one for one in pattern.landings if one.value >= LEAST_VISIBLE]
    columns: list[tuple[int, ...]] = []
    for swap in (0, 1):
        throws = sorted(flying, key=lambda one: (one.beat, one.hand ^ swap, -one.value))
        count, offset = len(throws), swap * len(flying)
        for number, one in enumerate(throws):
            beats, passes, onward = _next_flight(one, leaving, cycle)
            rounds = (one.beat + beats) // cycle
            order = throws.index(onward) - number + rounds * count if onward in throws else 0
            before = [divmod(number - step, count) for step in (1, 2)]
            columns.append(
                (
                    *(1, one.value, one.hand ^ swap, one.target ^ swap, beats, order, passes),
                    *(offset + place for _, place in before),
                    *(one.beat - throws[place].beat - turns * cycle for turns, place in before),
                )
            )
    return columns


def _next_flight(
    one: Landing, leaving: dict[tuple[int, int], Landing], cycle: int
) -> tuple[int, int, Landing]:
    """Give when a ball flies again, how often it is handed over before, and as what; 0 beats for never."""
    beats, passes, here = one.value, 0, one
    for _ in range(4 * cycle):
        here = leaving[((one.beat + beats) % cycle, here.target)]
        if here.value >= LEAST_VISIBLE:
            return beats, passes, here
        beats += here.value
        passes += here.hand != here.target
    return 0, 0, here


@cache
def synchronous(balls: int, highest: int) -> PatternTable:
    """Give the table of synchronous patterns of one and two pairs, with and without `*`."""
    tosses = [Toss(value, crossing) for value in range(0, highest + 1, 2) for crossing in (False, True)]
    tosses = [toss for toss in tosses if toss.value or not toss.crossing]
    pairs = [Moment((left,), (right,), 2) for left in tosses for right in tosses]
    found: dict[str, Siteswap] = {}
    for count in (1, 2):
        for moments in product(pairs, repeat=count):
            if sum(one.left[0].value + one.right[0].value for one in moments) != 2 * count * balls:
                continue
            for whole in (moments, moments + tuple(one.mirrored() for one in moments)):
                pattern = Siteswap(whole, synchronous=True)
                if pattern.valid and max(pattern.values) > LEAST_VISIBLE:
                    best = pattern.canonical()
                    found.setdefault(str(best), best)
    return table_of(tuple(found[name] for name in sorted(found)))


@cache
def multiplex(balls: int, highest: int, longest: int = 3) -> PatternTable:
    """Give the table of asynchronous patterns in which two balls leave a hand at once."""
    single: list[Values] = [(value,) for value in range(highest + 1)]
    double: list[Values] = [(high, low) for high in range(1, highest + 1) for low in range(1, high + 1)]
    found: dict[str, Siteswap] = {}
    for period in range(1, longest + 1):
        for beats in product(single + double, repeat=period):
            if sum(map(sum, beats)) != period * balls or all(len(beat) == 1 for beat in beats):
                continue
            pattern = Siteswap(tuple(Moment(tuple(Toss(value) for value in beat)) for beat in beats))
            if pattern.valid and max(pattern.values) >= LEAST_VISIBLE:
                best = pattern.canonical()
                found.setdefault(str(best), best)
    return table_of(tuple(found[name] for name in sorted(found)))
