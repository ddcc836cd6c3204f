"""Makes `report.json`: numbers, each with its coverage and what it is worth.

Nothing in it depends on when, where or how often it was made: two runs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.counting import IN, OUT, Line, LineCounts
from sightline.core.tracks import Quality
from sightline.reporting.facts import metric, number, source

if TYPE_CHECKING:
    from sightline.analytics.occupancy import Presence
    from sightline.analytics.speeds import Excess, SpeedLimit
    from sightline.analytics.zones import Stay, Zone
    from sightline.apps.people.measure import Found, OverTime
    from sightline.apps.people.settings import PeopleSettings
    from sightline.ports import ReportContext

FORMAT = 1
_TRACKS_NOTE = (
    "Counted are tracks, not persons: who leaves and comes back, or is lost behind something, counts again; "
    "whom the model never found does not count at all."
)
_MOST_LISTED = 20


def make_report(
    found: Found, context: ReportContext, settings: PeopleSettings, figures: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give `report.json` as plain data."""
    return {
        "app": "people",
        "format": FORMAT,
        "source": {
            **source(context, found.first_s, found.last_s),
            "variable_frame_rate": context.media.variable_frame_rate,
            "codec": context.media.codec,
        },
        "coverage": _coverage(found, context),
        "summary": _summary(found, settings),
        "over_time": _series(found, found.whole),
        "lines": [_line(found, line, counts) for line, counts in found.lines],
        "zones": [_zone(found, *zone) for zone in found.zones],
        "speeds": _speeds(found, settings),
        "heatmap": _heatmap(found),
        "objects": _longest(found),
        "figures": list(figures),
        "notes": _notes(found, context),
        "rules": found.rules.to_json(),
        "ledger": dict(context.ledger),
        "provenance": dict(context.provenance),
    }


def _coverage(found: Found, context: ReportContext) -> dict[str, Any]:
    presence = found.whole.presence
    return {
        "time": number(presence.coverage, 4),
        "seen_s": number(presence.seen_s),
        "whole_s": number(presence.whole_s),
        "frames": number(float(context.ledger.get("coverage", 0.0)), 4),
        "note": "Time is the share of the clip no farther than half a second after a frame that was looked at; "
        "frames is the share of frames that were.",
    }


def _summary(found: Found, settings: PeopleSettings) -> dict[str, Any]:
    roll, presence = found.roll, found.whole.presence
    long = roll.keeping(min_track_s=settings.min_seen_s)
    by_class: dict[str, int] = {}
    for kind in long.class_ids.tolist():
        name = found.class_names[kind]
        by_class[name] = by_class.get(name, 0) + 1
    held = number(float(long.coverage.mean()), 4) if len(long) else None
    return {
        "seen": {
            **metric(
                len(long),
                "tracks",
                presence.coverage,
                _TRACKS_NOTE,
                tracks_in_all=len(roll),
                **({} if held is None else {"mean_track_coverage": held}),
            ),
            "min_seen_s": settings.min_seen_s,
            "by_class": dict(sorted(by_class.items())),
        },
        **_present(presence, found.first_s),
        "object_seconds": metric(
            number(float(roll.seen_s.sum())),
            "s",
            presence.coverage,
            "Time in the picture, all objects together.",
        ),
        "classes": list(found.classes) if found.classes is not None else None,
    }


def _present(presence: Presence, first_s: float) -> dict[str, Any]:
    return {
        "mean_present": metric(
            number(presence.mean),
            "objects",
            presence.coverage,
            "On average over the time that was looked at.",
        ),
        "most_present": {
            **metric(presence.maximum, "objects", presence.coverage, "Most tracked at once in one frame."),
            "at_s": number(presence.maximum_s - first_s),
        },
    }


def _series(found: Found, place: OverTime) -> dict[str, Any]:
    return {
        "bucket_s": place.width_s,
        "start_s": [number(bucket.start_s - found.first_s) for bucket in place.buckets],
        "mean": [number(bucket.mean) for bucket in place.buckets],
        "maximum": [bucket.maximum for bucket in place.buckets],
        "coverage": [number(bucket.coverage, 4) for bucket in place.buckets],
    }


