"""Makes `report.html`: one page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.apps.people.svg import fill
from sightline.reporting.inline import drawn, provenance


def make_page(report: Mapping[str, Any], figures: Path) -> str:
    """Fill the page's template; figures that are not in the folder are left out.

    Args:
        report: `report.json` as plain data.
        figures: Folder of its figures.
    """
    return fill(
        "page.html.j2",
        report=report,
        figures={figure["kind"]: figure for figure in drawn(report, figures)},
        noun=_noun(report),
        provenance=provenance(report),
    )


def _noun(report: Mapping[str, Any]) -> str:
    """What was counted, as the headline calls it."""
    return "people" if report["summary"]["classes"] is not None and _all_people(report) else "objects"


def _all_people(report: Mapping[str, Any]) -> bool:
    return set(report["summary"]["classes"]) <= {"person", "people", "pedestrian"}
