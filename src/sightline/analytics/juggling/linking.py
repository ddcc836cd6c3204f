"""From candidates to balls that all look alike: flights by parabolas, then which flight follows which in a hand.

A ball that is thrown has been caught before, by the same hand unless a flight was missed. Catches are dealt out to
throws so that dwells are as even as they can be, all of them at once; what is left over began or ended in a hand. Balls that rest
together for long go on as new ones: they look alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.analytics.juggling.arcs.candidates import Candidates, Grid
from sightline.analytics.juggling.arcs.gravity import Gravity, find_gravity
from sightline.analytics.juggling.arcs.lone import is_handed_over
from sightline.analytics.juggling.arcs.moments import Moment, complete, find_end, settle
from sightline.analytics.juggling.arcs.parabolas import Arc, Tolerance, find_arcs, refined
from sightline.analytics.juggling.paths import GRAVITY_MPS2, BallPath, Flight
from sightline.analytics.juggling.siteswap.sightings import two_means

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.core.arrays import Float64

_MOST_A_FRAME = 14
_LITTLE_GRAVITY = 1.5  # weight of what agrees on it: some four clear triples
_EDGE_RADII = 1.5
_EDGE_S = 0.06
_ALIKE_RADII = 0.45
_LEAST_RISE_RADII, _BOBBING_RADII = 2.0, 6.0
_FEWEST_ON_WAY, _FAR_RADII, _OVERLAP_S = 3, 8.0, 0.05
_LEAST_DWELL_S, _MOST_REST_S = -0.03, 1.5
_LONG_REST_S = 1.0
_CARRIED_S, _CROSSES = 0.34, 0.3  # of the width over which balls are thrown
_HANDED_OVER_S = 0.25  # a ball needs that long to come from one hand into the other and out of it
_AT_LEAST_S = 0.02
_HANDS_APART_M, _BETWEEN = 0.2, 0.1  # nearer than that there is one hand; of the way between hands
_OTHER_HAND_COST, _NEW_COST, _IMPOSSIBLE = 2.0, 12.0, 1e6
_HELD_RADII, _HELD_STEP_RADII = 4.0, 1.6
_HELD_LONGEST_S = 3.0


@dataclass(frozen=True, slots=True)
class Linked:
    """What candidates turned out to be.

    Attributes:
        flights: In order of throw; `ball_id` counts from 1.
        paths: One a ball: where it was seen, in flight and in hands.
        gravity: None where nothing flew.
        radius_px: How large balls are; None where nothing flew.
        seen: Share of the flights' frames in which the ball was seen, 0..1; 1 where nothing flew.
        arcs: The parabolas that `flights` were made from, in the same order.
    """

    flights: tuple[Flight, ...] = ()
    paths: tuple[BallPath, ...] = ()
    gravity: Gravity | None = None
    radius_px: float | None = None
    seen: float = 1.0
    arcs: tuple[Arc, ...] = ()
    held: dict[int, list[int]] = field(default_factory=dict)


def link(candidates: Candidates, tolerance: Tolerance | None = None) -> Linked:
    """Find the balls of a clip.

    Args:
        candidates: Of every frame.
        tolerance: How far a ball may lie from its parabola.

    Returns:
        Nothing flying is an answer too: empty flights and paths.
    """
    tolerance = tolerance or Tolerance()
    if not len(candidates) or len(candidates.clock_s) < 5:
        return Linked()
    grid = Grid.of(candidates, most=_MOST_A_FRAME)
    gravity, arcs = _in_flight(candidates, grid, tolerance)
    if gravity is None or not arcs:
        return Linked(gravity=gravity)
    gravity = refined(gravity, arcs, candidates)
    arcs = _not_carried(arcs, candidates)
    starts = [find_end(arc, candidates, grid, tolerance, throw=True) for arc in arcs]
    ends = [find_end(arc, candidates, grid, tolerance, throw=False) for arc in arcs]
    step_s, size = candidates.step_s, gravity.size_px_s2
    sides = _sides(arcs, starts), _sides(arcs, ends)
    starts, ends = settle(starts, arcs, sides[0], size, step_s), settle(ends, arcs, sides[1], size, step_s)
    starts, ends = (
        complete(starts, ends, arcs, sides[0], throw=True),
        complete(ends, starts, arcs, sides[1], throw=False),
    )
    order = np.lexsort((ends_s(ends), ends_s(starts)))
    arcs = [arcs[row] for row in order]
    flights = [_flight(arc, starts[row], ends[row], candidates) for arc, row in zip(arcs, order, strict=True)]
    balls = _balls(flights, float(np.median([arc.radius_px for arc in arcs])))
    flights = [_owned(flight, ball) for flight, ball in zip(flights, balls, strict=True)]
    held = _held(flights, arcs, candidates)
    return Linked(
        flights=tuple(flights),
        paths=_paths(flights, arcs, held, candidates),
        gravity=gravity,
        radius_px=float(np.median([arc.radius_px for arc in arcs])),
        seen=_seen(arcs),
        arcs=tuple(arcs),
        held=held,
    )


def _in_flight(candidates: Candidates, grid: Grid, tolerance: Tolerance) -> tuple[Gravity | None, list[Arc]]:
    """Give gravity and what flies by it; where hardly anything does, a throw too flat to show much of it."""
    gravity = find_gravity(grid, candidates.size[0])
    if gravity is not None:
        arcs = _of_one_size(find_arcs(candidates, grid, gravity, tolerance))
        thrown = _thrown(arcs)
        return gravity, thrown or [arc for arc in arcs if is_handed_over(arc, candidates)]
    little = find_gravity(grid, candidates.size[0], least=_LITTLE_GRAVITY)
    if little is None:
        return None, []
    arcs = [arc for arc in find_arcs(candidates, grid, little, tolerance) if is_handed_over(arc, candidates)]
    return (little if arcs else None), arcs


def ends_s(moments: Sequence[Moment]) -> Float64:
    """Give the times `(n,)` of some moments."""
    return np.array([moment.t_s for moment in moments])


def _of_one_size(arcs: list[Arc]) -> list[Arc]:
    """Drop arcs of things far smaller or larger than what flies most."""
    if not arcs:
        return arcs
    weights = np.array([len(arc.rows) for arc in arcs], np.float64)
    radii = np.log([arc.radius_px for arc in arcs])
    order = np.argsort(radii, kind="stable")
    middle = radii[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)]
    return [arc for arc, radius in zip(arcs, radii, strict=True) if abs(radius - middle) <= _ALIKE_RADII]


def _thrown(arcs: list[Arc]) -> list[Arc]:
    """Keep the arcs where something was thrown: higher than it is wide, and not a walker's head that bobs by.

    What bobs rises and falls as if it flew, over less than its own width; or again and again on one straight way at
    one speed, which nobody's throws do.
    """
    rises = np.array([_rise_radii(arc) for arc in arcs])
    if not (rises >= _LEAST_RISE_RADII).any():
        return []
    return [] if rises.max() < _BOBBING_RADII and _passes_by(arcs) else arcs


def _not_carried(arcs: list[Arc], candidates: Candidates) -> list[Arc]:
    """Drop short low arcs that stay on one side: a hand swings its ball so.

    A hand-to-hand pass changes sides, and what is thrown to the hand it came from is a 4 at least, which flies longer.
    """
    x = np.array([[arc.at(arc.first_s)[0], arc.at(arc.last_s)[0]] for arc in arcs])
    long = np.array([_lasts_s(arc, candidates) >= _CARRIED_S for arc in arcs])
    if not long.any():
        return arcs
    least = _CROSSES * float(np.percentile(x[long], 90) - np.percentile(x[long], 10))
    return [
        arc for arc, ends, kept in zip(arcs, x, long, strict=True) if kept or abs(ends[1] - ends[0]) > least
    ]


def _lasts_s(arc: Arc, candidates: Candidates) -> float:
    """Give how long an arc is; one that the clip's end cuts short lasts twice as long as its way to the top."""
    apex_s = arc.start_s - float(arc.speed @ arc.fall) / float(arc.fall @ arc.fall)
    is_cut = arc.last_s > candidates.clock_s[-1] - _EDGE_S
    return max(arc.last_s - arc.first_s, 2 * (apex_s - arc.first_s) if is_cut else 0.0)


