"""Makes `report.html`: one page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.analytics.road.kinds import HazardKind
from sightline.apps.road.svg import COLOURS, fill
from sightline.reporting.inline import drawn, inlined, provenance

_MOST_LISTED = 400


def make_page(report: Mapping[str, Any], figures: Path) -> str:
    """Fill the page's template; figures and pictures that are not in the folder are left out.

    Args:
        report: `report.json` as plain data.
        figures: Folder of its figures.
    """
    pictures = {each["hazard_id"]: inlined(figures / Path(each["file"]).name) for each in report["pictures"]}
    listed = [
        {
            **row,
            "words": HazardKind(row["class_name"]).words,
            "colour": COLOURS[row["severity"]],
            "picture": pictures.get(row["hazard_id"]),
        }
        for row in report["list"][:_MOST_LISTED]
    ]
    return fill(
        "page.html.j2",
        report=report,
        figures=drawn(report, figures),
        listed=listed,
        kinds={HazardKind(name).words: count for name, count in report["hazards"]["by_kind"].items()},
        more=max(0, len(report["list"]) - _MOST_LISTED),
        provenance=provenance(report),
    )