def _line(found: Found, line: Line, counts: LineCounts) -> dict[str, Any]:
    coverage = found.whole.presence.coverage
    interpolated = {way: counts.count(way, quality=Quality.INTERPOLATED) for way in (IN, OUT)}
    note = (
        "Interpolated crossings happened while the track or the scene was unseen; unresolved ones, unseen for "
        "too long, are not counted."
    )
    return {
        "name": line.name,
        "start_px": [number(value) for value in line.start],
        "end_px": [number(value) for value in line.end],
        "in": metric(counts.count(IN), "crossings", coverage, note, interpolated=interpolated[IN]),
        "out": metric(counts.count(OUT), "crossings", coverage, note, interpolated=interpolated[OUT]),
        "unresolved": counts.unresolved,
        "by_class": {
            found.class_names[kind]: {"in": came, "out": went}
            for kind, (came, went) in counts.by_class().items()
        },
    }


def _zone(found: Found, zone: Zone, stays: tuple[Stay, ...], place: OverTime) -> dict[str, Any]:
    dwells = [stay.dwell_s for stay in stays if stay.complete]
    cut = len(stays) - len(dwells)
    coverage = place.presence.coverage
    note = "Over complete stays; those cut by the clip's or the track's end are counted but not timed."
    return {
        "name": zone.name,
        "polygon_px": [[number(x), number(y)] for x, y in zone.polygon.tolist()],
        "entered": metric(sum(stay.entered for stay in stays), "entries", coverage, "Seen coming in."),
        "left": metric(sum(stay.left for stay in stays), "exits", coverage, "Seen going out."),
        "stays": metric(len(stays), "stays", coverage, "All of them, also cut ones.", cut=cut),
        "mean_dwell": metric(_of(np.mean, dwells), "s", coverage, note, complete=len(dwells), cut=cut),
        "median_dwell": metric(_of(np.median, dwells), "s", coverage, note, complete=len(dwells), cut=cut),
        "longest_dwell": metric(
            _of(np.max, [stay.dwell_s for stay in stays]), "s", coverage, "At least so long where it was cut."
        ),
        **_present(place.presence, found.first_s),
        "over_time": _series(found, place),
    }


def _of(how: Any, values: Sequence[float]) -> float | None:
    return number(float(how(values))) if values else None


def _speeds(found: Found, settings: PeopleSettings) -> dict[str, Any]:
    roll = found.roll.keeping(min_track_s=settings.min_seen_s)
    rows = np.searchsorted(found.travel.track_ids, roll.track_ids)
    metres = found.rules.ground is not None
    unit = "m/s" if metres else "px/s"
    means = (found.travel.mean_speed_mps if metres else found.travel.mean_speed_px_s)[rows]
    tops = (found.travel.top_speed_mps if metres else found.travel.top_speed_px_s)[rows]
    known = np.isfinite(means)
    followed_s, seen_s = float(found.travel.followed_s[rows].sum()), float(roll.life_s.sum())
    coverage = min(followed_s / seen_s, 1.0) if seen_s else None
    note = (
        "Speeds are means over half a second, so jitter is smoothed and short dashes are cut; time unseen for more "
        "than a second is left out. The fastest is the highest that a track held for three half seconds in a row, "
        "so that a leap from one person to another does not count. Coverage is the share of the tracks' lives that "
        "they were followed for."
    )
    quality = {"tracks": int(known.sum()), "breaks": int(found.travel.breaks[rows].sum())}
    top = _of(np.nanmax, tops[np.isfinite(tops)].tolist())
    return {
        "unit": unit,
        "typical": metric(_of(np.median, means[known].tolist()), unit, coverage, note, **quality),
        "fastest": metric(top, unit, coverage, note, **quality),
        "ground_error_m": number(found.ground_error_m, 4),
        "ground_points": len(found.rules.ground.pairs) if found.rules.ground else 0,
        "limits": [_limit(found, limit, times) for limit, times in found.speeds],
    }


def _limit(found: Found, limit: SpeedLimit, times: tuple[Excess, ...]) -> dict[str, Any]:
    unit = "m/s" if limit.in_metres else "px/s"
    return {
        "name": limit.name,
        "limit": limit.limit,
        "unit": unit,
        "for_s": limit.for_s,
        "times": metric(len(times), "times", found.whole.presence.coverage, "Above the limit for that long."),
        "tracks": len({at.track_id for at in times}),
        "worst": number(max((at.speed for at in times), default=None)),
    }