def _rise_radii(arc: Arc) -> float:
    """Give how far an arc reaches along its fall, in radii."""
    along = arc.at(np.linspace(arc.first_s, arc.last_s, 9)) @ arc.fall / float(np.hypot(*arc.fall))
    return float(np.ptp(along)) / max(arc.radius_px, 1e-6)


def _passes_by(arcs: Sequence[Arc]) -> bool:
    """Whether arcs follow one another on one straight way at one speed, and go far."""
    if len(arcs) < _FEWEST_ON_WAY:
        return False
    first, last = np.array([arc.first_s for arc in arcs]), np.array([arc.last_s for arc in arcs])
    if (np.maximum.accumulate(last)[:-1] > first[1:] + _OVERLAP_S).any():
        return False
    t_s = (first + last) / 2
    middles = np.array([arc.at(moment) for arc, moment in zip(arcs, t_s, strict=True)])
    basis = np.stack([np.ones_like(t_s), t_s], axis=1)
    way = basis @ np.linalg.lstsq(basis, middles, rcond=None)[0]
    radius = float(np.median([arc.radius_px for arc in arcs]))
    strays = np.hypot(*(middles - way).T)
    return float(np.hypot(*(way[-1] - way[0]))) > _FAR_RADII * radius and float(strays.max()) < radius


