"""Options that several commands share, how their values are read, and what holds for the paths of all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from sightline.core.errors import ConflictError

App = Annotated[str, typer.Option("--app", help="What to make of it: people, football, juggling or road.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option(min=0, help="Chooses everything that is left to chance.")]

_OUTPUTS = frozenset({"out", "page", "picture", "to"})
"""Parameters that name what a command writes; all other paths are read."""


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


class PathCommand(TyperCommand):
    """A command whose paths are looked at before it runs."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line.

        Raises:
            typer.BadParameter: A path is empty, as of a variable that is not set; read as one, it would be `.`.
        """
        typed, _, _ = self.make_parser(ctx).parse_args(args=[*args])
        left = super().parse_args(ctx, args)
        params: list[Any] = self.params
        for param in params:
            if "" in _each(typed.get(param.name)) and _paths(ctx.params.get(param.name)):
                raise typer.BadParameter("the path is empty", ctx=ctx, param=param)
        return left

    def invoke(self, ctx: Any) -> Any:
        """Carry the command out.

        Raises:
            ConflictError: A result would replace what it is made of.
        """
        ctx.params = {name: _at_home(value) for name, value in ctx.params.items()}
        outputs, inputs = list[Path](), list[Path]()
        for name, value in ctx.params.items():
            (outputs if name in _OUTPUTS else inputs).extend(_paths(value))
        for output, read in product(outputs, inputs):
            check_apart(output, read)
        return super().invoke(ctx)


def _each(value: Any) -> list[Any] | tuple[Any, ...]:
    """Give the values of an option that may be repeated, or the one value of another."""
    return value if isinstance(value, list | tuple) else (value,)


def _paths(value: Any) -> list[Path]:
    return [one for one in _each(value) if isinstance(one, Path)]


def _at_home(value: Any) -> Any:
    """Replace a leading `~`, which a shell leaves in `--out=~/results`."""
    if isinstance(value, list | tuple):
        return type(value)(_at_home(one) for one in value)
    return Path(value).expanduser() if isinstance(value, Path) and value.parts[:1] == ("~",) else value


def check_apart(output: Path, read: Path) -> None:
    """Refuse to write where something is read from.

    Raises:
        ConflictError: They are the same, or one lies among the results of a run in the other.
    """
    if not output.exists() or not read.exists():
        return
    hint = "name another place to write to"
    if output.samefile(read):
        raise ConflictError(f"{output} would be written over while it is read", hint=hint)
    from sightline.service.folder import RunFolder

    for folder, path in ((read, output), (output, read)):
        if RunFolder(folder).is_result(path):
            raise ConflictError(f"{path} is itself a result of the run in {folder}", hint=hint)
