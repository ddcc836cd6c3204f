"""Looks runs up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import RunNotFoundError

if TYPE_CHECKING:
    from sightline.core.runs import Run, RunState
    from sightline.service.platform import Platform

_PAGE = 200


def list_runs(platform: Platform, *, state: RunState | None = None, limit: int = 50) -> Sequence[Run]:
    """Give runs, newest first."""
    return platform.runs.list(state=state, limit=limit)


def get_run(platform: Platform, run_id: str) -> Run:
    """Give one run, by its id or the beginning of it.

    Raises:
        RunNotFoundError: None or several fit.
    """
    try:
        return platform.runs.get(run_id)
    except RunNotFoundError:
        near = [run for run in _all(platform) if run.id.startswith(run_id) or run.id.endswith(run_id)]
        if run_id and len(near) == 1:
            return near[0]
        raise


def find_by_folder(platform: Platform, folder: Path) -> Run | None:
    """Give the newest run that works in a folder, None where there is none."""
    return next(iter(runs_in(platform, folder)), None)


def runs_in(platform: Platform, folder: Path) -> Sequence[Run]:
    """Give the runs that work in a folder, newest first."""
    wanted = str(folder.absolute())
    return [run for run in _all(platform) if run.folder == wanted]


def _all(platform: Platform) -> Sequence[Run]:
    found: list[Run] = []
    page = platform.runs.list(limit=_PAGE)
    while page:
        found += page
        page = platform.runs.list(limit=_PAGE, before=page[-1].id)
    return found
