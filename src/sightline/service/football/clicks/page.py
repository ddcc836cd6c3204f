"""Makes the page on which a person clicks: one file that needs nothing but itself."""

from __future__ import annotations

import json
from base64 import b64encode
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.points import LEAST_POINTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.analytics.football.match import PitchSize

_STEP_M = 1.0


def make_page(
    jpeg: bytes,
    picture: tuple[int, int],
    size: PitchSize,
    *,
    pairs: Sequence[Mapping[str, Any]] = (),
    at_s: float = 0.0,
    span_s: tuple[float, float] = (0.0, 0.0),
    served: bool = False,
) -> str:
    """Give the page.

    Args:
        jpeg: The picture to click in.
        picture: Its `(height, width)`.
        size: The pitch.
        pairs: Points that are there from the start, as `{"at": [x, y], "point": name}`.
        at_s: When in the video the picture is.
        span_s: First and last moment of the video.
        served: Whether `solve`, `keep` and `frame` answer beside the page; else it saves a file by itself.
    """
    markings = markings_of(size)
    facts = {
        "image": f"data:image/jpeg;base64,{b64encode(jpeg).decode('ascii')}",
        "image_size": list(picture),
        "pitch": [size.length_m, size.width_m],
        "points": {name: list(place) for name, place in markings.points.items()},
        "lines": [
            marking.sample(_STEP_M)[:, :2].round(3).tolist()
            for marking in markings.all.values()
            if marking.on_ground
        ],
        "pairs": [{"at": list(one["at"]), "point": one["point"]} for one in pairs],
        "least": LEAST_POINTS,
        "at_s": at_s,
        "span_s": list(span_s),
        "served": served,
    }
    told = json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
    page = _part("click.html").replace("/*style*/", _part("click.css"))
    return page.replace("/*script*/", _part("click.js")).replace("/*facts*/", told)


def _part(name: str) -> str:
    return (files("sightline.service.football.clicks") / "page" / name).read_text(encoding="utf-8")
