"""Makes `report.html`: one page that needs nothing but itself."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.apps.people.svg import fill


def make_page(report: Mapping[str, Any], figures: Path) -> str:
    """Fill the page's template; figures that are not in the folder are left out.

    Args:
        report: `report.json` as plain data.
        figures: Folder of its figures.
    """
    return fill(
        "page.html.j2",
        report=report,
        figures={
            figure["kind"]: {**figure, "source": source} for figure, source in _inlined(report, figures)
        },
        noun=_noun(report),
        provenance=json.dumps(report["provenance"], indent=2, sort_keys=True, ensure_ascii=False),
    )


def _inlined(report: Mapping[str, Any], folder: Path) -> list[tuple[Mapping[str, str], str]]:
    found = []
    for figure in report["figures"]:
        path = folder / Path(figure["file"]).name
        if path.is_file():
            data = b64encode(path.read_bytes()).decode("ascii")
            found.append((figure, f"data:image/svg+xml;base64,{data}"))
    return found


def _noun(report: Mapping[str, Any]) -> str:
    """What was counted, as the headline calls it."""
    return "people" if report["summary"]["classes"] is not None and _all_people(report) else "objects"


def _all_people(report: Mapping[str, Any]) -> bool:
    return set(report["summary"]["classes"]) <= {"person", "people", "pedestrian"}
