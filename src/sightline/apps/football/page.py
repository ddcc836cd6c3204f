"""Makes `report.html`: one page that a coach reads, and that needs nothing but itself."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_UNKNOWN = "\N{EN DASH}"
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".mp4": "video/mp4"}


def make_page(report: Mapping[str, Any], figures: Path) -> str:
    """Fill the page's template; figures and clips that are not in the folder are left out.

    Args:
        report: `report.json` as plain data.
        figures: Folder of its figures, and of the clips' pictures and previews.
    """
    drawn = {
        figure["kind"]: {**figure, "source": source}
        for figure in report["figures"]
        if (source := inlined(figures / Path(figure["file"]).name)) is not None
    }
    clips = [
        {
            **clip,
            "picture": inlined((figures / Path(clip["file"]).name).with_suffix(".jpg")),
            "preview": inlined(figures / Path(clip["file"]).name),
        }
        for clip in report["clips"]
    ]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            figures=drawn,
            clips=clips,
            provenance=json.dumps(report["provenance"], indent=2, sort_keys=True, ensure_ascii=False),
        )
    )


def inlined(path: Path) -> str | None:
    """Give a file as a `data:` address; None where there is none."""
    if not path.is_file():
        return None
    return f"data:{_TYPES[path.suffix]};base64,{b64encode(path.read_bytes()).decode('ascii')}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sightline.apps.football"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plain": plain,
        "clock": clock,
        "share": share,
        "figure": figure,
        "kilometres": kilometres,
        "minutes": minutes,
    }
    return environment


def plain(text: object) -> str:
    """Drop characters that HTML cannot hold."""
    return _CONTROLS.sub("", str(text))


def clock(seconds: float | None) -> str:
    """Give a place in a match, as in `7:05` or `92:10`."""
    if seconds is None:
        return _UNKNOWN
    whole = int(seconds + 1e-9)
    return f"{whole // 60}:{whole % 60:02}"


def minutes(seconds: float | None) -> str:
    """Give a length of time as `54 s` or `12 min`."""
    if seconds is None:
        return _UNKNOWN
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def share(value: float | None) -> str:
    """Give a share as a percentage; only the whole is called 100 %, only nothing 0 %."""
    if value is None:
        return _UNKNOWN
    percent = 100 * value
    if 99.5 <= percent < 99.995:
        return f"{percent:.1f} %" if percent < 99.9 else "99.9 %"
    return "< 1 %" if 0 < percent < 1 else f"{percent:.0f} %"


def figure(value: float | None, digits: int = 0) -> str:
    """Give a number with so many digits behind the point, thousands apart."""
    return _UNKNOWN if value is None else f"{value:,.{digits}f}".replace(",", "\u202f")


def kilometres(metres: float | None) -> str:
    """Give a way in km."""
    return _UNKNOWN if metres is None else f"{metres / 1000:.2f} km" if metres >= 1000 else f"{metres:.0f} m"
