"""Reads a run's tables and makes of them what is wrong with the road."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.road.gps import GpsTrack, epoch_s, on_clock, read_gpx
from sightline.analytics.road.hazards import HazardEvent, Phase, Sighting
from sightline.analytics.road.kinds import kind_of
from sightline.analytics.road.quality import Sight
from sightline.core.errors import SettingsError
from sightline.core.ledger import FrameStatus

if TYPE_CHECKING:
    from sightline.analytics.road.gps import Fix, Place
    from sightline.analytics.road.kinds import HazardKind
    from sightline.analytics.road.region import RoadRegion
    from sightline.apps.road.settings import RoadSettings
    from sightline.ports import ReportContext, TableReader

_LARGEST_GPX_BYTES = 200_000_000
_TRACK_COLUMNS = ("frame", "track_id", "x1_px", "y1_px", "x2_px", "y2_px", "score", "class_id", "class_name")
_WAY_STEP_S = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """Everything a report tells.

    Attributes:
        events: Closed ones, in order of confirmation: one per hazard and pass.
        hazards: The best event of each hazard, in order of its number.
        region: Where in the picture hazards were believed.
        has_camera: Whether sizes are in metres.
        way: Places of the car, about one a second: `(t_s, latitude_deg, longitude_deg)`.
        fixes: How many fixes the GPX file has; 0 without.
        placed: Share of the frames whose place is known, 0..1.
        faults: Why frames were not judged -> how many.
        frames: How many were looked at.
        first_s: Time of the first frame.
        last_s: Time of the last frame.
        off_road: Boxes of hazards that lie outside the region.
    """

    events: tuple[HazardEvent, ...]
    hazards: tuple[HazardEvent, ...]
    region: RoadRegion
    has_camera: bool
    way: tuple[tuple[float, float, float], ...]
    fixes: int
    placed: float
    faults: Mapping[str, int]
    frames: int
    first_s: float
    last_s: float
    off_road: int

    @property
    def judged(self) -> int:
        """How many frames were good enough to be judged."""
        return self.frames - sum(self.faults.values())

    def visits(self, hazard_id: int) -> list[HazardEvent]:
        """Give a hazard's events, one a pass."""
        return [event for event in self.events if event.hazard_id == hazard_id]


def measure(context: ReportContext, settings: RoadSettings) -> Found:
    """Make of the stored tables what hazards there are; no inference.

    Raises:
        SettingsError: A setting is wrong, or the GPX file cannot be read.
        MissingSpaceError: The camera is only half known.
    """
    frames = list(_frames(context.read))
    first_s, last_s = (frames[0][1], frames[-1][1]) if frames else (0.0, 0.0)
    gps = gps_track(settings, first_s)
    watch, gate, region = (
        settings.watch(context.media.size),
        settings.sight_gate(),
        settings.region(context.media.size),
    )
    sights = dict(_sights(context.read)) if gate is not None else {}
    rows = _Rows(context.read, settings)
    events: list[HazardEvent] = []
    way: list[tuple[float, float, float]] = []
    faults: dict[str, int] = {}
    looked = placed = off_road = 0
    for frame, t_s, is_looked in frames:
        place = gps.at(t_s)
        if place is not None and (not way or t_s - way[-1][0] >= _WAY_STEP_S):
            way.append((t_s, place.latitude_deg, place.longitude_deg))
        if not is_looked:
            continue
        looked, placed = looked + 1, placed + (place is not None)
        fault = gate.fault(sights[frame]) if gate is not None and frame in sights else None
        if fault is not None:
            faults[fault.value] = faults.get(fault.value, 0) + 1
        seen = rows.at(frame, t_s, place, usable=fault is None)
        off_road += int(
            (
                ~region.holds(seen.boxes_px, bend_per_m=seen.bend_per_m)
                & np.array([kind is not None for kind in seen.kinds], bool)
            ).sum()
        )
        events += watch.feed(seen)
    events += watch.finish()
    closed = tuple(
        sorted((event for event in events if event.phase is Phase.CLOSED), key=lambda event: event.event_id)
    )
    return Found(
        events=closed,
        hazards=_hazards(closed),
        region=region,
        has_camera=settings.camera(context.media.size) is not None,
        way=tuple(way),
        fixes=len(gps),
        placed=placed / looked if looked else 0.0,
        faults=dict(sorted(faults.items())),
        frames=looked,
        first_s=first_s,
        last_s=last_s,
        off_road=off_road,
    )


