"""Looks runs up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import RunNotFoundError
from sightline.core.runs import RunFilter

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.service.platform import Platform

_TWO = 2


def list_runs(
    platform: Platform, wanted: RunFilter | None = None, *, limit: int = 50, before: str | None = None
) -> Sequence[Run]:
    """Give runs, newest first; `before` is the last id of the page before."""
    return platform.runs.list(wanted, limit=limit, before=before)


def get_run(platform: Platform, run_id: str) -> Run:
    """Give one run, by its id or the beginning or end of it.

    Raises:
        RunNotFoundError: None or several fit.
    """
    try:
        return platform.runs.get(run_id)
    except RunNotFoundError:
        near = platform.runs.list(RunFilter(id_part=run_id), limit=_TWO) if run_id else ()
        if len(near) == 1:
            return near[0]
        if near:
            raise RunNotFoundError(
                f"several runs begin or end with {run_id!r}",
                hint="give the last eight characters, which are drawn by lot",
            ) from None
        raise


def find_by_folder(platform: Platform, folder: Path) -> Run | None:
    """Give the newest run that works in a folder, None where there is none."""
    return next(iter(runs_in(platform, folder)), None)


def runs_in(platform: Platform, folder: Path) -> Sequence[Run]:
    """Give the runs that work in a folder, newest first."""
    return platform.runs.list(RunFilter(folder=str(folder.absolute())), limit=1000)
