"""Writes the application's tables, `hazards` and `events`, and the same as GeoJSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sightline.analytics.road.geojson import feature_collection
from sightline.core.tables import schema_of

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.analytics.road.hazards import HazardEvent
    from sightline.apps.road.measure import Found
    from sightline.ports import TableWriter

GEOJSON, CSV = "hazards.geojson", "hazards.csv"
_EDGES = ("x1_px", "y1_px", "x2_px", "y2_px")


def write_tables(found: Found, write: TableWriter) -> None:
    """Write both tables; one without rows is written too, so that asking it is no error."""
    _write(write, "hazards", hazard_rows(found))
    _write(write, "events", [_event(event) for event in found.events])


def write_exports(found: Found, folder: Path) -> None:
    """Write the hazards as GeoJSON, and as CSV with a line each."""
    rows = hazard_rows(found)
    text = json.dumps(feature_collection(rows), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / GEOJSON).write_text(text + "\n", encoding="utf-8", newline="\n")
    (folder / CSV).write_text(as_csv(rows), encoding="utf-8", newline="\n")


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give rows of the `hazards` table as CSV with a header line; what is not known stays empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, schema_of("hazards").names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def hazard_rows(found: Found) -> list[dict[str, Any]]:
    """Give the `hazards` table's rows as plain data."""
    return [_hazard(event, found.visits(event.hazard_id)) for event in found.hazards]


def _hazard(event: HazardEvent, visits: Sequence[HazardEvent]) -> dict[str, Any]:
    size, first = event.size, visits[0]
    return {
        "frame": first.frame,
        "t_s": first.t_s,
        "hazard_id": event.hazard_id,
        "class_name": event.kind.value,
        "confidence": event.confidence,
        "visits": len(visits),
        "track_id": event.track_id,
        "first_t_s": first.first_t_s,
        "last_t_s": visits[-1].last_t_s,
        "hits": sum(visit.hits for visit in visits),
        "judged": sum(visit.judged for visit in visits),
        "best_frame": event.best_frame,
        "best_t_s": event.best_t_s,
        **dict(zip(_EDGES, event.box_px, strict=True)),
        "length_m": size.length_m if size else None,
        "width_m": size.width_m if size else None,
        "length_sd_m": size.length_sd_m if size else None,
        "width_sd_m": size.width_sd_m if size else None,
        "area_m2": size.area_m2 if size else None,
        "extent": size.extent if size else None,
        "extent_unit": size.extent_unit if size else None,
        "extent_sd": size.extent_sd if size else None,
        "measured_frames": size.frames if size else 0,
        "severity": event.severity.value if event.severity else None,
        "severity_sure": event.severity_sure,
        **_place(visits),
    }


def _place(visits: Sequence[HazardEvent]) -> dict[str, Any]:
    """Give the mean of the places of all passes; the hazard's own where any pass knows it."""
    places = [visit.place for visit in visits if visit.place is not None]
    places = [place for place in places if place.of == "road"] or places
    if not places:
        names = ("latitude_deg", "longitude_deg", "heading_deg", "place_of", "quality")
        return dict.fromkeys(names)
    first = places[0]
    turns = [(place.longitude_deg - first.longitude_deg + 180.0) % 360.0 - 180.0 for place in places]
    longitude = (first.longitude_deg + sum(turns) / len(turns) + 180.0) % 360.0 - 180.0
    return {
        "latitude_deg": sum(place.latitude_deg for place in places) / len(places),
        "longitude_deg": longitude,
        "heading_deg": first.heading_deg,
        "place_of": first.of,
        "quality": first.quality,
    }


def _event(event: HazardEvent) -> dict[str, Any]:
    """Give the `events` row of one pass over one hazard; `value` is the hazard's number."""
    row = dict.fromkeys(schema_of("events").names)
    x1, y1, x2, y2 = event.box_px
    return row | {
        "frame": event.frame,
        "t_s": event.t_s,
        "kind": "hazard" if event.visit == 1 else "hazard_again",
        "rule": event.kind.value,
        "track_id": event.track_id,
        "class_name": event.kind.value,
        "x_px": (x1 + x2) / 2,
        "y_px": (y1 + y2) / 2,
        "value": float(event.hazard_id),
        "quality": "seen",
        "end_frame": event.last_frame,
        "end_t_s": event.last_t_s,
        "confidence": event.confidence,
        "evidence": f"{event.hits} hits of {event.judged} frames, pass {event.visit}",
    }


def _write(write: TableWriter, table: str, rows: list[dict[str, Any]]) -> None:
    schema = schema_of(table)
    arrays = [pa.array([row[name] for row in rows], schema.field(name).type) for name in schema.names]
    write.write(table, pa.RecordBatch.from_arrays(arrays, schema=schema))
