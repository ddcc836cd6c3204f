"""`sightline juggling siteswap`: checks, names and animates siteswaps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.console import say, show_json, show_table
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson

_Pattern = Annotated[str, typer.Argument(metavar="SITESWAP", help="As in 531, [43]1421 or (6x,4)*.")]

siteswap = group(
    "Check, name and animate siteswaps.",
    "sightline juggling siteswap check 531",
    "sightline juggling siteswap animate 531 -o 531.html",
)


@siteswap.command("check", epilog=examples("sightline juggling siteswap check 531"))
def check(pattern: _Pattern, as_json: AsJson = False) -> None:
    """Say whether a siteswap is valid, and what it is."""
    from sightline.service.juggling.notation import describe

    facts = describe(pattern)
    if as_json:
        show_json(facts)
    else:
        show_table(("", ""), list(facts.items()))
    if not facts["valid"]:
        raise typer.Exit(1)


@siteswap.command("canonical", epilog=examples("sightline juggling siteswap canonical 153"))
def canonical(pattern: _Pattern) -> None:
    """Give a siteswap's canonical name: its highest turn."""
    from sightline.analytics.juggling.notation import canonical as canonical_of

    say(canonical_of(pattern))


@siteswap.command("states", epilog=examples("sightline juggling siteswap states 51"))
def states(pattern: _Pattern, as_json: AsJson = False) -> None:
    """Give a siteswap's states, and the throws that lead to it and back."""
    from sightline.service.juggling.notation import describe_states

    facts = describe_states(pattern)
    if as_json:
        show_json(facts)
        return
    show_table(("beat", "throw", "state", "ground"),
               [(row["beat"], row["throw"], row["state"], row["ground"]) for row in facts["states"]])  # fmt: skip
    say(f"from the ground state: {facts['entry'] or '-'}; back: {facts['exit'] or '-'}")


@siteswap.command(
    "animate",
    epilog=examples(
        "sightline juggling siteswap animate 531",
        "sightline juggling siteswap animate 531 -o 531.html",
        'sightline juggling siteswap animate "(6x,4)*" -o box.jml',
    ),
)
def animate(
    pattern: _Pattern,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="A .html or .jml file; none prints a ladder.",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1.0, max=60.0, help="Length before it repeats.")] = 8.0,
) -> None:
    """Animate a siteswap: a page, Juggling Lab's notation, or a ladder on the terminal."""
    from sightline.service.juggling.notation import animate as write
    from sightline.service.juggling.notation import ladder

    if out is None:
        for line in ladder(pattern):
            say(line)
        return
    facts = write(pattern, out, seconds=seconds)
    say(f"{facts['siteswap']} of {facts['balls']} balls in {facts['file']}")
