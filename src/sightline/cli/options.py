"""Reads options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer


def pairs(given: Sequence[str] | None) -> dict[str, Any]:
    """Read `KEY=VALUE` pairs; values are YAML, so `0.3`, `true` and `[1, 2]` are what they look like.

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
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise typer.BadParameter(f"the value of {pair!r} is not YAML", param_hint="--set") from None
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
