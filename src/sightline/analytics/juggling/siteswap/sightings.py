"""Turns flights into runs of sightings: which are throws at all, in what order, and by which hands.

None of the three is certain, so each is given as a few readings; the alignment with patterns decides between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.siteswap.align import Sightings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.juggling.paths import Flight
    from sightline.core.arrays import Float64, Int64

_SURE = 0.97
_MOST_LEVELS = 3
_LONGEST_CARRY_S = 0.5  # nobody's carry or hand-to-hand pass falls for longer


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read flights.

    Attributes:
        flights: Numbers of the flights that count as throws, in order.
        seen: The same as sightings.
        left: `(k, 2)` log-odds that throw and catch were the left hand's.
        dropped_s: Lengths of the flights that do not count.
        grouped: Whether throws at the same moment were put in order of hands.
    """

    flights: Int64
    seen: Sightings
    left: Float64
    dropped_s: Float64
    grouped: bool = False


def levels(flight_s: Float64) -> list[float]:
    """Give lengths in seconds below which flights, of lengths `(n,)`, may not be throws: none, and the widest gaps among short ones.

    Hand-to-hand passes and carries that look like a fall are short; where they end and throws begin shows as a gap.
    """
    lengths = np.sort(flight_s)
    if len(lengths) < 4:
        return [0.0]
    typical = float(np.median(lengths[len(lengths) // 2 :]))
    low = lengths[lengths < min(0.75 * typical, _LONGEST_CARRY_S)]
    if not len(low):
        return [0.0]
    ladder = np.append(low, lengths[len(low)])
    widths = np.log(ladder[1:] / ladder[:-1])
    best = [place for place in np.argsort(-widths)[: _MOST_LEVELS - 1] if widths[place] > 0.15]
    return [0.0, *(float(np.sqrt(ladder[place] * ladder[place + 1])) for place in best)]


def readings(
    flights: Sequence[Flight], across_px: Float64, reach_px: Float64, px_per_m: float
) -> list[Reading]:
    """Give the ways to read flights.

    Args:
        flights: In order of their throws.
        across_px: `(n, 2)` where each was thrown and caught, across gravity.
        reach_px: `(n, 3)` from `carries.reach`: how far to either side the ball was carried after its catch.
        px_per_m: Scale, from gravity; it tells two hands from one.
    """
    lengths = np.array([flight.flight_s for flight in flights])
    found: list[Reading] = []
    for level in levels(lengths):
        rows = np.flatnonzero(lengths >= level)
        if len(rows) < 2:
            continue
        chosen = [flights[row] for row in rows.tolist()]
        for left, divider, apart in _hands(chosen, across_px[rows], px_per_m):
            visited = _visited(left, reach_px[rows], divider, apart)
            short = lengths[lengths < level]
            found.append(_read(chosen, rows, left, visited, short, grouped=False))
            if _together(chosen):
                found.append(_read(chosen, rows, left, visited, short, grouped=True))
    return found


def _visited(left: Float64, reach_px: Float64, divider: float, apart: float) -> Int64:
    """Tell whether a ball was carried well over to the other side after its catch: 1, 0, or -1 for not known."""
    margin = 0.2 * apart
    far = np.where(left[:, 1] > 0, reach_px[:, 1] > divider + margin, reach_px[:, 0] < divider - margin)
    return np.where(far, 1, np.where(reach_px[:, 2] == 1, 0, -1)).astype(np.int64)


def _read(
    flights: list[Flight], rows: Int64, left: Float64, visited: Int64, dropped_s: Float64, *, grouped: bool
) -> Reading:
    if grouped:
        order = _grouped([flight.throw_t_s for flight in flights], left, [one.flight_s for one in flights])
        flights, rows, left = [flights[place] for place in order], rows[order], left[order]
        visited = visited[order]
    count = len(flights)
    cycle_s, steps = np.full(count, np.nan), np.zeros(count, np.int64)
    last: dict[int, int] = {}
    for number, flight in enumerate(flights):
        before = last.get(flight.ball_id)
        if before is not None and flight.ball_id >= 0:
            cycle_s[before] = flight.throw_t_s - flights[before].throw_t_s
            steps[before] = number - before
        last[flight.ball_id] = number
    logs = np.stack([-np.logaddexp(0, -left), -np.logaddexp(0, left)], axis=-1)
    whole = np.array([flight.thrown and flight.landed for flight in flights])
    seen = Sightings(
        t_s=np.array([flight.throw_t_s for flight in flights]),
        flight_s=np.where(whole, [flight.flight_s for flight in flights], np.nan),
        cycle_s=cycle_s,
        order=steps,
        throw_hand=logs[:, 0],
        catch_hand=logs[:, 1],
        visited=visited,
    )
    return Reading(rows, seen, left, dropped_s, grouped)


def _together(flights: list[Flight]) -> bool:
    """Tell whether many throws leave at the same moment."""
    gaps = np.diff([flight.throw_t_s for flight in flights])
    return len(gaps) > 3 and float(np.mean(gaps < 0.3 * np.quantile(gaps, 0.8))) > 0.2


def _grouped(t_s: list[float], left: Float64, flight_s: list[float]) -> Int64:
    """Give an order in which throws of one moment stand left hand first, then highest first."""
    gaps = np.diff(t_s)
    near = 0.3 * float(np.quantile(gaps, 0.8))
    moment, moments = 0, [0]
    start_s = t_s[0]
    for one in t_s[1:]:
        if one - start_s > near:
            moment, start_s = moment + 1, one
        moments.append(moment)
    return np.lexsort((-np.array(flight_s), left[:, 0] < 0, np.array(moments)))


def _hands(flights: list[Flight], across_px: Float64, px_per_m: float) -> list[tuple[Float64, float, float]]:
    """Give log-odds of the left hand for throws and catches, in the ways that are worth trying.

    With each goes where the hands part and how far they are apart.
    """
    given = np.array([[_given(one.throw_hand), _given(one.catch_hand)] for one in flights])
    if np.isfinite(given).mean() > 0.8:
        low, high = two_means(across_px.ravel())
        return [(np.where(np.isfinite(given), given, 0.0), (low + high) / 2, high - low)]
    carried = _carried(flights, across_px)
    found: list[tuple[Float64, float, float]] = []
    for places in (across_px, carried):
        low, high = two_means(places.ravel())
        apart = high - low
        for shift in (0.0, -0.15, 0.15):
            divider = (low + high) / 2 + shift * apart
            found.append((_bounded((divider - places) / max(0.09 * apart, 1e-6)), divider, apart))
        if apart < 0.33 * px_per_m:
            found.append((np.full(across_px.shape, _limit()), np.inf, 0.0))
    return found


def _given(hand: object) -> float:
    return np.nan if hand is None else (_limit() if str(hand) == "left" else -_limit())


def _limit() -> float:
    return float(np.log(_SURE / (1 - _SURE)))


def _bounded(odds: Float64) -> Float64:
    return np.asarray(np.clip(odds, -_limit(), _limit()))


def _carried(flights: list[Flight], across_px: Float64) -> Float64:
    """Give places with each catch and the throw after it drawn together, where a ball was carried a short way."""
    places = across_px.copy()
    low, high = two_means(across_px.ravel())
    by_ball: dict[int, list[int]] = {}
    for number, flight in enumerate(flights):
        by_ball.setdefault(flight.ball_id, []).append(number)
    for numbers in by_ball.values():
        for before, after in pairwise(numbers):
            if abs(across_px[before, 1] - across_px[after, 0]) < 0.75 * (high - low):
                middle = (across_px[before, 1] + across_px[after, 0]) / 2
                places[before, 1] = places[after, 0] = middle
    return places


def two_means(values: Float64) -> tuple[float, float]:
    """Part numbers `(n,)` in two groups with the least spread within them; gives the groups' means."""
    ordered = np.sort(values)
    count = len(ordered)
    if count < 2:
        return (float(ordered[0]), float(ordered[0]))
    total = np.cumsum(ordered)
    n = np.arange(1, count)
    between = total[:-1] ** 2 / n + (total[-1] - total[:-1]) ** 2 / (count - n)
    cut = int(np.argmax(between)) + 1
    return float(ordered[:cut].mean()), float(ordered[cut:].mean())
