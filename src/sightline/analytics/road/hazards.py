"""What goes into the hazard watch and what comes out of it; see `watch.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.road.severity import Severity, SeverityBands
from sightline.core.arrays import Float64, frozen, same_rows
from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from sightline.analytics.road.gps import Place
    from sightline.analytics.road.kinds import HazardKind
    from sightline.core.tracks import Tracks

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """When boxes become a hazard, when it is over, and when two are one.

    Attributes:
        hits: A hazard is confirmed when its track was hit in so many ...
        of: ... of the last so many judged frames.
        confirm_score: Score that a box needs to be a hit before that.
        keep_score: Score that is enough afterwards.
        lost_s: A hazard is over when it was not hit for so long.
        measure_from_m: Sizes are taken where the hazard is at least so far ahead ...
        measure_to_m: ... and at most so far.
        same_overlap: Boxes of one family in one frame that share so much of the smaller one are one hazard.
        rejoin_m: A new track so near to where a hazard was lost goes on with it; needs camera and GPS.
        rejoin_s: As long after that.
        dedupe_m: A hazard so near to one of an earlier pass is that one again; needs GPS.
        dedupe_heading_deg: If the car drove the same way, within so much.
        pass_gap_s: A hazard is never the same as one last seen more recently than so.
        most_known: Hazards remembered; the oldest are forgotten first.
        bands: From where on a hazard is medium and high.
    """

    hits: int = 3
    of: int = 5
    confirm_score: float = 0.3
    keep_score: float = 0.15
    lost_s: float = 1.0
    measure_from_m: float = 2.0
    measure_to_m: float = 12.0
    same_overlap: float = 0.7
    rejoin_m: float = 1.5
    rejoin_s: float = 3.0
    dedupe_m: float = 10.0
    dedupe_heading_deg: float = 45.0
    pass_gap_s: float = 15.0
    most_known: int = 20_000
    bands: SeverityBands = field(default_factory=SeverityBands)

    def __post_init__(self) -> None:
        if not 1 <= self.hits <= self.of <= 100:
            raise SettingsError(
                f"{self.hits} hits of {self.of} frames",
                hint="1 or more hits, of at least as many frames, at most 100",
            )
        if not 0 <= self.keep_score <= self.confirm_score <= 1:
            raise SettingsError(
                f"scores of {self.confirm_score:g} to confirm and {self.keep_score:g} to keep",
                hint="0..1, and the second no higher than the first",
            )


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was tracked in one frame; rows in rising order of track id.

    Attributes:
        frame: Its number, rising.
        t_s: Its time, rising.
        boxes_px: `(n, 4)` float64 `x1 y1 x2 y2` in source pixels.
        scores: `(n,)` float64 in 0..1.
        track_ids: `(n,)` int64.
        kinds: What each is; None for what is not a hazard.
        usable: Whether the picture was good enough to be judged; see `quality.py`.
        place: Where the car was, None where that is not known.
    """

    frame: int
    t_s: float
    boxes_px: Float64
    scores: Float64
    track_ids: Any
    kinds: Sequence[HazardKind | None]
    usable: bool = True
    place: Place | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes_px", frozen("boxes_px", self.boxes_px, (None, 4), np.float64))
        object.__setattr__(self, "scores", frozen("scores", self.scores, (None,), np.float64))
        object.__setattr__(self, "track_ids", frozen("track_ids", self.track_ids, (None,), np.int64))
        same_rows(boxes_px=self.boxes_px, scores=self.scores, track_ids=self.track_ids)
        if len(self.kinds) != len(self.scores):
            raise ValueError(f"{len(self.kinds)} kinds for {len(self.scores)} boxes")

    @property
    def bend_per_m(self) -> float:
        """How tightly the car's way bends, positive to the left; 0 where that is not known."""
        return 0.0 if self.place is None else self.place.bend_per_m

    @classmethod
    def of(
        cls,
        tracks: Tracks,
        kinds_by_class: Sequence[HazardKind | None],
        *,
        frame: int,
        t_s: float,
        usable: bool = True,
        place: Place | None = None,
    ) -> Sighting:
        """Take a tracker's answer; `kinds_by_class` says what each class id of the model means."""
        kinds = [
            kinds_by_class[number] if number < len(kinds_by_class) else None
            for number in tracks.class_ids.tolist()
        ]
        boxes = tracks.boxes_px.astype(np.float64)
        scores = tracks.scores.astype(np.float64)
        return cls(frame, t_s, boxes, scores, tracks.track_ids, kinds, usable, place)


