"""A football kept up: touches, bounces, streaks and drops, from candidates and, where there is one, the player's body.

The ball is a chain of arcs. Where one arc ends and the next begins the ball was touched: its speed changed upwards by
more than gravity can do. A joint at the ground that takes speed away is a bounce.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.arcs.candidates import Candidates, Grid
from sightline.analytics.juggling.arcs.gravity import Gravity, find_gravity
from sightline.analytics.juggling.arcs.parabolas import Arc, Tolerance, find_arcs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.core.arrays import Float64

_TOLERANCE = Tolerance(px=3.0, radii=0.2, extent=0.01)
_MOST_A_FRAME = 12
_SIZES = (0.35, 2.2)
_EARLY_S, _LATE_S = -0.15, 0.85
_APART_RADII = 3.0
_NEW_CHAIN = 8.0
_APART_COST = 1.0
_STEP_S = 0.004
_LEAST_KICK_S = 0.2  # of free fall
_GROUND_RADII = 0.8
_GROUND_HOLDS_S = 3.0  # a camera in a hand does not keep the ground where it was
_RESTITUTION, _ALONG = (0.3, 0.88), 0.12
_PAUSE_S = 1.2
_REACH_RADII = 2.6
_STEADY_S, _LENGTH_S = 0.07, 1.0  # around a touch: where hips are, how long a thigh is
# Of a thigh from the hip, at most; what is farther than the knee is the foot.
_THIGH, _KNEE, _LEG = 0.6, 1.0, 3.0
_HEIGHTS = (("foot", 0.36), ("knee", 0.58), ("chest", 0.82), ("head", 1.3))
_JOINTS = {
    "ankle": "foot",
    "knee": "knee",
    "hip": "thigh",
    "shoulder": "shoulder",
    "nose": "head",
    "ear": "head",
}


@dataclass(frozen=True, slots=True)
class Body:
    """Where the player is.

    Attributes:
        clock_s: `(f,)` times.
        joints_px: Name, as in `left_ankle`, -> `(f, 2)`; NaN where it was not seen.
        boxes_px: `(f, 4)` of the player; NaN where there is none.
    """

    clock_s: Float64
    joints_px: Mapping[str, Float64]
    boxes_px: Float64 | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """The ball changed its way.

    Attributes:
        t_s: When.
        place_px: Where the ball was.
        kind: `touch` or `bounce`.
        body_part: `foot`, `knee`, `thigh`, `chest`, `shoulder`, `head`; None where not known.
        side: `left` or `right`, the player's own; None where not known.
        estimated: The body part is told from the height alone.
        streak: Touches in a row so far without a bounce or a pause, this one included; 0 for a bounce.
        confidence: 0..1.
    """

    t_s: float
    place_px: tuple[float, float]
    kind: str
    body_part: str | None
    side: str | None
    estimated: bool
    streak: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Keeping:
    """What was done with the ball.

    Attributes:
        touches: And bounces, in order of time.
        drops: Times at which the ball came down to bounce or was lost.
        arcs: The ball's flights.
        longest_streak: Most touches in a row.
        coverage: Share of the time between the first and the last touch that the ball was seen, 0..1.
        gravity: None where nothing flew.
        radius_px: None where nothing flew.
        notes: In plain words, what could not be known.
    """

    touches: tuple[Touch, ...] = ()
    drops: tuple[float, ...] = ()
    arcs: tuple[Arc, ...] = ()
    longest_streak: int = 0
    coverage: float = 0.0
    gravity: Gravity | None = None
    radius_px: float | None = None
    notes: tuple[str, ...] = ()


def find_touches(candidates: Candidates, body: Body | None = None) -> Keeping:
    """Find the touches of one ball.

    Args:
        candidates: Of every frame.
        body: The player; without it body parts are not known.
    """
    if len(candidates) < 5 or len(candidates.clock_s) < 8:
        return Keeping(notes=("no ball was seen",))
    grid = Grid.of(candidates, most=_MOST_A_FRAME)
    gravity = find_gravity(grid, candidates.size[0])
    if gravity is None:
        return Keeping(notes=("nothing that was seen flies",))
    first = find_arcs(candidates, grid, gravity, _TOLERANCE)
    if not first:
        return Keeping(gravity=gravity, notes=("nothing that was seen flies",))
    radius = _usual_radius(first)
    alike = _of_one_size(candidates, radius)
    arcs = find_arcs(alike, Grid.of(alike, most=_MOST_A_FRAME), gravity, _TOLERANCE)
    chain = _chain(arcs, radius)
    if not chain:
        return Keeping(gravity=gravity, notes=("nothing that was seen flies",))
    found = _joints(chain, gravity, radius, _ground(alike, chain), candidates)
    down = gravity.vector / gravity.size_px_s2
    named = [_named(touch, body, radius, down) for touch in found]
    touches, drops = _streaks(named)
    return Keeping(
        touches=tuple(touches),
        drops=tuple(drops),
        arcs=tuple(chain),
        longest_streak=max((touch.streak for touch in touches), default=0),
        coverage=_coverage(chain, candidates),
        gravity=gravity,
        radius_px=radius,
        notes=_notes(touches, body),
    )


def _usual_radius(arcs: Sequence[Arc]) -> float:
    weights = np.array([len(arc.rows) for arc in arcs], np.float64)
    radii = np.array([arc.radius_px for arc in arcs])
    order = np.argsort(radii, kind="stable")
    return float(radii[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def _of_one_size(candidates: Candidates, radius_px: float) -> Candidates:
    """Keep what may be the ball or a part of it: a football of many colours is found in pieces."""
    ratio = candidates.radii_px / radius_px
    kept = candidates.only((ratio > _SIZES[0]) & (ratio < _SIZES[1]))
    return replace(kept, radii_px=np.full(len(kept), radius_px))


def _meeting(one: Arc, other: Arc) -> tuple[float, float]:
    """Give when two arcs come nearest to each other around the gap between them, and how near, in px."""
    low, high = sorted((one.last_s, other.first_s))
    times = np.arange(low - 0.05, high + 0.05 + _STEP_S, _STEP_S)
    apart = np.hypot(*(one.at(times) - other.at(times)).T)
    best = int(np.argmin(apart))
    return float(times[best]), float(apart[best])


def _chain(arcs: Sequence[Arc], radius_px: float) -> list[Arc]:
    """Give the arcs that are one ball's way through the clip: most points, fewest jumps."""
    arcs = sorted(arcs, key=lambda arc: (arc.first_s, arc.last_s))
    score = [float(len(arc.rows)) for arc in arcs]
    before = [-1] * len(arcs)
    for late, arc in enumerate(arcs):
        own = float(len(arc.rows))
        for early in range(late):
            gap_s = arc.first_s - arcs[early].last_s
            if gap_s < _EARLY_S:
                continue
            cost = _NEW_CHAIN
            if gap_s < _LATE_S:
                apart = _meeting(arcs[early], arc)[1] / radius_px
                cost = min(cost, _APART_COST * apart if apart < _APART_RADII else _NEW_CHAIN)
            if score[early] + own - cost > score[late]:
                score[late], before[late] = score[early] + own - cost, early
    if not arcs:
        return []
    chain, at = [], int(np.argmax(score))
    while at >= 0:
        chain.append(arcs[at])
        at = before[at]
    return chain[::-1]


