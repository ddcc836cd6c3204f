"""Forgets a run, and removes its results where asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sightline.service.folder import RunFolder
from sightline.service.inspect import get_run

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.service.platform import Platform


def delete_run(platform: Platform, run_id: str, *, files: bool) -> Run:
    """Forget a run; with `files` also remove what it wrote, and nothing else that lies in its folder.

    Raises:
        RunNotFoundError: No such run.
        ConflictError: It is running.
    """
    run = get_run(platform, run_id)
    platform.runs.delete(run.id)
    folder = RunFolder(Path(run.folder))
    if files and folder.root.is_dir():
        with folder.locked():
            folder.clear()
        folder.finish()
        if not any(folder.root.iterdir()):
            folder.root.rmdir()
    return run