def _heatmap(found: Found) -> dict[str, Any]:
    heat = found.heat
    peak = int(np.argmax(heat.seconds)) if heat.seconds.size else 0
    row, column = divmod(peak, heat.grid.shape[1])
    result = {
        "cell_px": heat.grid.cell,
        "rows": heat.grid.shape[0],
        "columns": heat.grid.shape[1],
        "total": metric(
            number(float(heat.seconds.sum())),
            "object-seconds",
            found.whole.presence.coverage,
            "Where the feet (the middle of the box's lower edge) were, weighted by time.",
            outside_s=round(heat.outside_s, 3),
        ),
        "peak": {
            "seconds": number(float(heat.seconds.max())) if heat.seconds.size else None,
            "x_px": (column + 0.5) * heat.grid.cell,
            "y_px": (row + 0.5) * heat.grid.cell,
        },
        "ground": None,
    }
    if found.ground_heat is not None:
        ground = found.ground_heat
        result["ground"] = {
            "cell_m": ground.grid.cell,
            "origin_m": list(ground.grid.origin),
            "seconds": [[round(value, 3) for value in line] for line in ground.seconds.tolist()],
            "outside_s": round(ground.outside_s, 3),
        }
    return result


def _longest(found: Found) -> list[dict[str, Any]]:
    """The tracks that lived longest, as rows for people; the `objects` table has all."""
    roll = found.roll
    order = np.lexsort((roll.track_ids, -roll.life_s))[:_MOST_LISTED]
    rows = roll[order]
    moved = np.searchsorted(found.travel.track_ids, rows.track_ids)
    return [
        {
            "track_id": int(rows.track_ids[row]),
            "class_name": found.class_names[int(rows.class_ids[row])],
            "from_s": number(float(rows.first_s[row]) - found.first_s),
            "to_s": number(float(rows.last_s[row]) - found.first_s),
            "seen_s": number(float(rows.seen_s[row])),
            "coverage": number(float(rows.coverage[row]), 4),
            "distance_px": number(float(found.travel.distance_px[moved[row]]), 1),
            "distance_m": number(float(found.travel.distance_m[moved[row]]), 2),
            "mean_speed_mps": number(float(found.travel.mean_speed_mps[moved[row]])),
        }
        for row in range(len(rows))
    ]


def _notes(found: Found, context: ReportContext) -> list[str]:
    notes = [_TRACKS_NOTE, *_nobody(found, context)]
    seen = set(found.class_names.values())
    if found.classes is None and seen:
        notes.append(
            f"No class is called a person, so everything found is reported: {', '.join(sorted(seen))}. A model that knows people reports them alone."
        )
    asked = {*(found.classes or ())}
    for names in found.rules.rule_classes():
        asked.update(names)
    missing = sorted(asked - seen)
    if missing:
        notes.append(f"Asked for, but never found: {', '.join(missing)}.")
    if found.rules.ground is None:
        notes.append("Without a ground plane in the rules, speeds and distances are in pixels.")
    elif len(found.rules.ground.pairs) == 4:
        notes.append(
            "The ground plane rests on four points, so its error cannot be told; a fifth would tell it."
        )
    skipped = context.ledger.get("skipped", {})
    failed = context.ledger.get("failed", {})
    notes += [
        f"{count} frames were left out on purpose ({cause})." for cause, count in sorted(skipped.items())
    ]
    notes += [f"{count} frames failed ({cause})." for cause, count in sorted(failed.items())]
    if found.first_s == found.last_s:
        notes.append("The clip has no frames that could be timed.")
    return notes


def _nobody(found: Found, context: ReportContext) -> Iterator[str]:
    """Say why nobody is reported on, where nobody is."""
    if len(found.roll):
        return
    boxes = context.read.rows("detections")
    if context.read.rows("tracks"):
        yield "There are tracks, but none of what is asked for: see the classes and thresholds below."
    elif boxes:
        scores = [batch.column("score").to_numpy() for batch in context.read.batches("detections", ["score"])]
        best = max(float(some.max()) for some in scores if len(some))
        yield (
            f"The model found {boxes} boxes, the surest with a score of {best:.2f}, and was sure of none for long enough "
            "to begin a track. A model that knows such pictures may be surer."
        )
    else:
        yield "The model found nothing in any frame."