def _ground(candidates: Candidates, chain: Sequence[Arc]) -> float | None:
    """Give the height at which the ball lies still, None where it never does."""
    first = chain[0].frames[0]
    still = candidates.only((candidates.rows < first) & (candidates.scores > 0))
    near = np.abs(still.points_px[:, 0] - chain[0].at(chain[0].first_s)[0]) < 2 * chain[0].radius_px
    below = still.points_px[near, 1]
    return float(np.median(below[below >= np.percentile(below, 60)])) if len(below) > 12 else None


def _joints(
    chain: Sequence[Arc], gravity: Gravity, radius_px: float, ground_px: float | None, candidates: Candidates
) -> list[Touch]:
    found: list[Touch] = []
    start = _kick_up(chain, gravity, candidates)
    for one, other in pairwise(chain):
        if other.first_s - one.last_s > _LATE_S:
            continue
        t_s, apart = _meeting(one, other)
        if apart > _APART_RADII * radius_px:
            continue
        size = gravity.size_px_s2
        down = gravity.vector / size
        coming, going = float(one.speed_at(t_s) @ down), float(other.speed_at(t_s) @ down)
        if coming - going < _LEAST_KICK_S * size:
            continue
        place = (one.at(t_s) + other.at(t_s)) / 2
        near_ground = ground_px is not None and place[1] > ground_px - _GROUND_RADII * radius_px
        near_ground = near_ground and t_s - chain[0].first_s < _GROUND_HOLDS_S
        kind = "bounce" if near_ground and _bounces(one, other, t_s, down) else "touch"
        sure = float(np.clip(1 - apart / (_APART_RADII * radius_px), 0.2, 1))
        found.append(Touch(t_s, (float(place[0]), float(place[1])), kind, None, None, False, 0, sure))
    if start is not None:
        low = [touch.place_px[1] for touch in found]
        if not low or start.place_px[1] > float(np.median(low)) - 2 * radius_px:
            found.insert(0, start)
    return found


def _bounces(one: Arc, other: Arc, t_s: float, down: Float64) -> bool:
    """Whether speed is lost as the ground takes it: a part of what comes down, hardly any of what goes along."""
    coming, going = one.speed_at(t_s), other.speed_at(t_s)
    fall, rise = float(coming @ down), -float(going @ down)
    along = np.array([down[1], -down[0]])
    turned = abs(float((going - coming) @ along))
    return _RESTITUTION[0] * fall < rise < _RESTITUTION[1] * fall and turned < _ALONG * fall


