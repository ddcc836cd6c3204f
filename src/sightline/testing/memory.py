"""Stores that live in memory: the same promises as the real ones, gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import AdapterError, ConflictError, RunNotFoundError, SourceUnavailableError
from sightline.core.runs import Attempt, Checkpoint, Run, RunFilter, RunState, check_transition

if TYPE_CHECKING:
    from sightline.core.events import RunEvent


class MemoryRunStore:
    """`RunStore`, `RunJournal` and `Outbox` in dictionaries."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._checkpoints: dict[str, dict[int, Checkpoint]] = {}
        self._events: dict[str, list[RunEvent]] = {}
        self._attempts: dict[str, dict[int, Attempt]] = {}
        self._outbox: dict[int, RunEvent] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()

    def add(self, run: Run) -> None:
        with self._lock:
            if run.id in self._runs:
                raise ConflictError(f"there is already a run {run.id}")
            self._runs[run.id] = run
            self._checkpoints[run.id] = {}
            self._events[run.id] = []
            self._attempts[run.id] = {}

    def get(self, run_id: str) -> Run:
        if run_id not in self._runs:
            raise RunNotFoundError(f"there is no run {run_id!r}")
        return self._runs[run_id]

    def list(
        self, wanted: RunFilter | None = None, *, limit: int = 100, before: str | None = None
    ) -> Sequence[Run]:
        chosen = wanted or RunFilter()
        with self._lock:
            newest_first = sorted(self._runs.values(), key=lambda run: run.id, reverse=True)
        found = [run for run in newest_first if chosen.takes(run) and (before is None or run.id < before)]
        return found[:limit]

    def update(self, run: Run, *, events: Sequence[RunEvent] = (), attempt: Attempt | None = None) -> Run:
        with self._lock:
            stored = self.get(run.id)
            if stored.version != run.version:
                raise ConflictError(f"run {run.id} was changed by somebody else")
            if stored.state != run.state:
                check_transition(stored.state, run.state)
            self._runs[run.id] = replace(run, version=run.version + 1)
            if attempt is not None:
                self._attempts[run.id][attempt.number] = attempt
            self._append(run.id, events)
            return self._runs[run.id]

    def delete(self, run_id: str) -> None:
        with self._lock:
            if self.get(run_id).state is RunState.RUNNING:
                raise ConflictError(f"run {run_id} is running")
            for kept in (self._runs, self._checkpoints, self._events, self._attempts):
                del kept[run_id]
            self._outbox = {number: one for number, one in self._outbox.items() if one.run_id != run_id}

    def commit(
        self, run_id: str, checkpoint: Checkpoint, *, attempt: int, events: Sequence[RunEvent] = ()
    ) -> None:
        with self._lock:
            self._check_fence(run_id, attempt)
            kept = self._checkpoints[run_id]
            if checkpoint.segment in kept:
                return
            kept[checkpoint.segment] = checkpoint
            for segment in kept.keys() - {max(kept)}:
                kept[segment] = replace(kept[segment], snapshots={})
            self._append(run_id, events)

    def append(self, run_id: str, events: Sequence[RunEvent], *, attempt: int) -> Sequence[RunEvent]:
        with self._lock:
            self._check_fence(run_id, attempt)
            return self._append(run_id, events)

    def checkpoints(self, run_id: str) -> Sequence[Checkpoint]:
        with self._lock:
            kept = self._checkpoints.get(run_id, {})
            return [kept[segment] for segment in sorted(kept)]

    def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        with self._lock:
            return self._events.get(run_id, [])[after : after + limit]

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        with self._lock:
            kept = self._attempts.get(run_id, {})
            return [kept[number] for number in sorted(kept)]

    def pending(self, *, run_id: str | None = None, limit: int = 500) -> Sequence[tuple[int, RunEvent]]:
        with self._lock:
            waiting = sorted(self._outbox.items(), key=lambda one: one[0])
        return [(number, one) for number, one in waiting if run_id in {None, one.run_id}][:limit]

    def sent(self, numbers: Sequence[int]) -> None:
        with self._lock:
            for number in numbers:
                self._outbox.pop(number, None)

    def _check_fence(self, run_id: str, attempt: int) -> None:
        if self.get(run_id).attempts != attempt:
            raise ConflictError(f"attempt {attempt} at run {run_id} has been taken over")

    def _append(self, run_id: str, events: Sequence[RunEvent]) -> Sequence[RunEvent]:
        stored = self._events[run_id]
        new = [
            replace(event, run_id=run_id, cursor=cursor)
            for cursor, event in enumerate(events, start=len(stored) + 1)
        ]
        stored += new
        self._outbox |= {next(self._numbers): event for event in new}
        return new


class MemoryObjects:
    """`ObjectStore` in a dictionary."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def put(self, key: str, data: Iterable[bytes]) -> None:
        parts = key.split("/")
        if "\\" in key or ":" in key or any(not part or part.startswith(".") for part in parts):
            raise AdapterError(f"not a usable key: {key!r}")
        whole = b"".join(data)
        with self._lock:
            if key in self._objects:
                raise ConflictError(f"the object {key!r} exists already")
            self._objects[key] = whole

    def get(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if key not in self._objects:
            raise SourceUnavailableError(f"there is no object {key!r}")
        yield self._objects[key][start:end]

    def list(self, prefix: str) -> Sequence[str]:
        with self._lock:
            return sorted(key for key in self._objects if key.startswith(prefix))

    def delete(self, key: str) -> None:
        with self._lock:
            self._objects.pop(key, None)

    def sign(self, key: str, *, expires_s: float) -> str:
        return f"memory:///{key}?seconds={expires_s:g}"


class MemoryUpkeep:
    """`Upkeep` of nothing: its copies say when they were asked for."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.copies = 0

    def back_up(self, target: Path) -> Path:
        self.copies += 1
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"copy {self.copies}\n")
        return target

    def check(self) -> Sequence[str]:
        return tuple(self.wrong)
