"""Makes `report.html`: one page that a coach reads, and that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.apps.football.moments import match_clock
from sightline.reporting.inline import drawn, inlined, provenance
from sightline.reporting.numbers import UNKNOWN
from sightline.reporting.templates import filler


def make_page(report: Mapping[str, Any], figures: Path) -> str:
    """Fill the page's template; figures and clips that are not in the folder are left out.

    Args:
        report: `report.json` as plain data.
        figures: Folder of its figures, and of the clips' pictures and previews.
    """
    clips = [
        {
            **clip,
            "picture": inlined((figures / Path(clip["file"]).name).with_suffix(".jpg")),
            "preview": inlined(figures / Path(clip["file"]).name),
        }
        for clip in report["clips"]
    ]
    periods = [(period["number"], period["start_s"]) for period in report["source"]["periods"]]
    return _fill(
        "page.html.j2",
        report=report,
        figures={figure["kind"]: figure for figure in drawn(report, figures)},
        clips=clips,
        provenance=provenance(report),
        clock=lambda at_s: match_clock(at_s, periods),
    )


def minutes(seconds: float | None) -> str:
    """Give a length of time as `54 s` or `12 min`."""
    if seconds is None:
        return UNKNOWN
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def kilometres(metres: float | None) -> str:
    """Give a way in km."""
    return UNKNOWN if metres is None else f"{metres / 1000:.2f} km" if metres >= 1000 else f"{metres:.0f} m"


_fill = filler("sightline.apps.football", kilometres=kilometres, minutes=minutes)
