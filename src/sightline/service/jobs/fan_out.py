"""Shares a long run's segments among all workers that have time.

What needs no memory (decoding, detection, poses) is done segment by segment, by whoever claims the segment first;
what was found is kept in the run's folder. The run's own process does its share, and meanwhile takes all segments
through the stages with a memory, in order, as it would have alone: the tables are the same bytes. Helpers must see
the run's folder and its video.

A claim is a lease in a queue of the run's own: that of a helper that died runs out, and somebody else does the
segment. Doing one twice gives the same bytes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError, RunCancelled, SightlineError
from sightline.engine.channel import ChannelAborted
from sightline.engine.run import EngineSettings, EngineStats, Pipeline
from sightline.ports import Resumable
from sightline.service.folder import RunFolder
from sightline.service.prepare import Prepared, engine_settings, prepare
from sightline.stages.keep import KeepStage, KeptSource
from sightline.stages.record import RecordStage

if TYPE_CHECKING:
    from sightline.core.media import Segment
    from sightline.core.runs import Checkpoint, Run
    from sightline.ports import JobQueue, Lease, Stage
    from sightline.service.platform import Platform

HELPER = "+"
"""Stands between a run's id and a helper's number in the id of a helper's job."""

_MOST_HELPERS = 16
_LOOK_EVERY_S = 0.05
_CLAIM_EVERY_S = 0.25
_NO_LIMIT_S = 1e9


def can_share(prepared: Prepared) -> bool:
    """Whether a model's work comes before all memory, and what has a memory looks at no pictures."""
    free, ordered = _split(prepared.stages)
    return bool(free) and not any(getattr(stage, "needs_pictures", True) for stage in ordered)


@dataclass(frozen=True, slots=True)
class Course:
    """How a run is taken through its segments; see `engine.run.Pipeline`."""

    engine: EngineSettings
    snapshots: Mapping[str, bytes] | None
    commit: Callable[[Checkpoint], None]
    tick: Callable[[int], None]
    stop: Callable[[], bool]


def share(
    platform: Platform,
    run: Run,
    folder: RunFolder,
    prepared: Prepared,
    left: Sequence[Segment],
    course: Course,
) -> EngineStats:
    """Bring all segments that are left to their checkpoints, with whoever helps.

    Raises:
        RunCancelled: `course.stop` said yes; what was committed stays.
        SightlineError: A stage ended the attempt.
    """
    _offer(platform, run, folder, left)
    wait = _Wait(folder)
    mine = threading.Thread(
        target=_look, args=(platform, run, folder, prepared, course.engine, wait), name="sightline-share"
    )
    source = KeptSource(prepared.media, prepared.segments, wait.read)
    record = RecordStage(folder.write_part, tables=prepared.tables, class_names=lambda: source.class_names)
    free, remembering = _split(prepared.stages)
    ordered = Pipeline(
        source,
        [*remembering, record],
        commit=course.commit,
        settings=EngineSettings(course.engine.channel_frames, _NO_LIMIT_S),  # it waits for others
        given={"frame"}.union(*(stage.produces for stage in free)),
    )
    mine.start()
    try:
        return ordered.run(
            left, snapshots=course.snapshots, tick=course.tick, stop=lambda: wait.end_if(course.stop())
        )
    finally:
        wait.end()
        mine.join()
        _withdraw(platform.queue, run.id)


def help_out(platform: Platform, run_id: str, stop: Callable[[], bool]) -> None:
    """Do segments of somebody else's run for as long as a lease lasts, or until none is left to claim.

    Then whole runs have their turn before it is helped again: the one helped among them, where its process has died.

    Raises:
        RunCancelled: `stop` said yes.
        SightlineError: A stage failed; the run's own process will meet that too, and say so.
    """
    run = platform.runs.get(run_id)
    folder = RunFolder(Path(run.folder))
    prepared = prepare(platform, run, folder)
    try:
        ends_s = time.monotonic() + platform.settings.lease_s
        claims = _Claims(platform, run.id, prepared.segments, lambda: stop() or time.monotonic() > ends_s)
        _work(folder, prepared, engine_settings(platform, run), claims, stop)
    finally:
        prepared.source.close()


def _split(stages: Sequence[Stage]) -> tuple[list[Stage], list[Stage]]:
    """Give the stages before the first that has a memory, and the others without the recording one."""
    working = [stage for stage in stages if not isinstance(stage, RecordStage)]
    first = next((place for place, one in enumerate(working) if isinstance(one, Resumable)), len(working))
    return working[:first], working[first:]


