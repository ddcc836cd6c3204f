"""`sightline doctor`, `settings` and `version`: this machine and how Sightline is set up on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.console import say, show_json, show_table
from sightline.cli.lazy import leaf
from sightline.cli.options import AsJson

_SIGNS = {"good": "ok  ", "note": "note", "problem": "BAD "}


@leaf("doctor", "sightline doctor", "sightline doctor --measure", "sightline doctor --json")
def doctor(
    measure: Annotated[
        bool, typer.Option("--measure", help="Also measure how fast it is; takes some seconds.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what this machine can do, in plain words.

    The exit status is 1 where something is in the way of an analysis.
    """
    from dataclasses import asdict

    from sightline.cli.session import open_settings
    from sightline.core.machine import this_machine
    from sightline.service.doctor import Level, examine
    from sightline.service.submit import OUT

    settings, machine = open_settings(), this_machine()
    findings = list(examine(settings, machine, out=Path(OUT), environ=os.environ))
    if measure:
        from sightline.service.benchmark import measure_machine
        from sightline.vision.zoo import Zoo

        findings += measure_machine(settings, machine, Zoo(settings.models))
    if as_json:
        show_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{_SIGNS[finding.level]}  {finding.topic:<10} {finding.words}")
            if finding.hint:
                say(f"{'':<17}-> {finding.hint}")
    if any(finding.level is Level.PROBLEM for finding in findings):
        raise typer.Exit(1)


@leaf("settings", "sightline settings", "SIGHTLINE_THREADS=2 sightline settings", "sightline settings --json")
def settings(as_json: AsJson = False) -> None:
    """Show every setting, its value and its meaning.

    Each is an environment variable; passwords are not shown.
    """
    from sightline.cli.session import open_settings
    from sightline.settings import described

    rows = described(open_settings())
    if as_json:
        show_json(rows)
    else:
        show_table(
            ("variable", "value", "unit", "meaning"),
            [(row["variable"], row["value"], row["unit"], row["description"]) for row in rows],
        )


@leaf("version", "sightline version")
def version() -> None:
    """Show the version."""
    import sightline

    say(f"sightline {sightline.__version__}")