def _sides(arcs: Sequence[Arc], moments: Sequence[Moment]) -> list[int]:
    """Give which hand each end belongs to by the place across, 0 or 1: two means."""
    x = np.array([float(arc.at(moment.t_s)[0]) for arc, moment in zip(arcs, moments, strict=True)])
    centres = np.array([x.min(), x.max()])
    if np.ptp(x) <= 0:
        return [0] * len(x)
    for _ in range(10):
        side = (np.abs(x - centres[1]) < np.abs(x - centres[0])).astype(int)
        centres = np.array([x[side == s].mean() if (side == s).any() else centres[s] for s in (0, 1)])
    return [int(s) for s in side]


def _flight(arc: Arc, start: Moment, end: Moment, candidates: Candidates) -> Flight:
    clock = candidates.clock_s
    start_s = max(start.t_s, float(clock[0]) - candidates.step_s)
    end_s = min(max(end.t_s, start_s + 1e-3), float(clock[-1]) + candidates.step_s)
    size = float(np.hypot(*arc.fall))
    down = arc.fall / size
    apex_s = arc.start_s - float(arc.speed @ down) / size
    throw, catch, apex = arc.at(start_s), arc.at(end_s), arc.at(apex_s)
    inside = _inside(arc.at(arc.first_s), arc, candidates), _inside(arc.at(arc.last_s), arc, candidates)
    return Flight(
        ball_id=-1,
        throw_t_s=start_s,
        catch_t_s=end_s,
        throw_px=(float(throw[0]), float(throw[1])),
        catch_px=(float(catch[0]), float(catch[1])),
        apex_t_s=apex_s,
        apex_px=(float(apex[0]), float(apex[1])),
        gravity_px_s2=size,
        rms_px=arc.rms_px,
        thrown=bool(min(arc.first_s - _EDGE_S, start.t_s) > clock[0] and inside[0]),
        landed=bool(max(arc.last_s + _EDGE_S, end.t_s) < clock[-1] and inside[1]),
        points=len(arc.rows),
    )


def _inside(place: Float64, arc: Arc, candidates: Candidates) -> bool:
    """Whether a place is clear of the picture's edges."""
    height, width = candidates.size
    margin = _EDGE_RADII * arc.radius_px
    return bool(margin < place[0] < width - margin and margin < place[1] < height - margin)


def _balls(flights: Sequence[Flight], radius_px: float) -> list[int]:
    """Give the ball of each flight, counted from 1 by first appearance."""
    count = len(flights)
    places = np.array([[flight.throw_px, flight.catch_px] for flight in flights])
    same, apart_px = _one_hand(places, flights)
    reach = max(apart_px, 3 * radius_px)
    gaps_s = np.subtract.outer([one.throw_t_s for one in flights], [one.catch_t_s for one in flights])
    usual_s = _usual_dwell(gaps_s, same)
    cost = np.full((count, 2 * count), _NEW_COST)
    for catch, one in enumerate(flights):
        for throw in range(count):
            cost[throw, catch] = _IMPOSSIBLE
            gap_s, other_hand = gaps_s[throw, catch], not same[throw, catch]
            if catch == throw or gap_s < _LEAST_DWELL_S or not one.landed:
                continue
            if other_hand and gap_s < _HANDED_OVER_S:
                continue
            # A ball that is handed over rests in both hands.
            rest = min(abs(gap_s - usual_s * (1 + other_hand)) / max(usual_s, 0.05), 4.0)
            away = float(np.hypot(*(places[throw, 0] - places[catch, 1])))
            cost[throw, catch] = rest + (_OTHER_HAND_COST if other_hand else (away / reach) ** 2)
    rows, columns = linear_sum_assignment(cost)
    before = {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if column < count and cost[row, column] < _NEW_COST
    }
    before = _told_apart(before, flights)
    balls: list[int] = []
    for row in range(count):
        earlier = before.get(row)
        balls.append(balls[earlier] if earlier is not None and earlier < row else max(balls, default=0) + 1)
    return balls


def _one_hand(places: Float64, flights: Sequence[Flight]) -> tuple[np.ndarray, float]:
    """Tell for each throw and each catch `(n, n)` whether both are one hand's, and how far hands are apart.

    Hands are the two sides of where balls are thrown and caught; what lies between them may be either's.
    """
    x = places[..., 0]
    low, high = two_means(x.ravel())
    apart = high - low
    scale = float(np.median([flight.gravity_px_s2 for flight in flights])) / GRAVITY_MPS2
    if apart < _HANDS_APART_M * scale:
        return np.ones((len(x), len(x)), np.bool_), apart
    off = (x - (low + high) / 2) / apart
    side = np.where(np.abs(off) > _BETWEEN, np.sign(off), 0)
    return side[:, None, 0] * side[None, :, 1] >= 0, apart


