"""A run, its states, and what it has committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sightline.core.errors import IllegalTransitionError


class RunState(StrEnum):
    """Where a run stands.

    queued -> running -> completed
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
        {RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED, RunState.INTERRUPTED}
    ),
    RunState.COMPLETED: frozenset(),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset({RunState.QUEUED}),
    RunState.INTERRUPTED: frozenset({RunState.QUEUED, RunState.CANCELLED}),
}


def check_transition(now: RunState, then: RunState) -> None:
    """Refuse a step that a run cannot take.

    Raises:
        IllegalTransitionError: From `now` no way leads to `then`.
    """
    if then not in _NEXT[now]:
        raise IllegalTransitionError(f"a {now} run cannot become {then}")


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
