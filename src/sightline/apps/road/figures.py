"""Draws the figures of a report as SVG: a map of the drive that needs no tiles, and hazards along time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.earth import GeoOrigin
from sightline.analytics.road.kinds import HazardKind
from sightline.apps.road.svg import COLOURS, fill
from sightline.apps.road.write import hazard_rows
from sightline.reporting.numbers import at

if TYPE_CHECKING:
    from sightline.apps.road.measure import Found
    from sightline.core.arrays import Float64
    from sightline.ports import ReportContext

_WIDTH, _TALLEST, _LEAST_TALL, _MARGIN = 1000.0, 900.0, 260.0, 60.0
_LEAST_ACROSS_M = 40.0
_ROW_PX = 34.0


def draw_figures(found: Found, context: ReportContext) -> list[dict[str, str]]:
    """Write the figures into the context's folder.

    Returns:
        For each its `file`, `kind`, `title` and `caption`, in the order they are to be read.
    """
    listed = []
    for kind, title, caption, drawing in _figures(found):
        file = f"{kind}.svg"
        (context.figures / file).write_text(drawing, encoding="utf-8", newline="\n")
        listed.append({"file": file, "kind": kind, "title": title, "caption": caption})
    return listed


def _figures(found: Found) -> Iterator[tuple[str, str, str, str]]:
    rows = hazard_rows(found)
    placed = [row for row in rows if row["latitude_deg"] is not None]
    if found.way:
        yield (
            "map",
            "Map",
            "The drive from above, north up, and every hazard with its number; the colour is its severity.",
            _map(found, placed),
        )
    if rows:
        yield (
            "timeline",
            "Along the drive",
            "When each hazard was confirmed, by kind; a ring is a later pass over one that was known.",
            _timeline(found),
        )


def _map(found: Found, rows: list[dict[str, Any]]) -> str:
    origin = GeoOrigin(found.way[0][1], found.way[0][2])
    way_m = origin.metres(np.array([(lon, lat) for _, lat, lon in found.way]))
    spots_m = origin.metres(
        np.array([(row["longitude_deg"], row["latitude_deg"]) for row in rows]).reshape(-1, 2)
    )
    both = np.r_[way_m, spots_m]
    low, high = both.min(axis=0), both.max(axis=0)
    grown = np.maximum(_LEAST_ACROSS_M - (high - low), 0) / 2
    low, high = low - grown, high + grown
    scale = min((_WIDTH - 2 * _MARGIN) / (high[0] - low[0]), (_TALLEST - 2 * _MARGIN) / (high[1] - low[1]))
    tall = max(_LEAST_TALL, (high[1] - low[1]) * scale + 2 * _MARGIN)
    middle = (low + high) / 2

    def drawn(points_m: Float64) -> Float64:
        placed: Float64 = np.array([_WIDTH / 2, tall / 2]) + (points_m - middle) * (scale, -scale)
        return placed

    bar_m = _round_number((_WIDTH - 2 * _MARGIN) / scale / 4)
    marks = [
        (
            x,
            y,
            COLOURS[row["severity"]],
            row["hazard_id"],
            f"{row['class_name']} {row['severity'] or ''}".strip(),
        )
        for (x, y), row in zip(drawn(spots_m).tolist(), rows, strict=True)
    ]
    way = drawn(way_m)
    path = "M" + " L".join(f"{at(x)},{at(y)}" for x, y in way.tolist())
    return fill(
        "map.svg.j2",
        width=_WIDTH,
        height=tall,
        way=path,
        start=way[0].tolist(),
        marks=marks,
        bar_px=bar_m * scale,
        bar=f"{bar_m:g} m" if bar_m < 1000 else f"{bar_m / 1000:g} km",
        legend=_legend(rows),
    )


def _legend(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    seen = {row["severity"] for row in rows}
    return [
        (COLOURS[name], name or "severity unknown")
        for name in ("high", "medium", "low", None)
        if name in seen
    ]


def _round_number(value: float) -> float:
    """Give 1, 2 or 5 times a power of ten, no larger than `value`."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-3)))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= value * 1.0000001)


def _timeline(found: Found) -> str:
    kinds = sorted({event.kind.value for event in found.events})
    left, right = 165.0, _WIDTH - 20.0
    length_s = max(found.last_s - found.first_s, 1e-3)

    def across(t_s: float) -> float:
        return left + (t_s - found.first_s) / length_s * (right - left)

    marks = [
        (
            across(event.t_s),
            (kinds.index(event.kind.value) + 0.5) * _ROW_PX + 8,
            COLOURS[event.severity.value if event.severity else None],
            event.visit > 1,
        )
        for event in found.events
    ]
    step_s = _round_number(length_s / 4)
    ticks = [
        (across(found.first_s + number * step_s), f"{number * step_s:g} s")
        for number in range(int(length_s / step_s) + 1)
    ]
    names = [(HazardKind(kind).words, (row + 0.5) * _ROW_PX + 8) for row, kind in enumerate(kinds)]
    return fill(
        "timeline.svg.j2",
        width=_WIDTH,
        height=len(kinds) * _ROW_PX + 44,
        left=left,
        right=right,
        names=names,
        marks=marks,
        ticks=ticks,
        foot=len(kinds) * _ROW_PX + 12,
    )
