"""One event for each hazard, however many boxes a model gave it: frame by frame, for files and streams alike.

A track of the tracker becomes a hazard when it was hit in `hits` of the last `of` judged frames with a sure score; a
lower one keeps it. It is over when it was not hit for `lost_s`. Two tracks are one hazard where their boxes lie in each
other, or where a new one begins on the spot, by camera and GPS, where one was lost. Hazards of an earlier pass are known
again by place and heading.

The same frames give the same events, whether they come from a file's tables or from a stream, and whether or not the
watch was stored and restored in between.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sightline.analytics.road.hazards import HazardEvent, HazardPlace, Phase, Sighting, WatchSettings
from sightline.analytics.road.known import KnownHazards, distance_m
from sightline.analytics.road.open_hazard import OpenHazard
from sightline.analytics.road.sizes import measured, overlap
from sightline.core.errors import AnalysisError

if TYPE_CHECKING:
    from sightline.analytics.road.camera import RoadCamera
    from sightline.analytics.road.region import RoadRegion

_NEXT_S = 0.5


class HazardWatch:
    """Turns tracked boxes into hazard events.

    Example:
        >>> import numpy as np
        >>> from sightline.analytics.road.kinds import HazardKind
        >>> from sightline.analytics.road.region import RoadRegion
        >>> watch = HazardWatch(RoadRegion.of_picture((360, 640)))
        >>> for frame in range(3):
        ...     box = np.array([[300.0, 250 + 10 * frame, 340, 270 + 10 * frame]])
        ...     seen = Sighting(frame, frame / 10, box, np.array([0.8]), np.array([1]), [HazardKind.D40])
        ...     events = watch.feed(seen)
        >>> [(event.phase.value, event.kind.value, event.frame) for event in events]
        [('confirmed', 'D40', 2)]
    """

    def __init__(
        self, region: RoadRegion, settings: WatchSettings | None = None, camera: RoadCamera | None = None
    ) -> None:
        """Begin with nothing in sight.

        Args:
            region: Where in the picture hazards are believed.
            settings: When boxes become a hazard, when it is over, and when two are one.
            camera: Over the road; without it events have no size, and the car's place instead of their own.
        """
        self.settings = settings or WatchSettings()
        self._region = region
        self._camera = camera
        self._open: list[OpenHazard] = []
        self._gone: list[tuple[dict[str, Any], float]] = []
        self._known = KnownHazards(self.settings)
        self._events = 0
        self._hazards = 0
        self._t_s = -math.inf

    def feed(self, seen: Sighting) -> list[HazardEvent]:
        """Take in the next frame and give what came of it: hazards confirmed, then hazards that are over.

        Raises:
            AnalysisError: Time did not rise; the watch is as it was before.
        """
        if seen.t_s <= self._t_s:
            raise AnalysisError(
                f"time did not rise: {seen.t_s:g} s after {self._t_s:g} s", hint="feed frames in order"
            )
        pause_s = 0.0 if math.isinf(self._t_s) else seen.t_s - self._t_s
        self._t_s = seen.t_s
        if not seen.usable:
            for hazard in self._open:
                hazard.deadline_s += pause_s
            return []
        self._look(seen)
        found = [
            event
            for hazard in list(self._open)
            if not hazard.confirmed and sum(hazard.window) >= self.settings.hits
            if (event := self._confirm(hazard, seen)) is not None
        ]
        return found + self._close(seen.t_s)

    def finish(self) -> list[HazardEvent]:
        """Give what is still open as closed: the drive is over."""
        events = self._close(math.inf)
        self._gone = []
        return events

    def snapshot(self) -> bytes:
        """Give the whole memory; equal memories give equal bytes."""
        memory = {
            "t_s": None if math.isinf(self._t_s) else self._t_s,
            "events": self._events,
            "hazards": self._hazards,
            "open": [asdict(hazard) for hazard in self._open],
            "gone": [list(each) for each in self._gone],
            "known": self._known.memory(),
        }
        return json.dumps(memory, separators=(",", ":"), allow_nan=False).encode("ascii")

    def restore(self, state: bytes) -> None:
        """Go back to a snapshot; afterwards nothing tells the two apart."""
        memory = json.loads(state)
        self._t_s = -math.inf if memory["t_s"] is None else memory["t_s"]
        self._events, self._hazards = memory["events"], memory["hazards"]
        self._open = [OpenHazard(**row) for row in memory["open"]]
        self._gone = [(place, t_s) for place, t_s in memory["gone"]]
        self._known.remember(memory["known"])

    # -- one frame -----------------------------------------------------------------------------------------

    def _look(self, seen: Sighting) -> None:
        """Deal the frame's boxes out to the hazards, and begin new ones."""
        settings = self.settings
        owners = {track: hazard for hazard in self._open for track in hazard.track_ids}
        on_it = self._region.holds(seen.boxes_px, bend_per_m=seen.bend_per_m)
        rows: dict[int, int] = {}
        for row in range(len(seen.scores)):
            track, score = int(seen.track_ids[row]), float(seen.scores[row])
            if seen.kinds[row] is None or not on_it[row]:
                continue
            hazard = owners.get(track)
            if hazard is None and score >= settings.confirm_score:
                hazard = OpenHazard([track], seen.frame, seen.t_s, seen.t_s + settings.lost_s)
                self._open.append(hazard)
                owners[track] = hazard
            if hazard is None or score < (
                settings.keep_score if hazard.confirmed else settings.confirm_score
            ):
                continue
            best = rows.get(id(hazard))
            if best is None or score > seen.scores[best]:
                rows[id(hazard)] = row
        for hazard in self._open:
            hazard.judge(int(id(hazard) in rows), settings.of)
        hit = [(hazard, rows[id(hazard)]) for hazard in self._open if id(hazard) in rows]
        sizes = self._measured(seen, [row for _, row in hit])
        for (hazard, row), found in zip(hit, sizes, strict=True):
            kind = seen.kinds[row]
            if kind is None:
                continue
            score = float(seen.scores[row])
            hazard.hit(seen.frame, seen.t_s, seen.boxes_px[row].tolist(), score, kind, settings.lost_s)
            hazard.look(kind, score, found, seen.place, settings)
            if hazard.confirmed:
                self._known.meet(hazard.hazard_id, seen.t_s)

    def _measured(self, seen: Sighting, rows: list[int]) -> list[Any]:
        if self._camera is None:
            return [None] * len(rows)
        return measured(self._camera, seen.boxes_px[rows])

    # -- is it new? ----------------------------------------------------------------------------------------

    def _confirm(self, hazard: OpenHazard, seen: Sighting) -> HazardEvent | None:
        """Tell a hazard that has been hit often enough; None where it is part of one that was told."""
        whole = next((other for other in self._open if self._is_part(hazard, other)), None)
        if whole is not None:
            whole.take_in(hazard)
            self._open.remove(hazard)
            return None
        if self._was_here(hazard):
            self._open.remove(hazard)
            return None
        place, family = hazard.where, hazard.kind.family
        known = None if place is None else self._known.same_as(family, place, seen.t_s)
        self._events += 1
        hazard.event_id, hazard.frame, hazard.t_s = self._events, seen.frame, seen.t_s
        if known is not None:
            known.visits += 1
            known.last_t_s = seen.t_s
            hazard.hazard_id, hazard.visit = known.hazard_id, known.visits
        else:
            self._hazards += 1
            hazard.hazard_id, hazard.visit = self._hazards, 1
            if place is not None:
                self._known.add(hazard.hazard_id, family, place, seen.t_s)
        return hazard.event(Phase.CONFIRMED, self.settings)

    def _is_part(self, hazard: OpenHazard, other: OpenHazard) -> bool:
        """Whether a track belongs to a hazard that has been told: its boxes lie in it, or go on where it was lost."""
        if not other.confirmed:
            return False
        if set(other.seen_in) & set(hazard.seen_in):
            if other.kind.family != hazard.kind.family or other.last_frame != hazard.last_frame:
                return False
            return overlap(other.last_box, hazard.last_box) >= self.settings.same_overlap
        if other.goes_on_in(hazard):
            return True
        spread_m = (other.place_sd_m or 0.0) + (hazard.place_sd_m or 0.0)
        if self._near(other.where, hazard.where, spread_m):
            return True
        if not 0 < hazard.first_t_s - other.last_t_s <= _NEXT_S or other.kind.family != hazard.kind.family:
            return False
        (x1, y1, x2, y2), (u1, v1, u2, v2) = other.last_box, hazard.last_box
        apart = math.hypot((u1 + u2 - x1 - x2) / 2, (v1 + v2 - y1 - y2) / 2)
        return apart <= max(x2 - x1, y2 - y1, u2 - u1, v2 - v1)

    def _was_here(self, hazard: OpenHazard) -> bool:
        """Whether it lies where one was lost a moment ago."""
        return any(
            t_s < hazard.first_t_s
            and self._near(HazardPlace(**there), hazard.where, hazard.place_sd_m or 0.0)
            for there, t_s in self._gone
        )

    def _near(self, one: HazardPlace | None, other: HazardPlace | None, spread_m: float) -> bool:
        if one is None or other is None or one.of != "road" or other.of != "road":
            return False
        return distance_m(one, other) <= self.settings.rejoin_m + spread_m

    def _settle_who(self, hazard: OpenHazard) -> None:
        """Look again whether an earlier pass met it: its kind and its place are surer than when it was told."""
        place = hazard.where
        if hazard.visit > 1 or place is None:
            return
        known = self._known.same_as(hazard.kind.family, place, hazard.last_t_s)
        if known is None:
            return
        self._known.forget(hazard.hazard_id)
        known.visits += 1
        known.last_t_s = hazard.last_t_s
        hazard.hazard_id, hazard.visit = known.hazard_id, known.visits

    # -- the end of it -------------------------------------------------------------------------------------

    def _close(self, t_s: float) -> list[HazardEvent]:
        over = [hazard for hazard in self._open if t_s > hazard.deadline_s]
        self._open = [hazard for hazard in self._open if t_s <= hazard.deadline_s]
        self._gone = [each for each in self._gone if t_s - each[1] <= self.settings.rejoin_s]
        events = []
        for hazard in over:
            if not hazard.confirmed:
                continue
            self._settle_who(hazard)
            events.append(hazard.event(Phase.CLOSED, self.settings))
            place = hazard.where
            if place is not None and place.of == "road":
                self._known.settle(hazard.hazard_id, place, hazard.visit)
                self._gone.append((asdict(place), hazard.last_t_s))
        return events
