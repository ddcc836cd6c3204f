"""Short tracks of points, as a plain tracker makes them: each is followed at a constant speed until it is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.core.arrays import Float64, Int64

_PLACE_VARIANCE, _SPEED_VARIANCE = 10.0, 1.0
_WANDERS, _NOISE = 0.1, 4.0


@dataclass(frozen=True, slots=True)
class Tracklet:
    """What was taken for one thing.

    Attributes:
        number: Counted from 1, in the order in which tracklets were sure.
        frames: `(n,)` int64, where it was detected.
        points_px: `(n, 2)`, the detections.
        told_frames: `(m,)` int64, where the tracker told of it: later than its first detection, longer than its last.
        told_px: `(m, 2)`, where the tracker told it was.
    """

    number: int
    frames: Int64
    points_px: Float64
    told_frames: Int64
    told_px: Float64


@dataclass(slots=True, eq=False)
class _Followed:
    place: Float64
    speed: Float64 = field(default_factory=lambda: np.zeros(2))
    variances: tuple[float, float, float] = (_PLACE_VARIANCE, 0.0, _SPEED_VARIANCE)
    trust: int = 1
    number: int | None = None
    seen: list[tuple[int, Float64]] = field(default_factory=list)
    told: list[tuple[int, Float64]] = field(default_factory=list)

    def meet(self, point_px: Float64, most: int) -> None:
        """Correct by a detection: the gain of a Kalman filter at constant speed, a frame per step."""
        self.trust = min(self.trust + 2, most)
        place, both, speed = self.variances
        place, both, speed = place + 2 * both + speed + _WANDERS, both + speed, speed + _WANDERS
        total, off = place + _NOISE, point_px - self.place
        self.place = self.place + place / total * off
        self.speed = self.speed + both / total * off
        self.variances = (place * _NOISE / total, both * _NOISE / total, speed - both**2 / total)


def track(points_px: Sequence[Float64], *, reach_px: float = 50.0, patience: int = 5) -> tuple[Tracklet, ...]:
    """Follow points from frame to frame, nearest first.

    Args:
        points_px: For each frame its points, `(n, 2)`.
        reach_px: How far a point may lie from where it is expected.
        patience: Frames that something is followed without being seen; half as many sightings in a row make it sure.

    Source:
        What Norfair 2.3 does by default (tryolabs/norfair, docs), whose tracklets the judged stitches name.
    """
    alive: list[_Followed] = []
    everything: list[_Followed] = []
    count = 0
    for frame, here in enumerate(points_px):
        alive = [one for one in alive if one.trust >= 0]
        for one in alive:
            one.trust -= 1
            one.place = one.place + one.speed
        free = list(range(len(here)))
        for sure in (True, False):
            for one, row in _met(
                [one for one in alive if (one.number is not None) == sure], here, free, reach_px
            ):
                one.meet(here[row], patience)
                one.seen.append((frame, here[row]))
                free.remove(row)
                if one.number is None and one.trust > patience // 2:
                    count += 1
                    one.number = count
        new = [_Followed(here[row], seen=[(frame, here[row])]) for row in free]
        alive, everything = alive + new, everything + new
        for one in alive:
            if one.number is not None and one.trust >= 0:
                one.told.append((frame, one.place))
    known = sorted((one for one in everything if one.number is not None), key=lambda one: one.number or 0)
    return tuple(_tracklet(one) for one in known)


def _met(
    followed: list[_Followed], points_px: Float64, free: list[int], reach_px: float
) -> list[tuple[_Followed, int]]:
    """Pair what is followed with free points, nearest first."""
    if not followed or not free:
        return []
    places = np.array([one.place for one in followed])
    away = np.linalg.norm(points_px[free][:, None] - places[None], axis=2)
    pairs = []
    while away.min() < reach_px:
        row, column = divmod(int(away.argmin()), away.shape[1])
        pairs.append((followed[column], free[row]))
        away[row, :] = away[:, column] = np.inf
    return pairs


def _tracklet(one: _Followed) -> Tracklet:
    return Tracklet(
        number=one.number or 0,
        frames=np.array([frame for frame, _ in one.seen], np.int64),
        points_px=np.array([place for _, place in one.seen]),
        told_frames=np.array([frame for frame, _ in one.told], np.int64),
        told_px=np.array([place for _, place in one.told]),
    )
