"""Fills the templates of page and figures; everything put in is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

COLOURS = {"high": "#e03131", "medium": "#f08c00", "low": "#2f9e44", None: "#1c7ed6"}
"""Colour of a hazard by its severity; None where that is not known."""


def fill(template: str, **values: Any) -> str:
    """Fill a template of this package."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sightline.apps.road"),
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
