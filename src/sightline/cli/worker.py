"""`sightline worker`: carries out what others have queued."""

from __future__ import annotations

from typing import Annotated

import typer

from sightline.cli.console import note
from sightline.cli.lazy import leaf


@leaf(
    "worker", "sightline worker", "sightline worker --slots 4", "SIGHTLINE_LOG_FORMAT=json sightline worker"
)
def app(
    *,
    slots: Annotated[
        int, typer.Option(min=1, max=256, help="Runs to carry out at once; the cores are shared.")
    ] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Carry out queued runs until it is stopped.

    Any number of workers may share a queue. One that is stopped gives its runs back, one that is killed loses them
    to others after SIGHTLINE_LEASE_S; both go on from the last checkpoint.
    """
    from sightline.cli.session import open_platform, stoppable
    from sightline.worker.main import work

    platform = open_platform()
    if not quiet:
        note("waiting for queued runs; Ctrl-C stops")
    with stoppable() as asked:
        work(platform, slots, asked)
