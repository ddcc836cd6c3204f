"""Carries a run out: every segment once, then tables, report, annotated video and manifest.

What was committed before a crash is not done again; the rest gives the same bytes as a run that was never
disturbed.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from sightline.core.errors import ConflictError, OutputFullError, RunCancelled, SightlineError
from sightline.core.events import EventKind
from sightline.core.runs import Attempt, Checkpoint, Run, RunState, check_transition
from sightline.engine.progress import ProgressMeter
from sightline.engine.retry import RetryPolicy, with_retries
from sightline.engine.run import EngineStats, Pipeline
from sightline.service.folder import RunFolder, free_bytes
from sightline.service.jobs.ending import ending, run_timeout
from sightline.service.jobs.fan_out import Course, can_share, share
from sightline.service.jobs.run_events import Listener, RunEvents
from sightline.service.object_results import publish_objects
from sightline.service.prepare import Prepared, engine_settings, prepare
from sightline.service.publish import publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from sightline.core.media import Segment
    from sightline.engine.progress import Progress
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_LOOK_EVERY_S = 0.5  # between two looks at whether the run is to be cancelled


def execute(
    platform: Platform,
    run_id: str,
    *,
    listener: Listener | None = None,
    cancel: Event | None = None,
    worker: str | None = None,
    tries_left: int | None = None,
) -> Run:
    """Carry a queued run out, to its end or to the first thing that stops it.

    Args:
        platform: The adapters.
        run_id: A queued run.
        listener: Told each event in this process, besides the bus.
        cancel: Set it to stop; the run can be resumed.
        worker: Who does it, for the record; this process by default.
        tries_left: Of a worker's job: how often it may be queued again after an error that may pass; a worker
            takes it up after a while, and a relay hands its events to the bus. By default there is nobody else:
            this process waits, tries again, and publishes.

    Raises:
        RunCancelled: It was asked to stop; what was committed stays.
        ConflictError: Somebody else works on it, or has taken it over.
        SightlineError: What ended it; stored with the run.
    """
    run = platform.runs.get(run_id)
    with RunFolder(Path(run.folder)).locked():
        attempt = Attempt(run.attempts + 1, worker or this_process(), platform.clock.now_s())
        return _Execution(platform, run, attempt, listener, cancel, tries_left).carry_out()


def this_process() -> str:
    """Give a name by which people find a process: machine and number."""
    return f"{socket.gethostname()}:{os.getpid()}"


class _Execution:
    """One attempt of one process to bring a run to its end."""

    def __init__(
        self,
        platform: Platform,
        run: Run,
        attempt: Attempt,
        listener: Listener | None,
        cancel: Event | None,
        tries_left: int | None,
    ) -> None:
        self._platform = platform
        self._run = run
        self._attempt = attempt
        self._cancel = cancel
        self._tries_left = tries_left
        self._folder = RunFolder(Path(run.folder))
        self._events = RunEvents(platform, run.id, attempt.number, listener, is_job=self._is_job)
        self._log = _log.bind(run=run.id)
        self._began_s = time.monotonic()
        self._looked_s = -_LOOK_EVERY_S
        self._timings: dict[str, Any] = {}
        self._pace: dict[str, float | None] = {}

    @property
    def _is_job(self) -> bool:
        return self._tries_left is not None

    def carry_out(self) -> Run:
        """Do it all; the run's state tells how it ended."""
        self._begin()
        try:
            prepared = self._analyse() if self._is_job else self._with_retries(self._analyse)
            self._publish(prepared)
        except RunCancelled:
            self._end(RunState.QUEUED if self._is_job else RunState.INTERRUPTED, {})
            raise
        except KeyboardInterrupt:
            self._end(RunState.INTERRUPTED, {})
            raise RunCancelled from None
        except SightlineError as error:
            self._log.info("run_failed", code=error.code, error=str(error), exc_info=error.__cause__)
            again = error.retryable and self._tries_left
            self._end(RunState.QUEUED if again else RunState.FAILED, error.to_json())
            raise
        ended = self._end(RunState.COMPLETED, {})
        self._folder.finish()  # not before the state is stored: who takes over from a dead worker needs the parts
        return ended

    # -- the segments --------------------------------------------------------------------------------------

    def _with_retries(self, work: Callable[[], Prepared]) -> Prepared:
        settings = self._platform.settings
        return with_retries(
            work,
            RetryPolicy(attempts=settings.max_attempts, base_s=settings.retry_base_s),
            clock=self._platform.clock,
            rng=self._platform.rng,
            on_retry=lambda error, failures, wait_s: self._log.warning(
                "attempt_failed", error=str(error), failures=failures, wait_s=round(wait_s, 2)
            ),
        )

    def _analyse(self) -> Prepared:
        """Do all segments that are not committed yet."""
        prepared = prepare(self._platform, self._run, self._folder)
        try:
            with self._stage("analyze"):
                self._run_pipeline(prepared)
        finally:
            prepared.source.close()
        return prepared

    def _run_pipeline(self, prepared: Prepared) -> None:
        segments, done = prepared.segments, self._committed()
        total = sum(segment.frames for segment in segments)
        before = sum(segment.frames for segment in segments[: len(done)])
        meter = ProgressMeter(total, done=before, clock=self._platform.clock)
        ends = list(accumulate(segment.frames for segment in segments))
        if len(done) == len(segments):
            return
        started_s = time.monotonic()
        course = Course(
            engine_settings(self._platform, self._run),
            snapshots=done[-1].snapshots if done else None,
            commit=lambda checkpoint: self._commit(checkpoint, ends[checkpoint.segment], total),
            tick=lambda count: self._tick(meter.read(before + count)),
            stop=self._asked_to_stop,
        )
        stats = self._carry_through(prepared, segments[len(done) :], course)
        self._note(stats, total - before, time.monotonic() - started_s)

    def _carry_through(self, prepared: Prepared, left: Sequence[Segment], course: Course) -> EngineStats:
        """Bring the segments that are left to their checkpoints: alone, or where it pays with other workers."""
        if self._is_job and 0 < self._platform.settings.share_from <= len(left) and can_share(prepared):
            return share(self._platform, self._run, self._folder, prepared, left, course)
        pipeline = Pipeline(prepared.source, prepared.stages, commit=course.commit, settings=course.engine)
        return pipeline.run(left, snapshots=course.snapshots, tick=course.tick, stop=course.stop)

    def _committed(self) -> Sequence[Checkpoint]:
        """Give the checkpoints whose parts lie in the folder, from the first on without a gap."""
        found = self._platform.journal.checkpoints(self._run.id)
        for place, checkpoint in enumerate(found):
            if checkpoint.segment != place or not self._folder.part(place).is_dir():
                raise ConflictError(
                    f"the work on segment {place} is gone from {self._folder.work}",
                    hint="somebody removed it; start again with --overwrite",
                )
        return found

    def _tick(self, progress: Progress) -> None:
        facts = progress.to_json()
        self._pace = {"fps": facts["fps"], "eta_s": facts["eta_s"]}
        self._events.progress("analyze", facts, is_last=progress.done == progress.total)

    def _commit(self, checkpoint: Checkpoint, done: int, total: int) -> None:
        details = {
            "segment": checkpoint.segment,
            "rows": dict(checkpoint.parts),
            "done": done,
            "total": total,
        }
        details |= self._pace
        event = self._events.event(EventKind.STAGE_PROGRESS, "analyze", details)
        journal, attempt = self._platform.journal, self._attempt.number
        if self._run.settings.get("checkpoints", True):
            journal.commit(self._run.id, checkpoint, attempt=attempt, events=[event])
        else:
            journal.append(self._run.id, [event], attempt=attempt)
        self._events.relay()
        if free_bytes(self._folder.root) < self._platform.settings.min_free_bytes:
            raise OutputFullError(
                f"less than {self._platform.settings.min_free_bytes / 1e6:.0f} MB are free at {self._folder.root}",
                hint="free some space, then resume with --resume; what was done so far is kept",
            )

    def _note(self, stats: EngineStats, frames: int, wall_s: float) -> None:
        self._timings["analyze"] = {
            "frames": frames,
            "wall_s": round(wall_s, 3),
            "fps": round(frames / wall_s, 2) if wall_s > 0 else None,
            "busy_s": {name: round(busy, 3) for name, busy in stats.busy_s.items()},
            "waited_s": {
                name: {"writer": round(channel.put_wait_s, 3), "reader": round(channel.get_wait_s, 3)}
                for name, channel in stats.channels.items()
            },
        }

    # -- the results ---------------------------------------------------------------------------------------

    def _publish(self, prepared: Prepared) -> None:
        publish(
            self._platform,
            self._run,
            self._folder,
            prepared,
            timings=self._timings,
            stage=self._stage,
            check=self._check,
        )
        if self._platform.objects is not None:
            with self._stage("store"):
                publish_objects(self._platform, self._run)

    def _check(self, name: str, progress: Mapping[str, Any] | None = None) -> None:
        """Tell how far a step has come; leave it where somebody asked for that."""
        if self._asked_to_stop():
            raise RunCancelled
        if progress is not None:
            self._events.progress(name, progress, is_last=progress.get("done") == progress.get("total"))

    # -- state and events ----------------------------------------------------------------------------------

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        started_s = time.monotonic()
        self._events.keep(EventKind.STAGE_STARTED, name)
        try:
            yield
        except SightlineError as error:
            self._events.keep(EventKind.STAGE_FAILED, name, {"code": error.code, "error": str(error)})
            raise
        self._timings.setdefault(name, {})["stage_s"] = round(time.monotonic() - started_s, 3)
        self._events.keep(EventKind.STAGE_COMPLETED, name)

    def _asked_to_stop(self) -> bool:
        if self._cancel is not None and self._cancel.is_set():
            return True
        now_s, limit_s = time.monotonic(), self._platform.settings.run_timeout_s
        if limit_s and now_s - self._began_s > limit_s:
            raise run_timeout(limit_s)
        if now_s - self._looked_s < _LOOK_EVERY_S:
            return False
        self._looked_s = now_s
        return self._platform.runs.get(self._run.id).cancel_requested

    def _begin(self) -> None:
        if self._run.state is not RunState.QUEUED:
            check_transition(self._run.state, RunState.RUNNING)
            raise ConflictError(f"run {self._run.id} is running", hint="wait for it, or cancel it")
        running = replace(
            self._run,
            state=RunState.RUNNING,
            attempts=self._attempt.number,
            error={},
            updated_s=self._platform.clock.now_s(),
        )
        self._run = self._platform.runs.update(running, attempt=self._attempt)

    def _end(self, state: RunState, error: Mapping[str, Any]) -> Run:
        """Store how it ended; where it did not complete and somebody asked for it to stop, it is cancelled.

        Raises:
            ConflictError: Somebody else has taken the run over; it is theirs to end.
        """
        while True:
            now = self._platform.runs.get(self._run.id)
            if now.attempts != self._attempt.number:
                raise ConflictError(f"run {now.id} was taken over by attempt {now.attempts}")
            stopped = now.cancel_requested and state in {RunState.INTERRUPTED, RunState.QUEUED}
            try:
                return self._ended(now, RunState.CANCELLED if stopped else state, error)
            except ConflictError:
                continue

    def _ended(self, now: Run, state: RunState, error: Mapping[str, Any]) -> Run:
        now_s = self._platform.clock.now_s()
        outcome = state.value
        if state is RunState.QUEUED:
            outcome = "again" if error else RunState.INTERRUPTED.value
        attempt = replace(self._attempt, ended_s=now_s, outcome=outcome, error=error)
        ended = replace(now, state=state, error=error, updated_s=now_s)
        event = ending(ended, now_s)
        self._run = self._platform.runs.update(ended, events=[event] if event else [], attempt=attempt)
        if event is not None:
            self._events.announce(event)
        return self._run
