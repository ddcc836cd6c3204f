"""Decides what becomes of a run: when a worker is handed it, and when the process that worked on it has ended.

Every change is guarded by the run's version and by the number of the attempt, so that a worker that is late changes
nothing. What was committed stays, whoever goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.errors import ConflictError, OutputError, WorkerLostError
from sightline.core.runs import Attempt, Run, RunState
from sightline.engine.retry import RetryPolicy
from sightline.service.folder import RunFolder
from sightline.service.jobs.ending import ending, run_memory, run_timeout

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_FAILED_TRIES = frozenset({"again", "crashed"})
_GOES_ON = _FAILED_TRIES | {"lost"}
_MOST_LOST = 20
_RETRY_CAP_S = 300.0
_NOT_QUEUED_WAIT_S = 0.3
_NOT_QUEUED_LOOKS = 6
_BUSY_WAIT_S = 2.0


class Stop(StrEnum):
    """Why a worker stops a run."""

    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CLOSING = "closing"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of the job: again after `delay_s`, or off the queue where that is None."""

    delay_s: float | None


OFF = Next(None)
ANEW = Next(0.0)
"""For whoever is next to look at the run; who has lost the lease changes nothing by it."""


def tries_left(platform: Platform, run: Run) -> int:
    """Give how often a run may still be tried again after the coming attempt."""
    return max(0, platform.settings.max_attempts - 1 - _tries(platform.journal.attempts(run.id)))


def take_up(platform: Platform, run: Run, deliveries: int) -> Run | Next:
    """Give a run that can be begun, or what else is to become of the job.

    A running one has lost its worker: its lease ran out, and nobody holds its folder.
    """
    if run.state is RunState.QUEUED:
        return run
    if run.state is RunState.COMPLETED:
        _tidy(RunFolder(Path(run.folder)))
        return OFF
    if run.state is RunState.INTERRUPTED:  # by a person, at a worker that was not this queue's
        return _change(platform, run, RunState.QUEUED, {}, attempt=None)
    if run.state is RunState.RUNNING:
        try:
            with RunFolder(Path(run.folder)).locked():
                return _take_over(platform, run)
        except ConflictError:
            return Next(_BUSY_WAIT_S)
    # It has ended. Whoever resumes it queues the job first, and the run a moment later.
    return Next(_NOT_QUEUED_WAIT_S) if deliveries < _NOT_QUEUED_LOOKS else OFF


def _tidy(folder: RunFolder) -> None:
    """Remove the work of a run whose worker died after it had stored its end."""
    if folder.is_complete and folder.work.is_dir():
        with suppress(ConflictError, OutputError), folder.locked():
            folder.finish()


def settle(platform: Platform, run_id: str, attempt: int, stopped: Stop | None) -> Next:
    """Give what becomes of a job once the process that worked on its run has ended.

    Args:
        platform: The adapters.
        run_id: Whose.
        attempt: Number of the attempt that has ended.
        stopped: Why the worker stopped it, None where it did not.
    """
    run = platform.runs.get(run_id)
    if stopped is Stop.LOST or run.attempts > attempt:
        return ANEW  # somebody else's now, unless nobody could take it: as when the database was away
    if run.attempts < attempt and stopped is Stop.MEMORY and run.state is RunState.QUEUED:
        run = _begun(platform, run, attempt)
    if run.attempts < attempt:  # it could not begin: its folder or its row was held by somebody
        return OFF if run.has_ended else Next(_BUSY_WAIT_S)
    if run.state is RunState.QUEUED:
        return Next(_wait_s(platform, run))
    if run.state is RunState.RUNNING:
        return _died(platform, run, stopped)
    return OFF


