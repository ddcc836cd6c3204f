"""Stores that live in memory: the same promises as the real ones, gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.core.errors import AdapterError, ConflictError, RunNotFoundError, SourceUnavailableError
from sightline.core.runs import Checkpoint, Run, RunState, check_transition

if TYPE_CHECKING:
    from sightline.core.events import RunEvent


class MemoryRunStore:
    """`RunStore` and `RunJournal` in dictionaries."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._checkpoints: dict[str, dict[int, Checkpoint]] = {}
        self._events: dict[str, list[RunEvent]] = {}
        self._lock = threading.Lock()

    def add(self, run: Run) -> None:
        with self._lock:
            if run.id in self._runs:
                raise ConflictError(f"there is already a run {run.id}")
            self._runs[run.id] = run
            self._checkpoints[run.id] = {}
            self._events[run.id] = []

    def get(self, run_id: str) -> Run:
        if run_id not in self._runs:
            raise RunNotFoundError(f"there is no run {run_id!r}")
        return self._runs[run_id]

    def list(
        self, *, state: RunState | None = None, limit: int = 100, before: str | None = None
    ) -> Sequence[Run]:
        with self._lock:
            newest_first = sorted(self._runs.values(), key=lambda run: run.id, reverse=True)
        found = [
            run
            for run in newest_first
            if (state is None or run.state is state) and (before is None or run.id < before)
        ]
        return found[:limit]

    def update(self, run: Run, *, events: Sequence[RunEvent] = ()) -> Run:
        with self._lock:
            stored = self.get(run.id)
            if stored.version != run.version:
                raise ConflictError(f"run {run.id} was changed by somebody else")
            if stored.state != run.state:
                check_transition(stored.state, run.state)
            self._runs[run.id] = replace(run, version=run.version + 1)
            self._append(run.id, events)
            return self._runs[run.id]

    def delete(self, run_id: str) -> None:
        with self._lock:
            if self.get(run_id).state is RunState.RUNNING:
                raise ConflictError(f"run {run_id} is running")
            del self._runs[run_id], self._checkpoints[run_id], self._events[run_id]

    def commit(self, run_id: str, checkpoint: Checkpoint, *, events: Sequence[RunEvent] = ()) -> None:
        with self._lock:
            self.get(run_id)
            kept = self._checkpoints[run_id]
            if checkpoint.segment in kept:
                return
            kept[checkpoint.segment] = checkpoint
            for segment in kept.keys() - {max(kept)}:
                kept[segment] = replace(kept[segment], snapshots={})
            self._append(run_id, events)

    def checkpoints(self, run_id: str) -> Sequence[Checkpoint]:
        with self._lock:
            kept = self._checkpoints.get(run_id, {})
            return [kept[segment] for segment in sorted(kept)]

    def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        with self._lock:
            return self._events.get(run_id, [])[after : after + limit]

    def _append(self, run_id: str, events: Sequence[RunEvent]) -> None:
        stored = self._events[run_id]
        for event in events:
            stored.append(replace(event, run_id=run_id, cursor=len(stored) + 1))


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
