"""Makes `report.html`: one page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.apps.juggling.svg import fill
from sightline.reporting.inline import drawn, provenance

_MOST_LISTED = 400


def make_page(report: Mapping[str, Any], figures: Path) -> str:
    """Fill the page's template; figures that are not in the folder are left out.

    Args:
        report: `report.json` as plain data.
        figures: Folder of its figures.
    """
    return fill(
        "page.html.j2",
        report=report,
        figures=drawn(report, figures),
        listed=report["list"][:_MOST_LISTED],
        more=max(0, len(report["list"]) - _MOST_LISTED),
        provenance=provenance(report),
    )
