"""A run, its states, and what it has committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sightline.core.errors import IllegalTransitionError

LOCAL_OWNER = "local"
"""Whose runs are that are started on the command line."""


class RunState(StrEnum):
    """Where a run stands.

    queued -> running -> completed
              running -> queued (to be tried again, or its worker died)
              running -> failed | cancelled | interrupted -> queued (resumed by a person)
    """

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


_NEXT: Mapping[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.RUNNING: frozenset(
        {
            RunState.COMPLETED,
            RunState.QUEUED,
            RunState.FAILED,
            RunState.CANCELLED,
            RunState.INTERRUPTED,
        }
    ),
    RunState.COMPLETED: frozenset(),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset({RunState.QUEUED}),
    RunState.INTERRUPTED: frozenset({RunState.QUEUED, RunState.CANCELLED}),
}


_WAY_ON = {
    RunState.QUEUED: "it has yet to begin",
    RunState.RUNNING: "wait for its end, or stop it with `sightline runs cancel`",
    RunState.COMPLETED: "its results stand; `sightline analyze --overwrite` begins again",
    RunState.FAILED: "`sightline runs resume` goes on with it",
    RunState.CANCELLED: "`sightline runs resume` goes on with it",
    RunState.INTERRUPTED: "`sightline runs resume` goes on with it",
}


def check_transition(now: RunState, then: RunState) -> None:
    """Refuse a step that a run cannot take.

    Raises:
        IllegalTransitionError: From `now` no way leads to `then`.
    """
    if then not in _NEXT[now]:
        raise IllegalTransitionError(f"a {now} run cannot become {then}", hint=_WAY_ON[now])


@dataclass(frozen=True, slots=True)
class Run:
    """One request to turn a video into data.

    Attributes:
        id: Unique and sortable by age.
        state: Where it stands.
        source: The video's path or address.
        app: The application's name.
        folder: Where its results go.
        settings: Everything that shapes the result, as plain data.
        created_s: Wall clock, seconds since the Unix epoch.
        updated_s: Likewise, of the last change.
        attempts: How often it was started.
        cancel_requested: Somebody asked it to stop.
        error: `code`, `message` and `hint` of what ended it, else empty.
        version: Rises with each change; a write with an old one loses.
        owner: Id of the user whose it is.
        priority: The higher, the sooner it is begun.
        tags: Words to find it by, sorted.
        video_id: Id of an uploaded video, empty where the source is none.
        fingerprint: SHA-256 of all that decides the result; equal ones have equal results. Empty: not known.
    """

    id: str
    state: RunState
    source: str
    app: str
    folder: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    created_s: float = 0.0
    updated_s: float = 0.0
    attempts: int = 0
    cancel_requested: bool = False
    error: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    owner: str = LOCAL_OWNER
    priority: int = 0
    tags: tuple[str, ...] = ()
    video_id: str = ""
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if self.tags != tuple(sorted(set(self.tags))) or any(not 0 < len(tag) <= 64 for tag in self.tags):
            raise ValueError(f"tags must be sorted, unique and of 1 to 64 letters, got {self.tags}")

    @property
    def has_ended(self) -> bool:
        """Whether nobody will go on with it unless asked to."""
        return self.state not in {RunState.QUEUED, RunState.RUNNING}


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; what is left empty does not matter.

    Attributes:
        state: Where they stand.
        owner: Whose they are.
        shared_ids: Runs of others that are wanted as well as those of `owner`.
        app: The application.
        tag: A tag they have.
        folder: Where their results go.
        fingerprint: What decides their results.
        video_id: The uploaded video.
        id_part: What their id begins or ends with.
    """

    state: RunState | None = None
    owner: str = ""
    shared_ids: frozenset[str] = frozenset()
    app: str = ""
    tag: str = ""
    folder: str = ""
    fingerprint: str = ""
    video_id: str = ""
    id_part: str = ""

    def takes(self, run: Run) -> bool:
        """Whether a run is wanted."""
        plain = ("app", "folder", "fingerprint", "video_id")
        return (
            (self.state is None or run.state is self.state)
            and (not self.owner or run.owner == self.owner or run.id in self.shared_ids)
            and (not self.tag or self.tag in run.tags)
            and (not self.id_part or run.id.startswith(self.id_part) or run.id.endswith(self.id_part))
            and all(getattr(self, name) in {"", getattr(run, name)} for name in plain)
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One worker's try at a run. Its number is what fences late workers off.

    Attributes:
        number: Counts from 1 within the run.
        worker: Who tries.
        started_s: Wall clock, seconds since the Unix epoch.
        ended_s: Likewise; None while it goes on.
        outcome: The state that it left the run in; `again` where it is tried again after an error, `crashed`
            where the process died, `lost` where its worker did; empty while it goes on.
        error: `code`, `message` and `hint` of what ended it, else empty.
    """

    number: int
    worker: str
    started_s: float
    ended_s: float | None = None
    outcome: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A committed segment: its table parts lie on disk, and stages with memory can go on after it.

    Attributes:
        segment: Number of the segment.
        frames: How many frames it accounted for.
        snapshots: Stage name -> its state after the segment.
        parts: Table name -> rows in this segment's part file.
    """

    segment: int
    frames: int
    snapshots: Mapping[str, bytes] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
