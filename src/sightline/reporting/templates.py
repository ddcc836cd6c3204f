"""Fills the templates of an application's package; everything put in is escaped."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined

from sightline.reporting.numbers import at, clock, figure, plain, share, span

_FILTERS: dict[str, Callable[..., str]] = {
    "plain": plain,
    "at": at,
    "clock": clock,
    "span": span,
    "share": share,
    "figure": figure,
}


class Fill(Protocol):
    """Fills a template, named by its file, with values."""

    def __call__(self, template: str, /, **values: Any) -> str:
        """Give the template's text, filled."""
        ...


def filler(package: str, **filters: Callable[..., str]) -> Fill:
    """Give what fills the templates in `templates/` of a package.

    Args:
        package: Its name, as in `sightline.apps.people`.
        filters: More filters than those of `pages.numbers`; a filter of the same name takes its place.
    """

    @cache
    def environment() -> Environment:
        made = Environment(
            loader=PackageLoader(package),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.filters |= _FILTERS | filters
        return made

    def fill(template: str, /, **values: Any) -> str:
        return environment().get_template(template).render(**values)

    return fill
