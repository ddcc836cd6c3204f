"""What holds for the paths of every command: none is empty, `~` is home, no result replaces what it is made of."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from sightline.core.errors import ConfigError

_OUTPUTS = frozenset({"out", "page", "to"})
"""Parameters that name what a command writes; all other paths are read."""


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
            ConfigError: A result would replace what it is made of.
        """
        ctx.params = {name: _at_home(value) for name, value in ctx.params.items()}
        outputs, inputs = list[Path](), list[Path]()
        for name, value in ctx.params.items():
            there = [path for path in _paths(value) if path.exists()]
            (outputs if name in _OUTPUTS else inputs).extend(there)
        for output, read in product(outputs, inputs):
            _check_apart(output, read)
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


def _check_apart(output: Path, read: Path) -> None:
    hint = "name another place to write to"
    if output.samefile(read):
        raise ConfigError(f"{output} would be written over while it is read", hint=hint)
    from sightline.service.folder import RunFolder

    for folder, path in ((read, output), (output, read)):
        if RunFolder(folder).is_result(path):
            raise ConfigError(f"{path} is itself a result of the run in {folder}", hint=hint)