def _take_over(platform: Platform, run: Run) -> Run | Next:
    attempts = platform.journal.attempts(run.id)
    lost = sum(one.outcome == "lost" for one in _tail(attempts)) + 1
    if run.cancel_requested:
        return _ended(_change(platform, run, RunState.CANCELLED, {}, attempt="lost"))
    if lost >= _MOST_LOST:
        error = WorkerLostError(
            f"{lost} workers in a row died while they worked on it",
            hint="look at their logs and at the machine's memory; then resume the run",
        )
        return _ended(_change(platform, run, RunState.FAILED, error.to_json(), attempt="lost"))
    return _change(platform, run, RunState.QUEUED, {}, attempt="lost")


def _begun(platform: Platform, run: Run, attempt: int) -> Run:
    """Count an attempt whose process grew too large while it started, or the run would be begun for ever."""
    now_s = platform.clock.now_s()
    running = replace(run, state=RunState.RUNNING, attempts=attempt, updated_s=now_s)
    return platform.runs.update(running, attempt=Attempt(attempt, "", now_s))


def _ended(_run: Run) -> Next:
    return OFF


def _died(platform: Platform, run: Run, stopped: Stop | None) -> Next:
    """The process is gone and could not say why; its worker knows whether it was stopped."""
    if run.cancel_requested or stopped is Stop.CANCELLED:
        return _ended(_change(platform, run, RunState.CANCELLED, {}, attempt="cancelled"))
    if stopped is Stop.TIMEOUT:
        error = run_timeout(platform.settings.run_timeout_s).to_json()
        return _ended(_change(platform, run, RunState.FAILED, error, attempt="failed"))
    if stopped is Stop.MEMORY:  # it would take as much again
        error = run_memory(platform.settings.run_memory_bytes).to_json()
        return _ended(_change(platform, run, RunState.FAILED, error, attempt="failed"))
    if stopped is Stop.CLOSING:
        _change(platform, run, RunState.QUEUED, {}, attempt="interrupted")
        return Next(0.0)
    crash = WorkerLostError(
        "the process that worked on it died",
        hint="the video may be damaged in a way that kills the decoder; the worker's log says how it ended",
    ).to_json()
    if not tries_left(platform, run):
        return _ended(_change(platform, run, RunState.FAILED, crash, attempt="crashed"))
    return Next(_wait_s(platform, _change(platform, run, RunState.QUEUED, crash, attempt="crashed")))


def _tail(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Give the last attempts that the platform itself made, since a person last asked for it."""
    ended = [one for one in attempts if one.outcome]
    return list(takewhile(lambda one: one.outcome in _GOES_ON, reversed(ended)))


def _tries(attempts: Sequence[Attempt]) -> int:
    return sum(one.outcome in _FAILED_TRIES for one in _tail(attempts))


def _wait_s(platform: Platform, run: Run) -> float:
    failures = _tries(platform.journal.attempts(run.id))
    policy = RetryPolicy(base_s=platform.settings.retry_base_s, cap_s=_RETRY_CAP_S)
    return policy.wait_s(failures, platform.rng) if failures else 0.0


def _change(
    platform: Platform, run: Run, state: RunState, error: Mapping[str, Any], *, attempt: str | None
) -> Run:
    """Store a run's new state, and how its attempt ended; a request to cancel that comes in meanwhile is kept.

    Raises:
        ConflictError: Somebody else has begun an attempt.
    """
    now_s = platform.clock.now_s()
    while True:
        now = platform.runs.get(run.id)
        if (now.attempts, now.state) != (run.attempts, run.state):
            raise ConflictError(f"run {run.id} was taken over by attempt {now.attempts}")
        changed = replace(now, state=state, error=error, updated_s=now_s)
        event = ending(changed, now_s)
        ended = _last_attempt(platform, run, attempt, error) if attempt else None
        try:
            return platform.runs.update(changed, events=[event] if event else [], attempt=ended)
        except ConflictError:
            continue


def _last_attempt(platform: Platform, run: Run, outcome: str, error: Mapping[str, Any]) -> Attempt | None:
    for one in platform.journal.attempts(run.id):
        if one.number == run.attempts:
            return replace(one, ended_s=platform.clock.now_s(), outcome=outcome, error=error)
    return None
