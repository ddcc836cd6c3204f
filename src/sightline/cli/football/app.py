"""`sightline football`: reports on tracking data; calibration and scores stand beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.click.ask import add_click
from sightline.cli.football.calibration import add_calibrate
from sightline.cli.football.scores import evaluate
from sightline.cli.lazy import examples, group
from sightline.cli.options import pairs


def _more(commands: typer.Typer) -> None:
    add_calibrate(commands)
    add_click(commands)


app = group(
    "Calibrate cameras, report on tracking data, score.",
    groups={"evaluate": evaluate},
    more=_more,
)


@app.command(
    "report",
    epilog=examples(
        "sightline football report --provider tracab --tracking match.dat --meta match.xml --out results/match",
        "sightline football report --provider metrica --tracking home.csv --tracking away.csv -o results/match",
        "sightline football report --provider tracab --tracking match.dat --meta match.xml -o results/match "
        "--video match.mp4 --kick-off 62.4 --kick-off 3730",
    ),
)
def report(
    *,
    provider: Annotated[
        str, typer.Option(help="tracab, secondspectrum, skillcorner, metrica, pff, sportec, ...")
    ],
    tracking: Annotated[list[Path], typer.Option(help="Tracking file; may be repeated.")],
    meta: Annotated[list[Path] | None, typer.Option(help="Metadata file; may be repeated.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Result folder.")],
    home_name: Annotated[str | None, typer.Option(help="What the home team is called.")] = None,
    away_name: Annotated[str | None, typer.Option(help="What the away team is called.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the app; may be repeated."),
    ] = None,
    video: Annotated[
        Path | None,
        typer.Option(help="Of the match: highlights are cut from it, not drawn.", show_default=False),
    ] = None,
    kick_off: Annotated[
        list[float] | None,
        typer.Option(
            help="Second of the video in which a period kicks off; once for each.", show_default="0"
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results in the folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Make a match report of a provider's tracking data."""
    from sightline.cli.console import say
    from sightline.service.football.report import report_on_files
    from sightline.service.football.tracking.video import MatchVideo

    if kick_off and video is None:
        raise typer.BadParameter("--kick-off is said of a --video")
    folder = report_on_files(
        provider,
        tracking,
        meta or [],
        out,
        settings={"home_name": home_name, "away_name": away_name, **pairs(setting)},
        video=MatchVideo(video, tuple(kick_off or (0.0,))) if video is not None else None,
        overwrite=overwrite,
    )
    if not quiet:
        say(f"results  {folder}")
        say(f"         {folder / 'report.html'}")
