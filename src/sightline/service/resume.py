"""Lets a run that stopped go on from its last committed segment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError, SourceUnavailableError
from sightline.core.runs import Run, RunState
from sightline.service.folder import RunFolder, sha256_of
from sightline.service.inspect import get_run

if TYPE_CHECKING:
    from sightline.service.platform import Platform


def resume(platform: Platform, run_id: str) -> Run:
    """Queue a stopped run again. A run whose process died counts as stopped: nobody holds its folder.

    Raises:
        RunNotFoundError: No such run.
        ConflictError: It is still running, or the video has changed since.
        IllegalTransitionError: It has completed.
        SourceUnavailableError: The video is gone.
    """
    run = get_run(platform, run_id)
    _check_source(run)
    if run.state is RunState.QUEUED:
        return run
    if run.state is RunState.RUNNING:
        with RunFolder(Path(run.folder)).locked():
            run = platform.runs.update(
                replace(run, state=RunState.INTERRUPTED, updated_s=platform.clock.now_s())
            )
    return platform.runs.update(
        replace(
            run, state=RunState.QUEUED, cancel_requested=False, error={}, updated_s=platform.clock.now_s()
        )
    )


def _check_source(run: Run) -> None:
    source = Path(run.source)
    if not source.is_file():
        raise SourceUnavailableError(f"{source} is gone", hint="put the video back to resume the run")
    if sha256_of(source) != run.settings["source"]["sha256"]:
        raise ConflictError(
            f"{source.name} has changed since the run began", hint="start again with --overwrite"
        )
