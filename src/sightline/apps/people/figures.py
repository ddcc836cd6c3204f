"""Makes the figures of a report, each with a title and a caption in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sightline.apps.people.charts import MOST_PANELS, lines_chart, present_chart, zones_chart
from sightline.apps.people.pictures import Scene, flow_picture, heat_picture, rules_picture, ways_picture

if TYPE_CHECKING:
    from sightline.apps.people.measure import Found
    from sightline.ports import ReportContext


def draw_figures(found: Found, context: ReportContext) -> list[dict[str, str]]:
    """Write the figures into the context's folder.

    Returns:
        For each its `file`, `kind`, `title` and `caption`, in the order they are to be read.
    """
    media, listed = context.media, []
    scene = Scene(media.size, context.background, float(media.pixel_aspect))
    for kind, title, caption, drawing in _figures(found, scene):
        file = f"{kind}.svg"
        (context.figures / file).write_text(drawing, encoding="utf-8", newline="\n")
        listed.append({"file": file, "kind": kind, "title": title, "caption": caption})
    return listed


def _figures(found: Found, scene: Scene) -> Iterator[tuple[str, str, str, str]]:
    yield (
        "present",
        "How many were there",
        "The line is how many were in the picture on average, the band the most at once. Hatched time was not looked at.",
        present_chart(found),
    )
    if found.lines or found.zones:
        caption = "Lines in yellow, the arrow pointing in; zones in blue."
        yield "rules", "Where was counted", caption, rules_picture(scene, found)
    if len(found.roll):
        yield (
            "heatmap",
            "Where time was spent",
            "Brighter is longer: time added up over everybody, at the place where they stood.",
            heat_picture(scene, found),
        )
    if found.lines:
        more = _more(len(found.lines))
        yield (
            "lines",
            "Crossings over time",
            f"Each line's count as it grew, both ways.{more}",
            lines_chart(found),
        )
    if found.zones:
        more = _more(len(found.zones))
        yield "zones", "Zones over time", f"How many were in each zone.{more}", zones_chart(found)
    if len(found.roll):
        yield from _moves(found, scene)


def _moves(found: Found, scene: Scene) -> Iterator[tuple[str, str, str, str]]:
    yield (
        "ways",
        "Which ways were taken",
        f"{_ways(found)}; each ends in its dot. A way breaks off where it was unseen for more than a second.",
        ways_picture(scene, found),
    )
    yield (
        "flow",
        "Which way people move",
        "Longer arrows are faster, colours tell directions. Only places with at least a second of movement.",
        flow_picture(scene, found),
    )


def _ways(found: Found) -> str:
    if found.ways_tracks == len(found.roll):
        return f"All {len(found.roll)} tracks"
    return f"The {found.ways_tracks} longest of {len(found.roll)} tracks"


def _more(count: int) -> str:
    return f" The first {MOST_PANELS} of {count}." if count > MOST_PANELS else ""
