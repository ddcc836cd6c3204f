"""The moments at which an arc begins and ends, to a fraction of a frame.

A hand that throws follows the arc's own parabola the better the nearer the throw is: before it the place strays with
the square of time, after a catch in proportion to it. Where nothing is seen beyond the arc, the height at which this
hand usually throws or catches tells when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.analytics.juggling.arcs.candidates import Candidates, Grid
    from sightline.analytics.juggling.arcs.parabolas import Arc, Tolerance
    from sightline.core.arrays import Float64

_INSIDE, _BEYOND_S = 7, 0.1
_REACH_RADII = 1.6
_STEPS = 12  # a frame
_EARLIER, _LATER = 3.0, 2.0  # frames that an end may move
_SEEN_FRAMES, _UNSEEN_FRAMES = 0.7, 1.5
_FEWEST_ALIKE = 4
_LEAST_SPEED = 0.1  # of a fall of a second
_PASS_S = 0.25  # what is shorter goes from hand to hand, and may begin and end at any height
_UNSEEN_S = (0.05, 0.35)  # of a flight whose ball is picked up, or lost, above the hands


@dataclass(frozen=True, slots=True)
class Moment:
    """When an arc begins or ends.

    Attributes:
        t_s: When.
        error_s: How far off that may be, a standard deviation.
        seen: Whether the ball was seen beyond it, in the hand.
    """

    t_s: float
    error_s: float
    seen: bool


def find_end(arc: Arc, candidates: Candidates, grid: Grid, tolerance: Tolerance, *, throw: bool) -> Moment:
    """Give when an arc begins (`throw`) or ends, from where its ball strays from it.

    Args:
        arc: Which.
        candidates: Of the whole clip.
        grid: The same as a table.
        tolerance: What is on a parabola.
        throw: Its begin instead of its end.
    """
    step_s = candidates.step_s
    way = -1 if throw else 1
    edge_s = arc.first_s if throw else arc.last_s
    inside = arc.rows[:_INSIDE] if throw else arc.rows[-_INSIDE:]
    t_in = candidates.clock_s[candidates.rows[inside]]
    d_in = candidates.points_px[inside] - arc.at(t_in)
    t_out, d_out = _beyond(arc, grid, step_s, way)
    if len(t_out) < 2:
        return Moment(edge_s + way * 0.5 * step_s, _UNSEEN_FRAMES * step_s, seen=False)
    t_s, away = np.concatenate([t_in, t_out]), np.concatenate([d_in, d_out])
    shifts = np.arange(-_EARLIER * _STEPS, _LATER * _STEPS + 1) / _STEPS
    power = 2 if throw else 1
    costs = []
    for shift in shifts:
        past = np.maximum(way * (t_s - edge_s) / step_s - shift, 0.0) ** power
        norm = float((past**2).sum())
        slope = (past[:, None] * away).sum(axis=0) / norm if norm > 0 else np.zeros(2)
        rest = away - past[:, None] * slope
        # A point far out on a hand's own way says little of where it began.
        costs.append(float(np.log1p((rest**2).sum(axis=1) / float(tolerance.of(arc.radius_px)) ** 2).sum()))
    best = float(shifts[int(np.argmin(costs))])
    return Moment(edge_s + way * best * step_s, _SEEN_FRAMES * step_s, seen=True)


def settle(
    moments: list[Moment], arcs: list[Arc], groups: list[int], gravity_px_s2: float, step_s: float
) -> list[Moment]:
    """Weigh each moment against the height at which its group of ends usually lies.

    A ball that is seen to fly on well past that height was not caught there: it is dropped, and its end stays. Begins
    are no such matter, since a hand that throws follows the ball's parabola for a while.

    Args:
        moments: One an arc.
        arcs: Whose.
        groups: Which ends belong together: one hand's throws, say; -1 for none.
        gravity_px_s2: Scale of speeds.
        step_s: Time between frames.
    """
    settled = list(moments)
    for group in sorted(set(groups) - {-1}):
        rows = [row for row, its in enumerate(groups) if its == group]
        trusted = [row for row in rows if moments[row].seen] or rows
        if len(trusted) < _FEWEST_ALIKE:
            continue
        heights = np.array([_along(arcs[row], moments[row].t_s) for row in trusted])
        usual = float(np.median(heights))
        spread = 1.4826 * float(np.median(np.abs(heights - usual)))
        for row in rows:
            arc, moment = arcs[row], moments[row]
            speed = float(arc.speed_at(moment.t_s) @ arc.fall) / float(np.hypot(*arc.fall))
            if abs(speed) < _LEAST_SPEED * gravity_px_s2:
                continue
            other_s = moment.t_s + (usual - _along(arc, moment.t_s)) / speed
            error_s = max(spread / abs(speed), 0.3 * step_s)
            if abs(other_s - moment.t_s) > 4 * np.hypot(error_s, moment.error_s):
                continue
            if moment.t_s > arc.start_s and arc.last_s - other_s > _EARLIER * step_s:
                continue
            w_own, w_other = moment.error_s**-2, error_s**-2
            settled[row] = Moment(
                (w_own * moment.t_s + w_other * other_s) / (w_own + w_other),
                float((w_own + w_other) ** -0.5),
                moment.seen,
            )
    return settled


def complete(
    moments: list[Moment], others: list[Moment], arcs: list[Arc], groups: list[int], *, throw: bool
) -> list[Moment]:
    """Follow flights that were picked up, or lost, well above the hands down to where hands are.

    Args:
        moments: Begins or ends, one an arc.
        others: The other end of each.
        arcs: Whose.
        groups: Which ends belong together, as in `settle`; where they are few, hands are taken to be as low as where
            the flight's other end was seen.
        throw: Whether `moments` are begins.
    """
    completed = list(moments)
    heights = np.array([_along(arc, moment.t_s) for arc, moment in zip(arcs, moments, strict=True)])
    for row, (arc, moment) in enumerate(zip(arcs, moments, strict=True)):
        alike = heights[np.array(groups) == groups[row]]
        level, spread = _along(arc, others[row].t_s), 0.0
        if len(alike) >= _FEWEST_ALIKE:
            level = float(np.median(alike))
            spread = 1.4826 * float(np.median(np.abs(alike - level)))
        elif not others[row].seen:
            continue
        size = float(np.hypot(*arc.fall))
        apex_s = arc.start_s - float(arc.speed @ arc.fall) / size**2
        depth, missing = level - _along(arc, apex_s), level - heights[row]
        is_pass = arc.last_s - arc.first_s < _PASS_S
        if is_pass or depth <= 0 or missing < 4 * spread:
            continue
        fallen_s = float(np.sqrt(2 * depth / size))
        moved_s = fallen_s - abs(moment.t_s - apex_s)
        if _UNSEEN_S[0] < moved_s < _UNSEEN_S[1] and (moment.t_s < apex_s) == throw:
            completed[row] = Moment(apex_s + (-fallen_s if throw else fallen_s), moved_s / 4, seen=False)
    return completed


def _along(arc: Arc, t_s: float) -> float:
    """Give the place along gravity: rising downwards."""
    return float(arc.at(t_s) @ arc.fall) / float(np.hypot(*arc.fall))


def _beyond(arc: Arc, grid: Grid, step_s: float, way: int) -> tuple[Float64, Float64]:
    """Follow the ball a few frames past the arc's edge; give times and how far it is off the parabola."""
    edge = arc.frames[0 if way < 0 else -1]
    times: list[float] = []
    gaps: list[Float64] = []
    before = np.zeros(2)
    for hop in range(1, max(3, round(_BEYOND_S / step_s)) + 1):
        frame = edge + way * hop
        if not 0 <= frame < len(grid.clock_s):
            break
        t_s = float(grid.clock_s[frame])
        gap = grid.points_px[frame] - arc.at(t_s)
        with np.errstate(invalid="ignore"):
            jump = np.hypot(*(gap - 1.5 * before).T)
        jump = np.where(np.isfinite(jump), jump, np.inf)
        best = int(np.argmin(jump))
        if jump[best] > _REACH_RADII * arc.radius_px:
            continue
        times.append(t_s)
        gaps.append(gap[best])
        before = gap[best]
    return np.array(times), np.array(gaps).reshape(-1, 2)
