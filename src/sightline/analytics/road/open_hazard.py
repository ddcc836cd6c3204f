"""A hazard while it is in sight: how often it was hit, what it looks like, where it is."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.road.hazards import HazardEvent, HazardPlace, Phase
from sightline.analytics.road.kinds import HazardKind
from sightline.analytics.road.severity import Extent, severity_of
from sightline.analytics.road.sizes import place_of, size_of

if TYPE_CHECKING:
    from sightline.analytics.road.gps import Place
    from sightline.analytics.road.hazards import WatchSettings
    from sightline.analytics.road.sizes import Measured

_MOST_SIZES = 64
_MOST_FRAMES = 64
_MOST_ENDS, _LEAST_ENDS = 12, 4
_AHEAD_M, _AHEAD_SHARE, _BESIDE_M = 1.0, 0.25, 0.8


@dataclass(slots=True)
class OpenHazard:
    """A track, or several that turned out to be one hazard. Plain data throughout, so that it can be stored.

    Attributes:
        track_ids: Of the tracker, the first one first.
        first_frame: Where it was hit first.
        first_t_s: Time of that frame.
        deadline_s: It is over when it is not hit until then.
        window: Hit (1) or miss (0) of the last judged frames.
        votes: Sum of scores by kind.
        hits: In how many frames it was hit.
        judged: How many frames were judged since it began, up to its last hit.
        waiting: How many since then.
        last_frame: Where it was hit last.
        last_t_s: Time of that frame.
        last_box: There.
        seen_in: The last frames in which it was hit.
        best: By kind: frame, time, box and goodness of where it shows best as that. A stray box that a track began with
            is often the largest, and of another kind.
        sizes: Rows of length, width and their standard deviations.
        ends: Rows of time, how far ahead its far end lay and how far to the left, of the last hits; needs the camera.
        place: Where it is, as well as is known.
        place_sd_m: How sure that is along the road; infinite (None in plain data) for the car's own place.
        event_id: 0 until it is confirmed.
        hazard_id: Likewise.
        visit: Likewise.
        frame: Where it was confirmed, -1 until then.
        t_s: Time of that frame.
    """

    track_ids: list[int]
    first_frame: int
    first_t_s: float
    deadline_s: float
    window: list[int] = field(default_factory=list)
    votes: dict[str, float] = field(default_factory=dict)
    hits: int = 0
    judged: int = 0
    waiting: int = 0
    last_frame: int = -1
    last_t_s: float = 0.0
    last_box: list[float] = field(default_factory=list)
    seen_in: list[int] = field(default_factory=list)
    best: dict[str, list[Any]] = field(default_factory=dict)
    sizes: list[list[float]] = field(default_factory=list)
    ends: list[list[float]] = field(default_factory=list)
    place: dict[str, Any] | None = None
    place_sd_m: float | None = None
    event_id: int = 0
    hazard_id: int = 0
    visit: int = 0
    frame: int = -1
    t_s: float = 0.0

    @property
    def confirmed(self) -> bool:
        """Whether it has been told."""
        return self.event_id > 0

    @property
    def kind(self) -> HazardKind:
        """What it is, by the scores so far; of equal ones the first by name."""
        return HazardKind(max(sorted(self.votes), key=lambda name: self.votes[name]))

    @property
    def where(self) -> HazardPlace | None:
        """Its place as a value."""
        return None if self.place is None else HazardPlace(**self.place)

    def judge(self, hit: int, of: int) -> None:
        """Take note of a judged frame."""
        self.window.append(hit)
        del self.window[:-of]
        self.waiting += 1

    def hit(
        self, frame: int, t_s: float, box: list[float], score: float, kind: HazardKind, lost_s: float
    ) -> None:
        """Take note of a box in a judged frame."""
        self.judged, self.waiting = self.judged + self.waiting, 0
        self.hits += 1
        self.votes[kind.value] = self.votes.get(kind.value, 0.0) + score
        self.last_frame, self.last_t_s, self.last_box = frame, t_s, box
        self.seen_in.append(frame)
        del self.seen_in[:-_MOST_FRAMES]
        self.deadline_s = t_s + lost_s

    def look(
        self,
        kind: HazardKind,
        score: float,
        found: Measured | None,
        car: Place | None,
        settings: WatchSettings,
    ) -> None:
        """Take note of how it shows, how large it is and where it lies, in the frame of its last hit."""
        whole = found is None or found.whole
        box = self.last_box
        goodness = (
            score * math.sqrt(max((box[2] - box[0]) * (box[3] - box[1]), 0.0)) * (1.0 if whole else 0.1)
        )
        self._show_best(kind.value, [self.last_frame, self.last_t_s, box, goodness])
        if found is not None:
            self.ends.append([self.last_t_s, found.ahead_m + found.length_m / 2, found.left_m])
            del self.ends[:-_MOST_ENDS]
        near = found is not None and settings.measure_from_m <= found.ahead_m <= settings.measure_to_m
        if found is not None and near and whole:
            self.sizes.append([found.length_m, found.width_m, found.length_sd_m, found.width_sd_m])
            del self.sizes[:-_MOST_SIZES]
        if car is None:
            return
        sd_m = found.ahead_sd_m if found is not None and whole else None
        if self.place is None or self.place_sd_m is None or (sd_m is not None and sd_m <= self.place_sd_m):
            if sd_m is None and self.place is not None and self.place["of"] == "road":
                return
            place = place_of(car, found if sd_m is not None else None)
            self.place = asdict(place)
            self.place_sd_m = sd_m if place.of == "road" else None

    def _show_best(self, kind: str, look: list[Any]) -> None:
        if kind not in self.best or look[3] >= self.best[kind][3]:
            self.best[kind] = look

    def goes_on_in(self, other: OpenHazard) -> bool:
        """Whether another track begins where this one would have come to by its own movement over the road.

        The far ends are compared: the near end of a long crack is cut off by the picture's edge while it goes by.
        """
        if len(self.ends) < _LEAST_ENDS or not other.ends or other.first_t_s <= self.last_t_s:
            return False
        t_s, far_m, left_m = other.ends[0]
        times, fars = (np.array([row[column] for row in self.ends]) for column in (0, 1))
        times = times - times.mean()
        speed = float(times @ fars) / float(times @ times)
        passed_s = t_s - self.ends[-1][0]
        moved_m = -speed * passed_s
        if moved_m < 0:
            return False
        expected_m = float(
            np.median(fars[-3:] + speed * (t_s - np.array([row[0] for row in self.ends[-3:]])))
        )
        apart_m = abs(far_m - expected_m)
        return apart_m <= _AHEAD_M + _AHEAD_SHARE * moved_m and abs(left_m - self.ends[-1][2]) <= _BESIDE_M

    def take_in(self, other: OpenHazard) -> None:
        """Make another track part of this hazard."""
        self.track_ids += other.track_ids
        self.sizes = (self.sizes + other.sizes)[-_MOST_SIZES:]
        self.ends = sorted(self.ends + other.ends)[-_MOST_ENDS:]
        for name, votes in other.votes.items():
            self.votes[name] = self.votes.get(name, 0.0) + votes
        self.hits += len(set(other.seen_in) - set(self.seen_in))
        self.seen_in = sorted({*self.seen_in, *other.seen_in})[-_MOST_FRAMES:]
        if other.last_frame > self.last_frame:
            self.judged, self.waiting = self.judged + self.waiting, 0
            self.last_frame, self.last_t_s, self.last_box = other.last_frame, other.last_t_s, other.last_box
        self.deadline_s = max(self.deadline_s, other.deadline_s)
        for name, best in other.best.items():
            self._show_best(name, best)
        if other.place_sd_m is not None and (self.place_sd_m is None or other.place_sd_m < self.place_sd_m):
            self.place, self.place_sd_m = other.place, other.place_sd_m

    def event(self, phase: Phase, settings: WatchSettings) -> HazardEvent:
        """Say what is known of it."""
        kind = self.kind
        size = size_of(kind, self.sizes)
        severity, sure = None, None
        if size is not None:
            severity, sure = severity_of(
                kind, Extent(size.extent, size.extent_unit, size.extent_sd), settings.bands
            )
        best_frame, best_t_s, box, _ = self.best[kind.value]
        return HazardEvent(
            phase=phase,
            event_id=self.event_id,
            hazard_id=self.hazard_id,
            visit=self.visit,
            kind=kind,
            confidence=min(sum(self.votes.values()) / max(self.hits, 1), 1.0),
            track_id=self.track_ids[0],
            frame=self.frame,
            t_s=self.t_s,
            first_frame=self.first_frame,
            first_t_s=self.first_t_s,
            last_frame=self.last_frame,
            last_t_s=self.last_t_s,
            hits=self.hits,
            judged=self.judged,
            best_frame=best_frame,
            best_t_s=best_t_s,
            box_px=(box[0], box[1], box[2], box[3]),
            size=size,
            severity=severity,
            severity_sure=sure,
            place=self.where,
        )
