"""Makes `report.html`: one page that needs nothing but itself."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.apps.juggling.svg import fill

_MOST_LISTED = 400


def make_page(report: Mapping[str, Any], figures: Path) -> str:
    """Fill the page's template; figures that are not in the folder are left out.

    Args:
        report: `report.json` as plain data.
        figures: Folder of its figures.
    """
    drawn = []
    for figure in report["figures"]:
        path = figures / Path(figure["file"]).name
        if path.is_file():
            data = b64encode(path.read_bytes()).decode("ascii")
            drawn.append({**figure, "source": f"data:image/svg+xml;base64,{data}"})
    return fill(
        "page.html.j2",
        report=report,
        figures=drawn,
        listed=report["list"][:_MOST_LISTED],
        more=max(0, len(report["list"]) - _MOST_LISTED),
        provenance=json.dumps(report["provenance"], indent=2, sort_keys=True, ensure_ascii=False),
    )