def _offer(platform: Platform, run: Run, folder: RunFolder, left: Sequence[Segment]) -> None:
    """Put up the segments, and ask for helpers; those come after whole runs, which waste nothing."""
    missing = [segment.number for segment in left if not folder.found(segment.number).is_file()]
    for number in missing:
        platform.queue.put(f"{run.id}/{number:06d}", owner=run.owner, topic=run.id)
    for helper in range(min(len(missing) - 1, _MOST_HELPERS)):
        platform.queue.put(f"{run.id}{HELPER}{helper}", priority=run.priority - 1, owner=run.owner)


def _withdraw(queue: JobQueue, run_id: str) -> None:
    while (lease := queue.take(lease_s=1.0, topic=run_id)) is not None:
        with suppress(ConflictError):
            queue.finish(lease)


def _look(
    platform: Platform, run: Run, folder: RunFolder, prepared: Prepared, engine: EngineSettings, wait: _Wait
) -> None:
    """Do this process's share; a failure is handed to the thread that waits for the findings."""
    try:
        while not wait.ended.is_set():
            claims = _Claims(platform, run.id, prepared.segments, wait.ended.is_set)
            _work(folder, prepared, engine, claims, wait.ended.is_set)
            wait.ended.wait(_CLAIM_EVERY_S)  # the others are at work; one may die, and its claim come free
    except RunCancelled:
        return
    except SightlineError as error:
        wait.fail(error)


def _work(
    folder: RunFolder,
    prepared: Prepared,
    engine: EngineSettings,
    claims: _Claims,
    stop: Callable[[], bool],
) -> None:
    if not claims.begin():  # nothing to do: no weights need be loaded
        return
    keep = KeepStage(folder.keep_found, class_names=lambda: prepared.model.info.class_names)
    pipeline = Pipeline(
        prepared.source,
        [*_split(prepared.stages)[0], keep],
        commit=lambda checkpoint: claims.done(checkpoint.segment),
        settings=engine,
    )
    pipeline.run(claims, tick=claims.keep_alive, stop=stop)


class _Wait:
    """The findings as they come in, and why no more will."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._error: SightlineError | None = None
        self.ended = threading.Event()

    def read(self, segment: int) -> bytes:
        """Give a segment's findings once they are there."""
        path = self._folder.found(segment)
        while not path.is_file():
            if self._error is not None:
                raise self._error
            if self.ended.wait(_LOOK_EVERY_S):
                raise ChannelAborted
        return path.read_bytes()

    def fail(self, error: SightlineError) -> None:
        self._error = error

    def end(self) -> None:
        self.ended.set()

    def end_if(self, stopped: bool) -> bool:  # noqa: FBT001
        if stopped:
            self.ended.set()
        return stopped


class _Claims:
    """Segments that this process has claimed, one after the other; the engine iterates over it."""

    def __init__(
        self, platform: Platform, run_id: str, segments: Sequence[Segment], stop: Callable[[], bool]
    ) -> None:
        self._queue = platform.queue
        self._lease_s = platform.settings.lease_s
        self._run_id = run_id
        self._segments = segments
        self._stop = stop
        self._held: dict[int, Lease] = {}
        self._lock = threading.Lock()
        self._first: int | None = None
        self._kept_s = time.monotonic()

    def begin(self) -> bool:
        """Claim the first one; False where none is free."""
        self._first = self._claim()
        return self._first is not None

    def __iter__(self) -> Iterator[Segment]:
        number = self._first
        while number is not None:
            yield self._segments[number]
            number = None if self._stop() else self._claim()

    def done(self, segment: int) -> None:
        """Its findings are kept."""
        with self._lock:
            lease = self._held.pop(segment)
        with suppress(ConflictError):  # somebody else did it too, and kept the same bytes
            self._queue.finish(lease)

    def keep_alive(self, _done: int) -> None:
        """Say that the claims are still being worked on."""
        if time.monotonic() - self._kept_s < self._lease_s / 3:
            return
        self._kept_s = time.monotonic()
        with self._lock:
            held = list(self._held.values())
        for lease in held:
            with suppress(ConflictError):
                self._queue.extend(lease, lease_s=self._lease_s)

    def _claim(self) -> int | None:
        lease = self._queue.take(lease_s=self._lease_s, topic=self._run_id)
        if lease is None:
            return None
        number = int(lease.job_id.rpartition("/")[2])
        with self._lock:
            self._held[number] = lease
        return number
