"""Fills the templates of page and figures; everything put in is escaped."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8

_QUALITY = 82


def fill(template: str, **values: Any) -> str:
    """Fill a template of this package."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sightline.apps.juggling"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"share": share, "figure": figure, "at": at}
    return environment


def at(value: float) -> str:
    """Give a coordinate in a drawing."""
    return f"{value:.1f}".removesuffix(".0")


def share(value: float | None) -> str:
    """Give a share as a percentage; only the whole is called 100 %."""
    if value is None:
        return "\N{EN DASH}"
    percent = 100 * value
    return f"{percent:.1f} %" if 99.5 <= percent < 99.95 else f"{percent:.0f} %"


def figure(value: float | None, digits: int = 2) -> str:
    """Give a number with so many digits behind the point."""
    return "\N{EN DASH}" if value is None else f"{value:.{digits}f}"


def jpeg(picture: UInt8) -> str:
    """Give a picture as a data URI."""
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return "data:image/jpeg;base64," + b64encode(packed.tobytes()).decode("ascii")
