"""Runs the analytics over a run's stored tables, batch by batch, in two passes.

The first takes the census: which tracks there are, how long each lived, of which class it is. The second measures
those that are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sightline.analytics.census import Census, Roll
from sightline.analytics.counting import Line, LineCounter, LineCounts
from sightline.analytics.flow import Flow, FlowField, Way, Ways
from sightline.analytics.heatmap import Grid, Heat, HeatMap
from sightline.analytics.motion import Motion, Steps, Travel
from sightline.analytics.occupancy import Bucket, Occupancy, Presence, Second
from sightline.analytics.rows import Batch, FrameRows, TrackRows, batches
from sightline.analytics.rules import WHOLE_PICTURE, BoundRules, RulesFile, rules_from
from sightline.analytics.speeds import Excess, SpeedLimit, SpeedWatch
from sightline.analytics.zones import Stay, Zone, ZoneStays

if TYPE_CHECKING:
    from sightline.apps.people.settings import PeopleSettings
    from sightline.ports import ReportContext

PERSON_NAMES = frozenset({"person", "people", "pedestrian"})
_FRAME_COLUMNS = ("frame", "t_s", "status")
_TRACK_COLUMNS = (
    *("frame", "t_s", "track_id", "x1_px", "y1_px", "x2_px", "y2_px", "score", "class_id"),
    *("class_name", "quality"),
)
_FLOW_COLUMNS = 32


@dataclass(frozen=True, slots=True)
class OverTime:
    """How many were in a place: in all, and along the clip."""

    presence: Presence
    buckets: tuple[Bucket, ...]
    width_s: int


@dataclass(frozen=True, slots=True)
class Found:
    """Everything measured in one clip.

    Attributes:
        rules: The rules file, checked.
        class_names: Class id -> name, as far as any track has it.
        classes: Names of the classes reported on, sorted; None for all.
        first_s: Source time of the first frame.
        last_s: Source time of the clip's end.
        roll: The tracks measured.
        travel: How each moved.
        whole: How many were in the picture.
        lines: Each line with what it counted.
        zones: Each zone with its stays and how many were in it.
        speeds: Each limit with who broke it.
        heat: Time by place in the picture.
        ground_heat: Time by place on the ground; None without a ground plane.
        ground_error_m: By how much the ground plane misses its own points.
        flow: Motion by place in the picture.
        ways: Where the longest tracks went.
        ways_tracks: How many tracks those are.
        seconds: Rows of the occupancy table, by second, then rule.
    """

    rules: RulesFile
    class_names: Mapping[int, str]
    classes: tuple[str, ...] | None
    first_s: float
    last_s: float
    roll: Roll
    travel: Travel
    whole: OverTime
    lines: tuple[tuple[Line, LineCounts], ...]
    zones: tuple[tuple[Zone, tuple[Stay, ...], OverTime], ...]
    speeds: tuple[tuple[SpeedLimit, tuple[Excess, ...]], ...]
    heat: Heat
    ground_heat: Heat | None
    ground_error_m: float | None
    flow: Flow
    ways: tuple[Way, ...]
    ways_tracks: int
    seconds: tuple[pa.RecordBatch, ...] = field(repr=False)


def measure(context: ReportContext, settings: PeopleSettings) -> Found:
    """Measure everything the rules ask for, and what needs no rules.

    Raises:
        RulesError: The rules do not follow their schema, or do not fit the picture.
    """
    rules = rules_from(settings.rules)
    census, names = Census(min_score=rules.min_score), dict[int, str]()
    for batch in _read(context, names):
        census.update(batch)
    everyone = census.result()
    names = {number: names[number] for number in sorted(names)}
    wanted = _wanted(
        rules.classes or settings.classes, [names[kind] for kind in set(everyone.class_ids.tolist())]
    )
    ids = None if wanted is None else frozenset(kind for kind, name in names.items() if name in wanted)
    roll = everyone.keeping(min_track_s=rules.min_track_s, class_ids=ids)
    gauges = _Gauges(rules.bind(context.media.size, names), context.media.size, roll)
    for batch in _read(context, {}):
        gauges.update(roll.select(batch, min_score=rules.min_score))
    gauges.finish()
    return Found(
        rules=rules,
        class_names=names,
        classes=None if wanted is None else tuple(sorted(wanted)),
        first_s=gauges.first_s,
        last_s=gauges.first_s + gauges.whole_presence.whole_s,
        roll=roll,
        **gauges.results(),
    )


def _wanted(asked: list[str] | None, seen: list[str]) -> frozenset[str] | None:
    """Which classes to report on: those asked for; else people where any were seen; else all."""
    if asked is not None:
        return frozenset(asked)
    people = PERSON_NAMES & set(seen)
    return people or None


def _read(context: ReportContext, names: dict[int, str]) -> Iterator[Batch]:
    """Join the stored tables; class names met on the way go into `names`."""
    rate = context.media.frame_rate_hz

    def tracks() -> Iterator[TrackRows]:
        for batch in context.read.batches("tracks", _TRACK_COLUMNS):
            rows = TrackRows.from_arrow(batch)
            for kind, row in zip(*np.unique(rows.class_ids, return_index=True), strict=True):
                names.setdefault(int(kind), batch.column("class_name")[int(row)].as_py() or f"class {kind}")
            yield rows

    frames = map(FrameRows.from_arrow, context.read.batches("frames", _FRAME_COLUMNS))
    return batches(frames, tracks(), last_frame_s=float(1 / rate) if rate else None)


class _Gauges:
    """Every accumulator that one clip needs, fed together."""

    def __init__(self, rules: BoundRules, size: tuple[int, int], roll: Roll) -> None:
        self._rules = rules
        self.first_s = 0.0
        self._begun = False
        self._lines = [LineCounter(line) for line in rules.lines]
        self._zones = [(ZoneStays(zone), Occupancy()) for zone in rules.zones]
        self._speeds = [SpeedWatch(limit) for limit in rules.speeds]
        self._of_class = {
            kind: roll.track_ids[roll.class_ids == kind] for kind in set(roll.class_ids.tolist())
        }
        self._whole = Occupancy()
        self._heat = HeatMap(Grid.over_image(size))
        self._ground_heat = None
        if rules.homography is not None:
            self._ground_heat = HeatMap(Grid.over_ground(rules.extent_m), homography=rules.homography)
        self._motion = Motion(homography=rules.homography, extent_m=rules.trusted_m)
        self._flow = FlowField(Grid.over_image(size, columns=_FLOW_COLUMNS))
        self._ways = Ways(roll)
        self._names = [WHOLE_PICTURE, *(zone.name for zone in rules.zones)]
        self._seconds: list[pa.RecordBatch] = []

    def update(self, batch: Batch) -> None:
        if not self._begun:
            self.first_s, self._begun = float(batch.frames.times_s[0]), True
        for counter in self._lines:
            counter.update(batch)
        for zone, (stays, occupancy) in zip(self._rules.zones, self._zones, strict=True):
            within = zone.inside(batch)
            stays.update(batch, within)
            occupancy.update(batch, within)
        self._whole.update(batch, np.ones(len(batch.tracks), np.bool_))
        self._heat.update(batch)
        if self._ground_heat is not None:
            self._ground_heat.update(batch)
        self._move(self._motion.update(batch))
        self._drain()

    def _move(self, steps: Steps) -> None:
        self._flow.update(steps)
        self._ways.update(steps)
        for limit, watch in zip(self._rules.speeds, self._speeds, strict=True):
            if limit.class_ids is None:
                watch.update(steps)
                continue
            none = np.zeros(0, np.int64)
            ids = np.concatenate(
                [none, *(self._of_class.get(kind, none) for kind in sorted(limit.class_ids))]
            )
            watch.update(steps[np.isin(steps.track_ids, ids)])

    def _drain(self) -> None:
        """Take the finished seconds of all places, by second, then place."""
        places = [self._whole, *(occupancy for _, occupancy in self._zones)]
        drained = [place.drain() for place in places]
        rows = list(
            chain.from_iterable(
                zip(self._names, moment, strict=True) for moment in zip(*drained, strict=True)
            )
        )
        if rows:
            self._seconds.append(_occupancy(rows))

    def finish(self) -> None:
        """Close what is still open."""
        self._move(self._motion.finish())
        self.whole_presence = self._whole.result()
        self._zone_presences = [occupancy.result() for _, occupancy in self._zones]
        self._drain()

    def results(self) -> dict[str, Any]:
        """Give what `Found` takes."""
        zones = zip(self._rules.zones, self._zones, self._zone_presences, strict=True)
        return {
            "travel": self._motion.result(),
            "whole": _over_time(self._whole, self.whole_presence),
            "lines": tuple(
                (line, counter.result()) for line, counter in zip(self._rules.lines, self._lines, strict=True)
            ),
            "zones": tuple(
                (zone, stays.result(), _over_time(occupancy, presence))
                for zone, (stays, occupancy), presence in zones
            ),
            "speeds": tuple(
                (limit, watch.result()) for limit, watch in zip(self._rules.speeds, self._speeds, strict=True)
            ),
            "heat": self._heat.result(),
            "ground_heat": None if self._ground_heat is None else self._ground_heat.result(),
            "ground_error_m": self._rules.ground_error_m,
            "flow": self._flow.result(),
            "ways": self._ways.result(),
            "ways_tracks": self._ways.tracks,
            "seconds": tuple(self._seconds),
        }


def _over_time(occupancy: Occupancy, presence: Presence) -> OverTime:
    return OverTime(presence, occupancy.series.result(), occupancy.series.width_s)


def _occupancy(rows: list[tuple[str, Second]]) -> pa.RecordBatch:
    from sightline.core.tables import schema_of

    schema = schema_of("occupancy")
    columns = {
        "frame": [second.frame for _, second in rows],
        "t_s": [second.t_s for _, second in rows],
        "rule": [name for name, _ in rows],
        "mean": [None if np.isnan(second.mean) else second.mean for _, second in rows],
        "maximum": [second.maximum for _, second in rows],
        "coverage": [second.coverage for _, second in rows],
    }
    return pa.RecordBatch.from_pydict(columns, schema=schema)
