"""Follows what flies, frame by frame: the parabolas of `arcs`, grown forwards only.

A ball is caught when two frames in a row show nothing on its parabola and it had come down to the hands; one that is
hidden higher up, behind another ball or above the picture, is waited for.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.arcs.parabolas import Arc, Tolerance, acceleration, solve

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_SEED_SPAN_S, _SUPPORT_S = 0.045, 0.1
_LEAST_SUPPORT = 0.7
_ALIKE, _GATE = 0.5, 0.6  # of the logarithm of two radii
_LEFT_FRAMES = 2
_BRIDGE_S, _ABOVE_S = 0.1, 2.5
_LEVELS = 24
_LOW, _LOWER = 0.25, 0.55  # of the way down from the highest place to the hands: at least, and with no doubt
_BELOW_M, _GRAVITY_MPS2 = 0.2, 9.81
_SHORTEST_S, _FULL = 0.2, 0.6
_LOOSE, _SURE = 0.3, 0.2  # of gravity
_LEAST_RISE_RADII = 2.0
_AGAIN_S = 0.12


@dataclass(frozen=True, slots=True)
class Moment:
    """What the follower found out in a frame: a ball was caught, or dropped.

    Attributes:
        kind: `caught` or `dropped`.
        t_s: When it happened.
        thrown_s: When its flight was first seen.
        place_px: Where.
    """

    kind: str
    t_s: float
    thrown_s: float
    place_px: tuple[float, float]


@dataclass(slots=True)
class _Flying:
    times_s: list[float]
    points_px: list[tuple[float, float]]
    radii_px: list[float]
    arc: Arc
    frames: int
    missed: int = 0

    @classmethod
    def of(cls, found: list[tuple[float, Float64, float]], fall: Float64, frames: int) -> _Flying:
        times = [t_s for t_s, _, _ in found]
        points = [(float(place[0]), float(place[1])) for _, place, _ in found]
        radii = [radius for _, _, radius in found]
        return cls(times, points, radii, _fitted(times, points, radii, fall), frames)

    def add(self, t_s: float, place: Float64, radius: float, fall: Float64) -> None:
        self.times_s.append(t_s)
        self.points_px.append((float(place[0]), float(place[1])))
        self.radii_px.append(radius)
        self.arc = _fitted(self.times_s, self.points_px, self.radii_px, fall)


def _fitted(
    times_s: list[float], points_px: list[tuple[float, float]], radii_px: list[float], fall: Float64
) -> Arc:
    times, points = np.array(times_s), np.array(points_px)
    middle_s, solved, strays = solve(times, points, fall)
    return Arc(
        rows=[],
        start_s=middle_s,
        place=solved[0],
        speed=solved[1],
        fall=fall + solved[2],
        first_s=times_s[0],
        last_s=times_s[-1],
        radius_px=float(np.median(radii_px)),
        rms_px=float(np.sqrt((strays**2).sum(axis=1).mean())),
    )


@dataclass(slots=True)
class Follower:
    """Keeps the flights that are under way.

    Attributes:
        size: `(height, width)` of the picture.
        tolerance: How far a ball may lie from its parabola.
    """

    size: tuple[int, int]
    tolerance: Tolerance = field(default_factory=Tolerance)
    _flying: list[_Flying] = field(default_factory=list)
    _ended: list[_Flying] = field(default_factory=list)
    _recent: deque[tuple[float, Float64, Float64]] = field(default_factory=deque)
    _levels: deque[float] = field(default_factory=lambda: deque(maxlen=_LEVELS))

    def feed(self, t_s: float, points_px: Float64, radii_px: Float64, fall: Float64) -> list[Moment]:
        """Take in a frame's candidates.

        Args:
            t_s: Its time, rising.
            points_px: `(n, 2)`.
            radii_px: `(n,)`.
            fall: `(2,)` gravity in px/s2.
        """
        free = np.ones(len(points_px), np.bool_)
        found, staying = [], []
        for one in sorted(self._flying, key=lambda one: -len(one.times_s)):
            one.frames += 1
            row = self._on(one, t_s, points_px, radii_px, free)
            if row is not None:
                free[row], one.missed = False, 0
                one.add(t_s, points_px[row], float(radii_px[row]), fall)
                staying.append(one)
                continue
            one.missed += 1
            if self._waits(one, t_s):
                staying.append(one)
            elif (moment := self._judged(one, fall)) is not None:
                found.append(moment)
        self._flying = staying
        self._recent.append((t_s, points_px[free], radii_px[free]))
        while self._recent[0][0] < t_s - _SUPPORT_S - 1e-6:
            self._recent.popleft()
        self._begin(fall)
        return found

    def _on(
        self, one: _Flying, t_s: float, points_px: Float64, radii_px: Float64, free: np.ndarray
    ) -> int | None:
        """Give the free candidate that lies on a flight's parabola."""
        if not len(points_px):
            return None
        arc = one.arc
        span_s = max(arc.last_s - arc.first_s, 1e-3)
        slack = float(self.tolerance.of(arc.radius_px)) * (1 + min(1.5, 0.5 * (t_s - arc.last_s) / span_s))
        away = np.hypot(*(points_px - arc.at(t_s)).T)
        away[~free | (np.abs(np.log(radii_px / arc.radius_px)) > _GATE)] = np.inf
        row = int(np.argmin(away))
        return row if away[row] <= slack else None

    def _waits(self, one: _Flying, t_s: float) -> bool:
        """Whether a ball that is not seen may still be in the air."""
        if one.missed < _LEFT_FRAMES:
            return True
        gone_s = t_s - one.arc.last_s
        if one.arc.at(t_s)[1] < one.arc.radius_px:
            return gone_s < _ABOVE_S
        return gone_s < _BRIDGE_S and not self._is_low(one, _LOWER)

    def _is_low(self, one: _Flying, share: float) -> bool:
        """Whether a flight was last seen coming down, and such a share of the way to the hands."""
        down = one.arc.fall / float(np.hypot(*one.arc.fall))
        if float(one.arc.speed_at(one.arc.last_s) @ down) <= 0:
            return False
        places = np.array(one.points_px) @ down
        level = float(np.median(self._levels)) if self._levels else float(places[0])
        highest = float(places.min())
        return float(places[-1]) >= highest + share * (level - highest)

    def _judged(self, one: _Flying, fall: Float64) -> Moment | None:
        """Say what the end of a flight was; None where it was not a flight, or its ball was lost in the air."""
        if not self._is_flight(one, fall):
            return None
        self._ended = [past for past in self._ended if past.arc.last_s > one.arc.first_s - _AGAIN_S]
        again = any(self._goes_on(past, one) for past in self._ended)
        self._ended.append(one)
        if again or not self._is_low(one, _LOW):
            return None
        size = float(np.hypot(*fall))
        first, last = (np.array(one.points_px)[[0, -1]] @ (fall / size)).tolist()
        level = max(first, float(np.median(self._levels))) if self._levels else first
        self._levels += (first, min(last, level))
        dropped = last > level + _BELOW_M * size / _GRAVITY_MPS2
        place = one.points_px[-1]
        return Moment("dropped" if dropped else "caught", one.arc.last_s, one.arc.first_s, place)

    def _is_flight(self, one: _Flying, fall: Float64) -> bool:
        """Whether something flew: long enough, seen often enough, with gravity's own acceleration."""
        seen = one.frames - one.missed
        if one.arc.last_s - one.arc.first_s < _SHORTEST_S or len(one.times_s) < _FULL * seen:
            return False
        own, error = acceleration(np.array(one.times_s), np.array(one.points_px))
        size = float(np.hypot(*fall))
        if error > _SURE * size or float(np.hypot(*(own - fall))) > _LOOSE * size + error:
            return False
        return float(np.ptp(np.array(one.points_px) @ (fall / size))) >= _LEAST_RISE_RADII * one.arc.radius_px

    def _goes_on(self, past: _Flying, one: _Flying) -> bool:
        """Whether a flight is one that was already taken for ended."""
        gap_s = one.arc.first_s - past.arc.last_s
        if not 0 < gap_s < _AGAIN_S:
            return False
        away = float(np.hypot(*(past.arc.at(one.arc.first_s) - np.array(one.points_px[0]))))
        return away <= 2.5 * float(self.tolerance.of(one.arc.radius_px))

    def _begin(self, fall: Float64) -> None:
        """Begin flights from three free candidates, the newest among them, with enough of the frames between."""
        times_s = np.array([t_s for t_s, _, _ in self._recent])
        step_s = float(np.median(np.diff(times_s))) if len(times_s) > 2 else 0.0
        hop = max(1, round(_SEED_SPAN_S / step_s)) if step_s > 0 else 0
        if not hop or len(times_s) < 2 * hop + 1:
            return
        frames = [self._recent[-1 - hop * back] for back in (2, 1, 0)]
        for places, radius in self._seeds(frames, fall):
            ends = [(frame[0], place) for frame, place in zip(frames, places, strict=True)]
            found = self._between(ends, radius, fall)
            if len(found) >= max(4, _LEAST_SUPPORT * len(self._recent)):
                self._flying.append(_Flying.of(found, fall, len(self._recent)))
                self._take(found)

    def _seeds(
        self, frames: list[tuple[float, Float64, Float64]], fall: Float64
    ) -> list[tuple[Float64, float]]:
        """Give three places each that share gravity, the truest first."""
        (t1, p1, r1), (t2, p2, r2), (t3, p3, r3) = frames
        if not (len(p1) and len(p2) and len(p3)):
            return []
        first, last = t2 - t1, t3 - t2
        pull = (p3[None, None] - p2[None, :, None]) / last - (p2[None, :, None] - p1[:, None, None]) / first
        own = pull / (0.5 * (first + last))
        stray = np.hypot(*np.moveaxis(own - fall, -1, 0)) * ((t3 - t1) / 2) ** 2
        alike = (np.abs(np.log(r1[:, None] / r2[None])) < _ALIKE)[:, :, None]
        alike = alike & (np.abs(np.log(r2[:, None] / r3[None])) < _ALIKE)[None]
        near = alike & (stray <= 2.0 * self.tolerance.of(r2)[None, :, None])
        i, j, k = np.nonzero(near)
        order = np.argsort(stray[i, j, k], kind="stable")
        return [
            (np.stack([p1[i[row]], p2[j[row]], p3[k[row]]]), float(r2[j[row]])) for row in order.tolist()[:12]
        ]

    def _between(
        self, ends: list[tuple[float, Float64]], radius: float, fall: Float64
    ) -> list[tuple[float, Float64, float]]:
        """Give the recent free candidates on the parabola through three places."""
        times_s = np.array([t_s for t_s, _ in ends])
        middle_s, solved, _ = solve(times_s, np.array([place for _, place in ends]), fall)
        slack = 1.5 * float(self.tolerance.of(radius))
        found = []
        for t_s, points, radii in self._recent:
            if not len(points):
                continue
            ago = t_s - middle_s
            expected = solved[0] + ago * solved[1] + 0.5 * ago**2 * (fall + solved[2])
            away = np.hypot(*(points - expected).T)
            row = int(np.argmin(away))
            if away[row] <= slack:
                found.append((t_s, points[row], float(radii[row])))
        return found

    def _take(self, found: list[tuple[float, Float64, float]]) -> None:
        """Let candidates belong to a flight: no other begins with them."""
        taken = {t_s: place for t_s, place, _ in found}
        for number, (t_s, points, radii) in enumerate(self._recent):
            if t_s in taken and len(points):
                keep = ~(points == taken[t_s]).all(axis=1)
                self._recent[number] = (t_s, points[keep], radii[keep])
