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
    to others after SIGHTLINE_LEASE_S; both go on from the last checkpoint. A database server that is away is waited for.
    """
    from sightline.cli.session import await_platform, stoppable
    from sightline.worker.main import work

    with stoppable() as asked:
        platform = await_platform(asked)
        if platform is None:
            return
        if not quiet:
            note("waiting for queued runs; Ctrl-C stops")
        work(platform, slots, asked)