def _kick_up(chain: Sequence[Arc], gravity: Gravity, candidates: Candidates) -> Touch | None:
    """The ball's first flight begins with a touch where it begins upwards; dropped from a hand it does not."""
    arc = chain[0]
    if arc.frames[0] < 3:
        return None
    down = gravity.vector / gravity.size_px_s2
    rising = -float(arc.speed_at(arc.first_s) @ down)
    if rising < _LEAST_KICK_S * gravity.size_px_s2:
        return None
    t_s = arc.first_s - 0.5 * candidates.step_s
    place = arc.at(t_s)
    return Touch(t_s, (float(place[0]), float(place[1])), "touch", None, None, False, 0, 0.6)


def _named(touch: Touch, body: Body | None, radius_px: float, down: Float64) -> Touch:
    """Tell the body part by how far down the leg it is, or the nearest joint, or else the height in the player's box."""
    if body is None or touch.kind != "touch" or not len(body.clock_s):
        return touch
    frame = int(np.argmin(np.abs(body.clock_s - touch.t_s)))
    leg = _of_the_leg(touch, body, np.array(touch.place_px) + radius_px * down, down)
    if leg is not None:
        return replace(touch, body_part=leg[0], side=leg[1])
    near: list[tuple[float, str]] = []
    for name, places in sorted(body.joints_px.items()):
        part = _JOINTS.get(name.rsplit("_", 1)[-1])
        away = float(np.hypot(*(places[frame] - touch.place_px)))
        if part is not None and np.isfinite(away):
            near.append((away, name))
    if near and min(near)[0] <= _REACH_RADII * radius_px:
        name = min(near)[1]
        side = name.split("_", 1)[0] if "_" in name else None
        return replace(touch, body_part=_JOINTS[name.rsplit("_", 1)[-1]], side=side)
    if body.boxes_px is None or not np.isfinite(body.boxes_px[frame]).all():
        return touch
    _, top, _, bottom = body.boxes_px[frame].tolist()
    share = (bottom - touch.place_px[1]) / max(bottom - top, 1.0)
    part = next((part for part, limit in _HEIGHTS if share < limit), None)
    return replace(touch, body_part=part, estimated=part is not None)


def _of_the_leg(touch: Touch, body: Body, place_px: Float64, down: Float64) -> tuple[str, str] | None:
    """Give which part of which leg touched the ball; None where it was none, or the legs are not known.

    What is farther from the hip than the knee can be is the foot, wherever a fast foot's ankle is taken to be.

    Args:
        touch: When.
        body: The player.
        place_px: `(2,)` the ball's lowest point: what keeps it up is below.
        down: `(2,)` the direction of gravity.
    """
    found = []
    for side in ("left", "right"):
        hip, knee = (body.joints_px.get(f"{side}_{name}") for name in ("hip", "knee"))
        if hip is None or knee is None:
            continue
        lengths = np.linalg.norm(_around(body, hip - knee, touch.t_s, _LENGTH_S), axis=1)
        hips, knees = (_around(body, joint, touch.t_s, _STEADY_S) for joint in (hip, knee))
        if not len(lengths) or not len(hips):
            continue
        away = place_px - np.median(hips, axis=0)
        share = float(np.hypot(*away)) / max(float(np.median(lengths)), 1.0)
        if float(away @ down) > 0 and share <= _LEG:
            nearness = sum(
                float(np.hypot(*(np.median(one, axis=0) - place_px))) for one in (hips, knees) if len(one)
            )
            found.append((nearness, share, side))
    if not found:
        return None
    _, share, side = min(found)
    return ("thigh" if share <= _THIGH else "knee" if share <= _KNEE else "foot"), side


def _around(body: Body, places: Float64, t_s: float, within_s: float) -> Float64:
    """Give the finite ones `(n, 2)` of places `(f, 2)` around a time."""
    near = places[np.abs(body.clock_s - t_s) <= within_s]
    return np.asarray(near[np.isfinite(near).all(axis=1)])


def _streaks(touches: Sequence[Touch]) -> tuple[list[Touch], list[float]]:
    """Count touches in a row; a bounce ends a row."""
    counted: list[Touch] = []
    drops: list[float] = []
    streak, last_s = 0, -np.inf
    for touch in touches:
        if touch.kind == "bounce":
            if streak:
                drops.append(touch.t_s)
            streak = 0
        else:
            streak = streak + 1 if touch.t_s - last_s < _PAUSE_S else 1
        last_s = touch.t_s
        counted.append(replace(touch, streak=streak))
    return counted, drops


def _coverage(chain: Sequence[Arc], candidates: Candidates) -> float:
    frames = {frame for arc in chain for frame in arc.frames}
    first, last = min(frames), max(frames)
    inside = int(
        np.count_nonzero(
            (np.arange(len(candidates.clock_s)) >= first) & (np.arange(len(candidates.clock_s)) <= last)
        )
    )
    return len(frames) / max(inside, 1)


def _notes(touches: Sequence[Touch], body: Body | None) -> tuple[str, ...]:
    notes = []
    if body is None or not (body.joints_px or body.boxes_px is not None):
        notes.append("Body parts are not known: no model of bodies was given.")
    elif any(touch.estimated for touch in touches):
        notes.append("Some body parts are told from the height in the player's box alone.")
    return tuple(notes)