def gps_track(settings: RoadSettings, first_s: float) -> GpsTrack:
    """Read the GPX file, if there is one, onto the video's clock.

    Raises:
        SettingsError: It cannot be read, or the video's start is not a time.
    """
    start_s = epoch_s(settings.video_start) if settings.video_start is not None else None
    if settings.gpx is None:
        return GpsTrack()
    fixes = _read(Path(settings.gpx))
    return GpsTrack(on_clock(fixes, start_s=start_s, first_t_s=first_s, offset_s=settings.gps_offset_s))


def _read(path: Path) -> tuple[Fix, ...]:
    try:
        if path.stat().st_size > _LARGEST_GPX_BYTES:
            raise SettingsError(f"{path.name} is too large for a GPX file", hint="cut it to the drive")
        return read_gpx(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {path}: {error}", hint="a GPX file, as --gpx drive.gpx") from error


def _hazards(events: Sequence[HazardEvent]) -> tuple[HazardEvent, ...]:
    """Give for each hazard the event that tells most: measured before unmeasured, then the surest."""
    best: dict[int, HazardEvent] = {}
    for event in events:
        known = best.get(event.hazard_id)
        if known is None or _worth(event) > _worth(known):
            best[event.hazard_id] = event
    return tuple(best[number] for number in sorted(best))


def _worth(event: HazardEvent) -> tuple[int, float]:
    return (event.size.frames > 0 if event.size is not None else 0), event.confidence * event.hits


def _frames(reader: TableReader) -> Iterator[tuple[int, float, bool]]:
    for batch in reader.batches("frames", ("frame", "t_s", "status")):
        for frame, t_s, status in zip(
            *(batch[name].to_pylist() for name in ("frame", "t_s", "status")), strict=True
        ):
            yield frame, t_s, status == FrameStatus.INFERRED.value


def _sights(reader: TableReader) -> Iterator[tuple[int, Sight]]:
    names = ("frame", "brightness", "contrast", "sharpness")
    for batch in reader.batches("sight", names):
        for frame, *values in zip(*(batch[name].to_pylist() for name in names), strict=True):
            yield frame, Sight(*values)


class _Rows:
    """The `tracks` table, one frame after the other."""

    def __init__(self, reader: TableReader, settings: RoadSettings) -> None:
        self._rows = _track_rows(reader)
        self._next = next(self._rows, None)
        self._classes = None if settings.classes is None else settings.kinds(())

    def at(self, frame: int, t_s: float, place: Place | None, *, usable: bool) -> Sighting:
        """Give what was tracked in a frame; frames come in rising order."""
        found = []
        while self._next is not None and self._next[0] <= frame:
            if self._next[0] == frame:
                found.append(self._next)
            self._next = next(self._rows, None)
        return Sighting(
            frame,
            t_s,
            np.array([row[2:6] for row in found], np.float64).reshape(-1, 4),
            np.array([row[6] for row in found], np.float64),
            np.array([row[1] for row in found], np.int64),
            [self._kind(row[7], row[8]) for row in found],
            usable,
            place,
        )

    def _kind(self, class_id: int, class_name: str) -> HazardKind | None:
        if self._classes is None:
            return kind_of(class_name)
        return self._classes[class_id] if class_id < len(self._classes) else None


def _track_rows(reader: TableReader) -> Iterator[tuple[Any, ...]]:
    for batch in reader.batches("tracks", _TRACK_COLUMNS):
        yield from zip(*(batch[name].to_pylist() for name in _TRACK_COLUMNS), strict=True)
