"""Writes the pages that are made from the code: `python docs/generate.py [--check]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
NOTE = "<!-- Made by docs/generate.py; change the code, then run `make docs`. -->"


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(
        lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    )


def errors_page() -> str:
    """One line for each error: what a client sees and what it means."""
    from sightline.core.errors import RunCancelled, SightlineError

    def below(kind: type[BaseException], depth: int) -> Iterator[tuple[str, ...]]:
        yield (
            "&nbsp;" * 4 * depth + f"`{kind.__name__}`",
            f"`{getattr(kind, 'code', '')}`" if hasattr(kind, "code") else "",
            "yes" if getattr(kind, "retryable", False) else "",
            (kind.__doc__ or "").strip().splitlines()[0],
        )
        for child in kind.__subclasses__():
            if child.__module__ == kind.__module__:  # the page is the same whatever else is imported
                yield from below(child, depth + 1)

    def rows() -> Iterator[tuple[str, ...]]:
        yield from below(SightlineError, 0)
        yield from below(RunCancelled, 0)

    return f"""# Errors

Each says in one line what happened, and in a `hint` what to do. `code` is what programs should look at: it never
changes once released. On the command line an error is one line on standard error and exit status 1. Three more codes
are its own: `usage`, a command that is written wrongly (exit status 2); `cancelled`, stopped by its user (130); and
`internal`, an error that nobody foresaw: please report it, with the trace that the log file holds.

{_table(("error", "code", "may succeed when tried again", "meaning"), rows())}
"""


def settings_page() -> str:
    """One line for each setting of a machine."""
    from sightline.settings import ALIASES, Settings, described

    known_as = {name: variable for variable, name in ALIASES.items()}

    def rows() -> Iterator[tuple[str, ...]]:
        for one in described(Settings(_env_file=None)):
            default = f"`{one['default']}`" if one["default"] else ""
            alias = known_as.get(one["name"])
            also = f" Also read from `{alias}`." if alias else ""
            yield (
                f"`{one['variable']}`",
                default,
                one["unit"],
                f"**{one['title']}.** {one['description']}{also}",
            )

    return f"""# Settings

What a machine is set up with: environment variables, read once when a command starts. What shapes one run's results
(model, stride, rules and the like) is part of that run and is given to `sightline analyze`. `sightline settings` shows
the values in force.

{_table(("variable", "default", "unit", "meaning"), rows())}
"""


def rules_schema_file() -> str:
    """The JSON schema of a rules file, for editors that complete and check YAML by it."""
    from sightline.analytics.rules import rules_schema

    return json.dumps(rules_schema(), indent=2, ensure_ascii=False) + "\n"


def commands_page() -> str:
    """What every command says to `--help`."""
    from typer import Context
    from typer.main import get_command

    from sightline.cli.main import app

    def helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
        with Context(
            command, info_name=name, parent=parent, terminal_width=100, max_content_width=100
        ) as context:
            yield context.command_path, command.get_help(context)
            for child in command.list_commands(context) if hasattr(command, "list_commands") else ():
                yield from helps(command.get_command(context, child), child, context)

    parts = [
        f"## `{path}`\n\n```text\n{text.rstrip()}\n```\n"
        for path, text in helps(get_command(app), "sightline", None)
    ]
    return (
        "# Commands\n\nExit status: 0 done, 1 it could not be done, 2 the command was written wrongly, 130 stopped by its user.\n\n"
        "A path is never empty, `~` at its beginning is your home, and no command writes over what it reads or over the\n"
        "results of the run that it reads.\n\n" + "\n".join(parts)
    )


def access_page() -> str:
    """One line for each action: who may do it to what."""
    from sightline.core.accounts import Role
    from sightline.service.accounts.access import RULES

    def said(roles: frozenset[Role]) -> str:
        return "all" if roles == frozenset(Role) else ", ".join(role.value for role in Role if role in roles)

    def rows() -> Iterator[tuple[str, ...]]:
        for action, rule in RULES.items():
            yield (f"`{action}`", said(rule.own), said(rule.shared), said(rule.others))

    return f"""# Who may do what

Each route of the server asks for one of these actions; each API key is good for some of them. What they mean, and how
somebody proves who they are, is in [security.md](security.md).

{_table(("action", "to their own, or to nothing in particular", "to what is shared with their group", "to what is others'"), rows())}
"""


PAGES: dict[str, Callable[[], str]] = {
    "access.md": access_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "settings.md": settings_page,
    "rules.schema.json": rules_schema_file,
}


def written(name: str) -> str:
    """Give a page's whole text."""
    return PAGES[name]() if name.endswith(".json") else f"{NOTE}\n{PAGES[name]()}"


def stale() -> list[str]:
    """Give the pages that no longer say what the code says."""
    return [
        name
        for name in PAGES
        if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != written(name)
    ]


def main() -> int:
    if "--check" in sys.argv[1:]:
        old = stale()
        if old:
            print(f"docs/{', docs/'.join(old)}: not what the code says; run `make docs`", file=sys.stderr)
        return len(old)
    for name in stale():
        (DOCS / name).write_text(written(name), encoding="utf-8")
        print(f"wrote docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
