"""Writes the application's own tables: events, dwells, occupancy, objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from sightline.analytics.counting import IN
from sightline.core.tables import schema_of
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from sightline.analytics.runs import Passage
    from sightline.apps.people.measure import Found
    from sightline.ports import TableWriter

_ROWS_A_BATCH = 16_384


class Event(NamedTuple):
    """A row of the `events` table, but for the class's name; `order` is the rule's place in the file."""

    frame: int
    t_s: float
    order: int
    track_id: int
    kind: str
    rule: str
    class_id: int
    x_px: float
    y_px: float
    value: float | None
    quality: Quality


def events_of(found: Found) -> list[Event]:
    """Give every event in order of frame, time, rule and track."""
    return sorted((*_crossings(found), *_stays(found), *_speeding(found)), key=lambda event: event[:6])


def _crossings(found: Found) -> Iterator[Event]:
    for order, (line, counts) in enumerate(found.lines):
        for at in counts.crossings:
            kind = "line_in" if at.direction == IN else "line_out"
            yield Event(
                at.frame,
                at.t_s,
                order,
                at.track_id,
                kind,
                line.name,
                at.class_id,
                at.x_px,
                at.y_px,
                at.along,
                at.quality,
            )


def _stays(found: Found) -> Iterator[Event]:
    for order, (zone, stays, _) in enumerate(found.zones, start=len(found.lines)):
        for stay in stays:
            ends: list[tuple[Passage, str, float | None]] = []
            if stay.entered:
                ends.append((stay.start, "zone_enter", None))
            if stay.left:
                ends.append((stay.end, "zone_exit", stay.dwell_s))
            for at, kind, value in ends:
                yield Event(
                    at.frame,
                    at.t_s,
                    order,
                    stay.track_id,
                    kind,
                    zone.name,
                    stay.class_id,
                    at.x_px,
                    at.y_px,
                    value,
                    at.quality,
                )


def _speeding(found: Found) -> Iterator[Event]:
    kinds = dict(zip(found.roll.track_ids.tolist(), found.roll.class_ids.tolist(), strict=True))
    for order, (limit, times) in enumerate(found.speeds, start=len(found.lines) + len(found.zones)):
        for at in times:
            yield Event(
                at.frame,
                at.t_s,
                order,
                at.track_id,
                "speed_over",
                limit.name,
                kinds[at.track_id],
                at.x_px,
                at.y_px,
                at.speed,
                Quality.SEEN,
            )


def write_tables(found: Found, write: TableWriter) -> None:
    """Write all four tables; one without rows is written too, so that asking it is no error."""
    names = found.class_names
    events = events_of(found)
    columns: dict[str, Sequence[Any]] = {
        name: [getattr(event, name) for event in events]
        for name in Event._fields
        if name not in {"order", "quality"}
    }
    columns["quality"] = [str(event.quality) for event in events]
    columns["class_name"] = [names[event.class_id] for event in events]
    _write(write, "events", columns)
    _write(write, "dwells", _dwells(found))
    _write(write, "objects", _objects(found))
    occupancy = pa.Table.from_batches(found.seconds, schema=schema_of("occupancy"))
    _write(write, "occupancy", {name: occupancy[name].combine_chunks() for name in occupancy.column_names})


def _dwells(found: Found) -> Mapping[str, Sequence[Any]]:
    stays = sorted(
        (stay.start.frame, stay.start.t_s, order, stay.track_id, zone.name, stay)
        for order, (zone, stays, _) in enumerate(found.zones)
        for stay in stays
    )
    rows = [row[-1] for row in stays]
    return {
        "frame": [stay.start.frame for stay in rows],
        "t_s": [stay.start.t_s for stay in rows],
        "rule": [row[-2] for row in stays],
        "track_id": [stay.track_id for stay in rows],
        "class_id": [stay.class_id for stay in rows],
        "class_name": [found.class_names[stay.class_id] for stay in rows],
        "end_frame": [stay.end.frame for stay in rows],
        "end_t_s": [stay.end.t_s for stay in rows],
        "dwell_s": [stay.dwell_s for stay in rows],
        "complete": [stay.complete for stay in rows],
    }


def _objects(found: Found) -> Mapping[str, Any]:
    order = np.lexsort((found.roll.track_ids, found.roll.first_frames))
    roll, travel = found.roll[order], found.travel
    moved = np.searchsorted(travel.track_ids, roll.track_ids)
    names = (
        "distance_px",
        "mean_speed_px_s",
        "top_speed_px_s",
        "distance_m",
        "mean_speed_mps",
        "top_speed_mps",
    )
    return {
        "frame": roll.first_frames,
        "t_s": roll.first_s,
        "track_id": roll.track_ids,
        "class_id": roll.class_ids,
        "class_name": [found.class_names[kind] for kind in roll.class_ids.tolist()],
        "end_frame": roll.last_frames,
        "end_t_s": roll.last_s,
        "seen_frames": roll.seen_frames,
        "seen_s": roll.seen_s,
        "coverage": roll.coverage,
        **{name: getattr(travel, name)[moved] for name in names},
    }


def _write(write: TableWriter, table: str, columns: Mapping[str, Any]) -> None:
    """Write columns in batches; NaN and a column left out are written as null."""
    schema = schema_of(table)
    count = len(columns["frame"])
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type, from_pandas=True)
        for field, column in ((field, columns.get(field.name, [None] * count)) for field in schema)
    ]
    whole = pa.RecordBatch.from_arrays(arrays, schema=schema)
    for start in range(0, max(1, whole.num_rows), _ROWS_A_BATCH):
        write.write(table, whole.slice(start, _ROWS_A_BATCH))
