"""Asks a person for points: `sightline football click`, and `--calibration click` of `sightline analyze`."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.lazy import examples

if TYPE_CHECKING:
    from sightline.service.football.clicks.session import Clicks
    from sightline.service.submit import AnalyzeRequest

CLICK = "click"


def add_click(app: typer.Typer) -> None:
    """Add `click` to `sightline football`."""
    app.command(
        "click",
        epilog=examples(
            "sightline football click match.mp4 -o points.json",
            "sightline football click match.mp4 --page click.html",
            "sightline football calibrate --points points.json -o camera.json",
        ),
    )(click)


def click(
    *,
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A clip of a camera that stands still.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file of points to write.")] = Path(
        "points.json"
    ),
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Only write the page: it works in any browser and saves points.json.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        float | None,
        typer.Option(help="Moment of the picture, in seconds.", show_default="a tenth into the video"),
    ] = None,
    length: Annotated[float, typer.Option("--length", help="Of the pitch, in metres.")] = 105.0,
    width: Annotated[float, typer.Option("--width", help="Of the pitch, in metres.")] = 68.0,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page on this machine; 0 takes a free one.")
    ] = 0,
) -> None:
    """Click points of the pitch in a picture of a video, for a camera that stands still."""
    from sightline.analytics.football.match import PitchSize
    from sightline.cli.console import say
    from sightline.service.folder import whole
    from sightline.service.football.clicks.session import Clicks

    if at is not None and not math.isfinite(at):
        raise typer.BadParameter(f"{at} is not a moment", param_hint="--at")
    clicks = Clicks(video, PitchSize(length, width), out, at_s=at)
    if page is not None:
        with whole(page) as path:
            path.write_text(clicks.page(served=False), encoding="utf-8")
        say(f"page     {page}")
        return
    say(f"points   {ask(clicks, port=port)}")


def ask(clicks: Clicks, *, port: int = 0) -> Path:
    """Show the page and wait for the points.

    Raises:
        typer.Exit: The user stopped it.
        SettingsError: The port is taken.
    """
    import webbrowser

    from sightline.cli.click.page_server import PageServer, can_open
    from sightline.cli.console import STOPPED, note, refuse
    from sightline.core.errors import SettingsError

    try:
        server = PageServer(clicks, port=port)
    except OSError as error:
        raise SettingsError(
            f"port {port} cannot be used: {error.strerror}", hint="leave --port out"
        ) from None
    note(f"click the pitch's points at {server.address}")
    note("the address works on this machine only, and once; Ctrl-C stops")
    if can_open():
        webbrowser.open(server.address)
    try:
        return server.wait()
    except KeyboardInterrupt:
        raise typer.Exit(
            refuse(
                "cancelled", "no points were saved", "--page FILE writes the page as a file", status=STOPPED
            )
        ) from None


def answered(request: AnalyzeRequest) -> AnalyzeRequest:
    """Have a person click where a setting asks for it, and put the file of points in its place.

    Raises:
        ConflictError: The result folder holds results, so that clicking would be for nothing.
        MediaError: The video cannot be used.
        typer.Exit: The user stopped it.
    """
    from sightline import plugins

    application = plugins.load("apps", request.app)()
    names = [
        name for name in getattr(application, "clicked_settings", ()) if request.settings.get(name) == CLICK
    ]
    if not names:
        return request
    from sightline.analytics.football.match import PitchSize
    from sightline.cli.console import note
    from sightline.core.errors import ConflictError
    from sightline.service.folder import RunFolder
    from sightline.service.football.clicks.session import Clicks
    from sightline.service.submit import OUT

    folder = (request.out or Path(OUT) / request.video.stem).absolute()
    if RunFolder(folder).is_complete and not request.overwrite:
        raise ConflictError(
            f"{folder} holds results already", hint="add --overwrite, or choose another --out"
        )
    known = {**application.defaults(), **request.settings}
    size = PitchSize(float(known["pitch_length_m"]), float(known["pitch_width_m"]))
    points = ask(Clicks(request.video, size, folder.with_name(f"{folder.name}.points.json")))
    note(f"points are kept in {points}; --calibration {points} takes them again")
    return replace(request, settings={**request.settings, **dict.fromkeys(names, str(points))})
