"""Asks a run to stop; what it has committed stays, and it can be resumed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError
from sightline.core.runs import Run, RunState, check_transition
from sightline.service.inspect import get_run
from sightline.service.jobs.ending import ending

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_TRIES = 10


def cancel(platform: Platform, run_id: str) -> Run:
    """Cancel a queued run at once; ask a running one to stop at the next look, within a second or two.

    Raises:
        RunNotFoundError: No such run.
        IllegalTransitionError: It has ended already.
    """
    for _ in range(_TRIES):
        run = get_run(platform, run_id)
        check_transition(run.state, RunState.CANCELLED)
        state = RunState.RUNNING if run.state is RunState.RUNNING else RunState.CANCELLED
        changed = replace(run, state=state, cancel_requested=True, updated_s=platform.clock.now_s())
        event = ending(changed, changed.updated_s)
        try:
            return platform.runs.update(changed, events=[event] if event else [])
        except ConflictError:
            continue
    raise ConflictError(f"run {run_id} keeps changing", hint="try again")
