"""Commands that are imported only when somebody runs them or asks for their help.

`sightline --help` must answer at once, so the names and one-line summaries stand in a table (see `main.py`; a
test holds them to the commands' own docstrings) and the modules stay on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from sightline.cli.options import PathCommand


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is to be found.

    Attributes:
        home: `module:attribute` of a `typer.Typer`.
        summary: First sentence of its help.
        section: Heading it is listed under.
    """

    home: str
    summary: str
    section: str


def examples(*lines: str) -> str:
    """Give an epilog that shows how a command is used; the mark keeps the line breaks."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def leaf(name: str, *lines: str, more_options: bool = False) -> Callable[[Callable[..., None]], typer.Typer]:
    """Make a function a command of its own, with examples under its help.

    With `more_options`, options that it does not declare are left in its context's `args`.
    """
    settings = {"allow_extra_args": True, "ignore_unknown_options": True} if more_options else None

    def make(function: Callable[..., None]) -> typer.Typer:
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(name, cls=PathCommand, epilog=examples(*lines), context_settings=settings)(function)
        return app

    return make


def group(
    summary: str,
    *lines: str,
    groups: Mapping[str, typer.Typer] | None = None,
    more: Callable[[typer.Typer], None] | None = None,
) -> typer.Typer:
    """Give a command that has commands of its own.

    Args:
        summary: First sentence of its help.
        lines: Examples under its help.
        groups: Groups within it, by name.
        more: Takes in commands of another module.
    """
    epilog = examples(*lines) if lines else None
    app = _Group(
        cls=_WholeGroup,
        rich_markup_mode=None,
        add_completion=False,
        help=summary,
        epilog=epilog,
        no_args_is_help=False,
    )
    for name, inner in (groups or {}).items():
        app.add_typer(inner, name=name)
    if more is not None:
        more(app)

    @app.callback()
    def _() -> None:
        pass

    return app


def load(name: str, entry: Entry) -> Any:
    """Import a command."""
    module, _, attribute = entry.home.partition(":")
    command = typer.main.get_command(getattr(import_module(module), attribute))
    command.name = name
    return command


class _Group(typer.Typer):
    """A group whose commands are `PathCommand`s."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Take in a command."""
        return super().command(name, **{"cls": PathCommand, **settings})


class _WholeGroup(TyperGroup):
    """A group that lists its commands with their first sentences whole; typer's own cuts them to a line."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """List commands in the order they were made."""
        rows = [
            (name, " ".join((command.help or "").split("\n\n")[0].split()))
            for name, command in self.commands.items()
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class LazyGroup(TyperGroup):
    """A group whose commands stand in `entries`."""

    entries: ClassVar[Mapping[str, Entry]] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """Give all names, importing nothing."""
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        """Import the command that is to run."""
        return load(cmd_name, self.entries[cmd_name]) if cmd_name in self.entries else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is to run, and name what is like it where there is none."""
        near = [] if args[0] in self.entries else get_close_matches(args[0], self.entries)
        if near:
            ctx.fail(f"No such command {args[0]!r}; did you mean {', '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """List commands by section."""
        for section in dict.fromkeys(entry.section for entry in self.entries.values()):
            rows = [(name, entry.summary) for name, entry in self.entries.items() if entry.section == section]
            with formatter.section(section):
                formatter.write_dl(rows, col_spacing=4)