def _told_apart(before: dict[int, int], flights: Sequence[Flight]) -> dict[int, int]:
    """Leave out links through long rests of several balls at once: nobody knows which of them is which afterwards.

    Args:
        before: For each flight the one that its ball flew before.
        flights: All of them.
    """
    rests = {
        throw: (flights[catch].catch_t_s, flights[throw].throw_t_s)
        for throw, catch in before.items()
        if flights[throw].throw_t_s - flights[catch].catch_t_s > _LONG_REST_S
    }
    unknown = {
        throw
        for throw, (start_s, end_s) in rests.items()
        if any(other != throw and first < end_s and last > start_s for other, (first, last) in rests.items())
    }
    return {throw: catch for throw, catch in before.items() if throw not in unknown}


def _usual_dwell(gaps_s: Float64, same: np.ndarray) -> float:
    """Give how long a hand usually holds: from each throw back to the last catch before it in that hand."""
    waits = np.where(same & (gaps_s > _AT_LEAST_S), gaps_s, np.inf)
    nearest = waits.min(axis=1)
    found = nearest[nearest < _MOST_REST_S]
    return float(np.median(found)) if len(found) else 0.3


def _owned(flight: Flight, ball: int) -> Flight:
    from dataclasses import replace

    return replace(flight, ball_id=ball)


def _held(flights: Sequence[Flight], arcs: Sequence[Arc], candidates: Candidates) -> dict[int, list[int]]:
    """Give for each flight the candidates that its ball is in the hand afterwards, until its next flight."""
    used = {row for arc in arcs for row in arc.rows}
    held: dict[int, list[int]] = {}
    for number, flight in enumerate(flights):
        later = [k for k in range(number + 1, len(flights)) if flights[k].ball_id == flight.ball_id]
        if not flight.landed:
            continue
        until_s = flights[later[0]].throw_t_s if later else flight.catch_t_s + _HELD_LONGEST_S
        goal = np.array(flights[later[0]].throw_px) if later else None
        if until_s - flight.catch_t_s > _HELD_LONGEST_S:
            until_s, goal = flight.catch_t_s + _HELD_LONGEST_S, None
        held[number] = _follow(arcs[number], flight, until_s, goal, used, candidates)
        used.update(held[number])
    return held


def _follow(
    arc: Arc, flight: Flight, until_s: float, goal: Float64 | None, used: set[int], candidates: Candidates
) -> list[int]:
    """Follow a ball in a hand: each time the nearest candidate to where it was, drawn to where it goes."""
    rows: list[int] = []
    place, last_s = np.array(flight.catch_px), flight.catch_t_s
    first = int(np.searchsorted(candidates.clock_s, arc.last_s, side="right"))
    final = int(np.searchsorted(candidates.clock_s, until_s, side="left"))
    lost = 0
    for frame in range(first, min(final, len(candidates.clock_s))):
        here = np.arange(*np.searchsorted(candidates.rows, [frame, frame + 1]))
        here = np.array([row for row in here if row not in used], np.int64)
        t_s = float(candidates.clock_s[frame])
        expected = place
        if goal is not None and until_s > last_s:
            expected = place + (goal - place) * min(1.0, (t_s - last_s) / (until_s - last_s)) * 0.5
        away = np.hypot(*(candidates.points_px[here] - expected).T) if len(here) else np.zeros(0)
        reach = arc.radius_px * min(_HELD_RADII, _HELD_STEP_RADII * (1 + 0.5 * lost))
        if len(away) and away.min() <= reach:
            rows.append(int(here[int(np.argmin(away))]))
            place, last_s, lost = candidates.points_px[rows[-1]], t_s, 0
        else:
            lost += 1
            if goal is None and lost * candidates.step_s > 0.3:
                break
    return rows


def _paths(
    flights: Sequence[Flight], arcs: Sequence[Arc], held: dict[int, list[int]], candidates: Candidates
) -> tuple[BallPath, ...]:
    paths = []
    for ball in sorted({flight.ball_id for flight in flights}):
        rows = [
            row
            for number, flight in enumerate(flights)
            if flight.ball_id == ball
            for row in (*arcs[number].rows, *held.get(number, ()))
        ]
        frames = candidates.rows[rows]
        _, first = np.unique(frames, return_index=True)
        chosen = np.array(rows)[first]
        at = candidates.rows[chosen]
        paths.append(
            BallPath(
                ball,
                candidates.numbers[at],
                candidates.clock_s[at],
                candidates.points_px[chosen],
                candidates.radii_px[chosen],
            )
        )
    return tuple(paths)


def _seen(arcs: Sequence[Arc]) -> float:
    there = sum(arc.frames[-1] - arc.frames[0] + 1 for arc in arcs)
    return float(sum(len(arc.rows) for arc in arcs) / max(there, 1))
