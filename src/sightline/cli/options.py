"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated, Any

import typer

App = Annotated[str, typer.Option("--app", help="What to make of it: people, football, juggling or road.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option(min=0, help="Chooses everything that is left to chance.")]


def pairs(given: Sequence[str] | None) -> dict[str, Any]:
    """Read `KEY=VALUE` pairs; values are YAML, so `0.3`, `true` and `[1, 2]` are what they look like.

    What begins with `#` is a colour, no comment; dates and times stay text.

    Raises:
        typer.BadParameter: One is not of that form.
    """
    import yaml

    found = {}
    for pair in given or ():
        key, separator, value = pair.partition("=")
        if not separator or not key.strip():
            raise typer.BadParameter(f"{pair!r} is not KEY=VALUE", param_hint="--set")
        try:
            read = None if value.startswith("#") else yaml.safe_load(value)
        except yaml.YAMLError:
            raise typer.BadParameter(f"the value of {pair!r} is not YAML", param_hint="--set") from None
        found[key.strip()] = value if value.startswith("#") or isinstance(read, date) else read
    return found


def own_options(context: typer.Context, names: Collection[str]) -> dict[str, Any]:
    """Read what a command's context has left over as `--some-name VALUE` of some settings.

    Values are YAML, as in `pairs`; an option without one is true.

    Args:
        context: Of a command with `more_options`.
        names: Settings that there are, as in `some_name`.

    Raises:
        typer.TyperException: Something left over is none of these settings.
    """
    found, left = dict[str, Any](), list(context.args)
    while left:
        word = left.pop(0)
        option, separator, value = word.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        if not option.startswith("-"):
            context.fail(f"Got unexpected extra argument(s) ({word})")
        if not option.startswith("--") or name not in names:
            context.fail(f"No such option: {option}")
        if not separator and left and not left[0].startswith("--"):
            value = left.pop(0)
            separator = "="
        found |= pairs([f"{name}={value}"]) if separator else {name: True}
    return found


def size(text: str) -> tuple[int, int]:
    """Read `WIDTHxHEIGHT` and give `(height, width)` in pixels.

    Raises:
        typer.BadParameter: It is not of that form.
    """
    width, separator, height = text.lower().partition("x")
    if not separator or not width.isdecimal() or not height.isdecimal():
        raise typer.BadParameter(f"{text!r} is not WIDTHxHEIGHT, as in 640x360", param_hint="--size")
    return int(height), int(width)
