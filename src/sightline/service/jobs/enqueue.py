"""Puts runs into the queue; the same request for the same video is answered from what is stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sightline
from sightline.core.runs import Run, RunFilter, RunState
from sightline.service.folder import RunFolder
from sightline.service.housekeeping.pressure import check_room
from sightline.service.inspect import get_run
from sightline.service.prepare import model_options
from sightline.service.resume import resume
from sightline.service.submit import AnalyzeRequest, check_request, new_run_id, store_request
from sightline.vision.catalog import build_model

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_LOOKED_AT = 20
_NEVER_A_RESULT = frozenset({"batch", "checkpoints", "warnings"})


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What became of a request.

    Attributes:
        run: A new run that waits, or the finished one that has the same result.
        from_store: Which of the two.
        warnings: What was wished for and cannot be met, in sentences.
    """

    run: Run
    from_store: bool
    warnings: tuple[str, ...] = ()


def enqueue(platform: Platform, request: AnalyzeRequest, *, reuse: bool = True) -> Enqueued:
    """Check a request and queue it, or answer it from a finished run of the same owner with the same fingerprint.

    The job is put before the run is stored: a crash in between leaves a job without a run, which workers drop, and
    never a run without a job.

    Raises:
        MediaError: The video cannot be used.
        ConfigError: A name or setting is wrong.
        ConflictError: The folder that the request names holds results already.
        OutputError: The folder cannot be written to.
    """
    check_room(platform)
    settings = check_request(platform, request)
    fingerprint = fingerprint_of(platform, request.app, settings)
    if reuse and not request.overwrite:
        found = find_finished(platform, request.owner, fingerprint)
        if found is not None:
            return Enqueued(found, from_store=True, warnings=request.warnings)
    run_id = new_run_id(platform.clock.now_s())
    placed = request if request.out else replace(request, out=platform.settings.results / run_id)
    platform.queue.put(run_id, priority=request.priority, owner=request.owner)
    run = store_request(platform, placed, settings, run_id=run_id, fingerprint=fingerprint)
    return Enqueued(run, from_store=False, warnings=request.warnings)


def resume_job(platform: Platform, run_id: str) -> Run:
    """Queue a stopped run again; it goes on from the stage and segment where it stopped.

    Raises:
        RunNotFoundError: No such run.
        ConflictError: It is still running, or the video has changed since.
        IllegalTransitionError: It has completed.
        SourceUnavailableError: The video is gone.
    """
    run = get_run(platform, run_id)
    platform.queue.put(run.id, priority=run.priority, owner=run.owner)
    return resume(platform, run.id)


def find_finished(platform: Platform, owner: str, fingerprint: str) -> Run | None:
    """Give the newest finished run of an owner with that fingerprint whose results are still there."""
    wanted = RunFilter(state=RunState.COMPLETED, owner=owner, fingerprint=fingerprint)
    for run in platform.runs.list(wanted, limit=_LOOKED_AT):
        if RunFolder(Path(run.folder)).is_complete:
            return run
    return None


def fingerprint_of(platform: Platform, app: str, settings: Mapping[str, Any]) -> str:
    """Give the SHA-256 of all that decides a result: version, application, video, settings, weights.

    Raises:
        ModelError: The model cannot be used.
        UnknownPluginError: There is no such model.
    """
    model = build_model(settings["model"], model_options(platform, settings), platform.zoo).info
    decides = {
        "sightline": sightline.__version__,
        "app": app,
        "weights": [model.name, model.family, model.sha256],
        **{name: value for name, value in settings.items() if name not in _NEVER_A_RESULT},
        "source": settings["source"]["sha256"],
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
