"""`sightline football`: what only football needs, from calibrating a camera to scoring against the truth."""

from __future__ import annotations

from typing import Annotated

import typer

from sightline.cli.lazy import group

app = group("Calibrate cameras, report on tracking data, score against the truth.")
evaluate = group("Score a part of the football analysis against the truth.")
app.add_typer(evaluate, name="evaluate")


@evaluate.command("teams")
def teams(
    *,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 7,
    pairs: Annotated[int, typer.Option(min=1, max=20, help="Pairs of kits, from the first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Teams and roles from shirts: share of tracks that come out right on drawn players in known kits."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate_teams import evaluate_teams

    found = evaluate_teams(seed=seed, pairs=pairs)
    if as_json:
        show_json(found)
        return
    parts = {who: found[who] for who in ("players", "goalkeepers", "referees")}
    rows = [
        (who, f"{part['share']:.1%}", f"{part['low']:.1%} .. {part['high']:.1%}", part["tracks"])
        for who, part in parts.items()
    ]
    say(f"{len(found['pairs'])} pairs of kits, {found['ms_per_shirt']} ms a shirt")
    show_table(("tracks of", "right", "95 % interval", "tracks"), rows)
