"""Makes `report.json`: numbers, each with its coverage and what it is worth.

Nothing in it depends on when, where or how often it was made: two runs give the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sightline.analytics.road.kinds import HazardKind
from sightline.apps.road.write import CSV, GEOJSON, hazard_rows
from sightline.reporting.facts import number, source

if TYPE_CHECKING:
    from sightline.apps.road.measure import Found
    from sightline.apps.road.settings import RoadSettings
    from sightline.ports import ReportContext

FORMAT = 1
_MOST_PICTURES = 200
_AROUND = 0.6


def make_report(
    found: Found,
    context: ReportContext,
    settings: RoadSettings,
    figures: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """Give `report.json` as plain data."""
    rows = hazard_rows(found)
    coverage = number(found.judged / max(int(context.ledger["decoded"]), 1), 4)
    kinds = Counter(row["class_name"] for row in rows)
    severities = Counter(row["severity"] or "unknown" for row in rows)
    return {
        "app": "road",
        "format": FORMAT,
        "source": source(context, found.first_s, found.last_s),
        "hazards": {
            "value": len(rows),
            "unit": "hazards",
            "coverage": coverage,
            "by_kind": {kind.value: kinds[kind.value] for kind in HazardKind if kinds[kind.value]},
            "by_severity": {
                name: severities[name] for name in ("high", "medium", "low", "unknown") if severities[name]
            },
            "quality": {
                "passes": len(found.events),
                "boxes_off_road": found.off_road,
                "note": "One a place, however often it was passed; coverage is the share of all frames that were judged.",
            },
        },
        "sight": {"judged": found.judged, "looked_at": found.frames, "abstained": dict(found.faults)},
        "region": {
            "of": found.region.source,
            "corners_px": [[number(x, 1), number(y, 1)] for x, y in found.region.corners_px.tolist()],
        },
        "camera": _camera(context, settings),
        "gps": _gps(found, settings),
        "list": [{name: _rounded(value) for name, value in row.items()} for row in rows],
        "pictures": _pictures(rows, context.media.size),
        "figures": [dict(figure) for figure in figures],
        "exports": [f"figures/{GEOJSON}", f"figures/{CSV}"],
        "notes": _notes(found, settings, rows),
        "ledger": dict(context.ledger),
        "provenance": dict(context.provenance),
    }


def _rounded(value: Any) -> Any:
    return number(value, 7) if isinstance(value, float) else value


def _camera(context: ReportContext, settings: RoadSettings) -> dict[str, Any] | None:
    camera = settings.camera(context.media.size)
    if camera is None:
        return None
    return {
        "height_m": camera.height_m,
        "pitch_deg": number(camera.pitch_deg),
        "focal_px": number(camera.focal_px),
        "height_sd_m": camera.height_sd_m,
        "pitch_sd_deg": camera.pitch_sd_deg,
        "horizon_px": number(camera.horizon_px, 1),
        "note": "Sizes take the road for the plane below the wheels; where it rises or falls they are off.",
    }


def _gps(found: Found, settings: RoadSettings) -> dict[str, Any] | None:
    if settings.gpx is None:
        return None
    return {
        "fixes": found.fixes,
        "coverage": number(found.placed, 4),
        "start": settings.video_start or "first fix",
        "offset_s": settings.gps_offset_s,
        "note": "Places between fixes are interpolated; each hazard says which its own is.",
    }


def _pictures(rows: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> list[dict[str, Any]]:
    """List what is to be cut out of the video: each hazard where it shows best, with something around it."""
    cut = []
    for row in rows[:_MOST_PICTURES]:
        x1, y1, x2, y2 = (row[name] for name in ("x1_px", "y1_px", "x2_px", "y2_px"))
        reach = max(_AROUND * max(x2 - x1, y2 - y1), 0.04 * size[1])
        cut.append(
            {
                "file": f"hazard-{row['hazard_id']:05d}.jpg",
                "hazard_id": row["hazard_id"],
                "t_s": row["best_t_s"],
                "crop_px": [
                    round(max(x1 - reach, 0.0), 1),
                    round(max(y1 - reach, 0.0), 1),
                    round(min(x2 + reach, size[1]), 1),
                    round(min(y2 + reach, size[0]), 1),
                ],
                "box_px": [round(edge, 1) for edge in (x1, y1, x2, y2)],
            }
        )
    return cut


def _notes(found: Found, settings: RoadSettings, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    notes = []
    if not found.has_camera:
        notes.append(
            "Sizes and severities are not known: they need the camera's height, pitch and focal length "
            "(--camera-height-m, --camera-pitch-deg, --camera-focal-px or --camera-hfov-deg)."
        )
    else:
        unmeasured = sum(row["extent"] is None for row in rows)
        if unmeasured:
            notes.append(f"{unmeasured} hazards were never whole and near enough to be measured.")
        notes.append("Severity goes by extent; how deep a hole is cannot be seen from ahead.")
    if settings.gpx is None:
        notes.append("There is no GPS: a hazard passed twice is counted twice.")
    else:
        if settings.video_start is None:
            notes.append(
                "The first GPS fix is taken to belong to the first frame; --video-start says otherwise."
            )
        if found.placed < 1:
            notes.append(f"The car's place is known in {found.placed:.0%} of the frames.")
        if rows and not found.has_camera:
            notes.append("Places are the car's own when the hazard was seen, some metres before it.")
    if found.faults:
        said = ", ".join(f"{count} {fault}" for fault, count in found.faults.items())
        notes.append(f"Frames that were not judged: {said}.")
    if found.region.source == "picture":
        notes.append(
            "Where the road is was taken to be the usual dashcam's trapezoid; --roi or the camera's numbers say better."
        )
    return notes
