"""Makes `report.html`: one page that needs nothing but itself."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.analytics.road.kinds import HazardKind
from sightline.apps.road.svg import COLOURS, fill

_MOST_LISTED = 400


def make_page(report: Mapping[str, Any], figures: Path) -> str:
    """Fill the page's template; figures and pictures that are not in the folder are left out.

    Args:
        report: `report.json` as plain data.
        figures: Folder of its figures.
    """
    drawn = []
    for figure in report["figures"]:
        path = figures / Path(figure["file"]).name
        if path.is_file():
            drawn.append({**figure, "source": _data(path, "image/svg+xml")})
    pictures = {
        each["hazard_id"]: _data(figures / each["file"], "image/jpeg")
        for each in report["pictures"]
        if (figures / Path(each["file"]).name).is_file()
    }
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
        figures=drawn,
        listed=listed,
        kinds={HazardKind(name).words: count for name, count in report["hazards"]["by_kind"].items()},
        more=max(0, len(report["list"]) - _MOST_LISTED),
        provenance=json.dumps(report["provenance"], indent=2, sort_keys=True, ensure_ascii=False),
    )


def _data(path: Path, kind: str) -> str:
    return f"data:{kind};base64," + b64encode(path.read_bytes()).decode("ascii")