@dataclass(frozen=True, slots=True)
class HazardSize:
    """How large a hazard is on the road.

    Attributes:
        length_m: Along the road.
        width_m: Across it.
        length_sd_m: Standard deviation; the camera's share of it does not shrink with more frames.
        width_sd_m: Likewise.
        area_m2: Of the ellipse for a pothole, of the rectangle for anything else.
        extent: Mean diameter of a pothole, length of a crack, area of an alligator crack.
        extent_unit: `m` or `m2`.
        extent_sd: Standard deviation of `extent`.
        frames: How many frames it was measured in.
    """

    length_m: float
    width_m: float
    length_sd_m: float
    width_sd_m: float
    area_m2: float
    extent: float
    extent_unit: str
    extent_sd: float
    frames: int


@dataclass(frozen=True, slots=True)
class HazardPlace:
    """Where a hazard is on Earth.

    Attributes:
        latitude_deg: WGS 84.
        longitude_deg: WGS 84.
        heading_deg: Which way the car drove, clockwise from true north; None where that is not known.
        quality: Of the GPS at that moment: `seen`, `interpolated` or `extrapolated`.
        of: `road` for the hazard's own place, by camera and heading; `vehicle` for the car's when it was last seen.
    """

    latitude_deg: float
    longitude_deg: float
    heading_deg: float | None
    quality: str
    of: str


class Phase(StrEnum):
    """`confirmed`: it is there, said once. `closed`: it is behind; size, class and place are final."""

    CONFIRMED = "confirmed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class HazardEvent:
    """One hazard in one pass.

    Attributes:
        phase: Confirmed or closed; both have the same `event_id`.
        event_id: Counts events from 1 on.
        hazard_id: The hazard: the same in every pass over it.
        visit: 1 for a new hazard, 2 and up where an earlier pass has met it.
        kind: What it is, by the scores of all its hits.
        confidence: Mean score of its hits, 0..1.
        track_id: Of the tracker, the first one.
        frame: Where it was confirmed.
        t_s: Time of that frame.
        first_frame: Where it was hit first.
        first_t_s: Time of that frame.
        last_frame: Where it was hit last.
        last_t_s: Time of that frame.
        hits: In how many frames it was hit.
        judged: Of how many judged frames in between.
        best_frame: Where it shows best.
        best_t_s: Time of that frame.
        box_px: `x1 y1 x2 y2` there, source pixels.
        size: None where the camera is not known, or it was never seen whole and near enough.
        severity: Likewise.
        severity_sure: Whether it is the same one standard deviation to either side.
        place: None where there is no GPS.
    """

    phase: Phase
    event_id: int
    hazard_id: int
    visit: int
    kind: HazardKind
    confidence: float
    track_id: int
    frame: int
    t_s: float
    first_frame: int
    first_t_s: float
    last_frame: int
    last_t_s: float
    hits: int
    judged: int
    best_frame: int
    best_t_s: float
    box_px: Box
    size: HazardSize | None
    severity: Severity | None
    severity_sure: bool | None
    place: HazardPlace | None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data, as a `hazard_event` message carries it."""
        plain = asdict(self)
        plain["kind"], plain["phase"] = self.kind.value, self.phase.value
        plain["severity"] = None if self.severity is None else self.severity.value
        plain["box_px"] = [round(edge, 2) for edge in self.box_px]
        plain["name"] = self.kind.words
        return plain
