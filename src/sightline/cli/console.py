"""Shows rows and values: for people at a terminal, plain and whole for everything else."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer

STOPPED = 130
"""Exit status of a command that its user stopped, as shells have it (128 + SIGINT)."""
_LEAST_WIDTH = 12
"""A column may be folded to this many characters."""
_BETWEEN = 3
"""Characters that a table spends on a column besides its text, but for one at the end."""


def say(text: str = "") -> None:
    """Write a line of result."""
    typer.echo(text)


def note(text: str) -> None:
    """Write a line that is not a result: it goes to stderr."""
    typer.echo(text, err=True)


def refuse(code: str, message: str, hint: str | None, *, status: int = 1) -> int:
    """Say on one line what went wrong and what to do; gives the exit status."""
    line = " ".join(f"error[{code}]: {message}".split()).rstrip(".")
    line += "" if line.endswith("?") else "."
    note(f"{line} hint: {' '.join(hint.split())}" if hint else line)
    return status


def show_json(value: Any) -> None:
    """Write plain data as JSON; a number that JSON does not hold (NaN, infinity) becomes null."""
    from sightline.service.pipelines.plain import plain

    say(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False, default=str))


def show_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as CSV (RFC 4180, but with the system's line ends)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    typer.echo(text.getvalue(), nl=False)


def show_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as a table: with lines at a terminal, or row by row where it is too narrow; else aligned, never cut."""
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _show_rich(columns, cells, [_is_number(column) for column in _columns(rows, len(columns))])
        return
    widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
    for line in ([*columns], *cells):
        say("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def show_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write some columns of rows that name them."""
    show_table(columns, [tuple(row[name] for name in columns) for row in rows])


def _show_rich(columns: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    screen = Console()
    least = [min(max(map(len, column)), _LEAST_WIDTH) for column in zip(columns, *cells, strict=True)]
    if sum(least) + _BETWEEN * len(least) - 1 > screen.width:
        _show_below(columns, cells)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, right in zip(columns, numeric, strict=True):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in cells:
        table.add_row(*(text.replace("[", r"\[") for text in row))
    screen.print(table)


def _show_below(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Write each row below the other, a line a column."""
    width = max(map(len, columns))
    for number, row in enumerate(cells, start=1):
        say(f"── {number} ──")
        for name, text in zip(columns, row, strict=True):
            say(f"{name:<{width}}  {text}".rstrip())


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(count)]


def _is_number(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float) for value in known)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return " ".join(str(value).split("\n"))


def size_words(size_bytes: float) -> str:
    """Give a size in bytes as people say it."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size_bytes) < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def duration_words(seconds: float | None) -> str:
    """Give a duration as `m:ss` or `h:mm:ss`; `-:--` where it is not known."""
    if seconds is None:
        return "-:--"
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
