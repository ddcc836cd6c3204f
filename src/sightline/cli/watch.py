"""`sightline watch`: each new video of a folder or bucket is analysed, once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import note, say
from sightline.cli.lazy import leaf
from sightline.cli.options import App
from sightline.core.errors import SightlineError
from sightline.core.runs import Run, RunState

if TYPE_CHECKING:
    from threading import Event

    from sightline.service.platform import Platform
    from sightline.service.watch.watcher import Taken, Watcher
    from sightline.settings import WatchedPlace

_LOOK_EVERY_S = 0.2


@leaf(
    "watch",
    "sightline watch incoming --app road",
    "sightline watch s3://videos/match- --app football --model sightline-football-n --workers 2",
    "sightline watch incoming --once",
)
def watch(
    *,
    place: Annotated[str, typer.Argument(metavar="FOLDER|s3://BUCKET/PREFIX", help="Where videos turn up.")],
    app: App = "people",
    model: Annotated[str, typer.Option(help="Model; the application's own if left out.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Word to find the runs by; may be repeated.")] = None,
    workers: Annotated[
        int,
        typer.Option(min=0, max=256, help="Runs to carry out at once; 0 leaves them to `sightline worker`."),
    ] = 1,
    once: Annotated[
        bool, typer.Option("--once", help="Take what is there now, wait for its runs to end, and stop.")
    ] = False,
) -> None:
    """Analyse each new video of a folder or bucket, once.

    A file is taken when it has stopped growing, and never again under the same name, size and time: also after a
    restart. Naming a place here allows it; results go to `sightline runs list`.
    """
    from sightline.cli.session import stoppable
    from sightline.settings import WatchedPlace

    address = place if place.startswith("s3://") else str(Path(place).expanduser().resolve())
    wanted = WatchedPlace(place=address, app=app, owner="local", model=model, tags=tuple(tag or ()))
    platform = _platform(address)
    with stoppable() as asked:
        _watch(platform, wanted, workers, once=once, asked=asked)


def _watch(platform: Platform, wanted: WatchedPlace, workers: int, *, once: bool, asked: Event) -> None:
    from sightline.service.watch.watcher import Watcher
    from sightline.worker.pool import WorkerPool

    watcher, pool = Watcher(platform, wanted), WorkerPool(platform, workers)
    note(f"watching {wanted.place}" + ("" if once else "; Ctrl-C stops"))
    pool.start()
    try:
        runs = _taken(platform, watcher, once=once, asked=asked)
        while workers and once and any(not platform.runs.get(run_id).has_ended for run_id in runs):
            if asked.wait(_LOOK_EVERY_S):
                return
    finally:
        pool.close()
    if once and workers:
        _tell_ends([platform.runs.get(run_id) for run_id in runs])


def _taken(platform: Platform, watcher: Watcher, *, once: bool, asked: Event) -> list[str]:
    """Look again and again, and give the runs; with `once`, only until what is there has been seen to be whole."""
    settings = platform.settings
    settled_s = platform.clock.monotonic_s() + settings.watch_settle_s
    runs: list[str] = []
    while True:
        is_last = once and platform.clock.monotonic_s() >= settled_s
        try:
            for taken in watcher.look():
                _tell(taken)
                runs += [taken.run.id] if taken.run is not None else []
        except SightlineError as error:
            if once:
                raise
            note(f"{error.message}; looking again")
        wait_s = min(settings.watch_every_s, settings.watch_settle_s) if once else settings.watch_every_s
        if is_last or asked.wait(wait_s):
            return runs


def _tell_ends(runs: Sequence[Run]) -> None:
    """Print where results lie, and why there are none; raises `typer.Exit` where some failed."""
    for run in runs:
        say(f"{run.state}  {run.folder}")
        if run.error:
            note(f"{Path(run.source).name}: {run.error['message']}")
    if any(run.state is not RunState.COMPLETED for run in runs):
        raise typer.Exit(1)


def _tell(taken: Taken) -> None:
    if taken.run is not None:
        note(f"{taken.found.name} is run {taken.run.id}")
    elif taken.error is not None:
        note(f"{taken.found.name} is left alone: {taken.error.message}")


def _platform(address: str) -> Platform:
    """Give the platform, with the place allowed that the user names."""
    from sightline.bootstrap import build_platform
    from sightline.cli.session import open_settings

    settings = open_settings()
    is_bucket = address.startswith("s3://")
    folders = settings.allowed_folders if is_bucket else (*settings.allowed_folders, Path(address))
    buckets = (*settings.allowed_buckets, address) if is_bucket else settings.allowed_buckets
    return build_platform(
        settings.model_copy(update={"allowed_folders": folders, "allowed_buckets": buckets})
    )
