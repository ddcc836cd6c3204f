"""Runs, queue, bus and objects: each implementation against its port's contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sightline import plugins
from sightline.adapters.bus.memory import MemoryBus
from sightline.adapters.objects.filesystem import FilesystemStore
from sightline.adapters.queue.memory import MemoryQueue
from sightline.adapters.sql.runs import SqlRunStore
from sightline.testing.contracts import (
    EventBusContract,
    JobQueueContract,
    ObjectStoreContract,
    OutboxContract,
    RunJournalContract,
    RunStoreContract,
)
from sightline.testing.memory import MemoryObjects, MemoryRunStore


class _SqliteFile:
    @pytest.fixture(autouse=True)
    def _closed(self):
        self.opened: list[SqlRunStore] = []
        yield
        for store in self.opened:
            store.close()

    def make(self, folder: Path) -> Any:
        self.opened.append(SqlRunStore(f"sqlite:///{folder / 'runs.db'}"))
        return self.opened[-1]


class _SqliteMemory(_SqliteFile):
    def make(self, folder: Path) -> Any:
        self.opened.append(SqlRunStore("sqlite://"))
        return self.opened[-1]


class TestSqliteRuns(_SqliteFile, RunStoreContract):
    pass


class TestSqliteJournal(_SqliteFile, RunJournalContract):
    pass


class TestSqliteMemoryJournal(_SqliteMemory, RunJournalContract):
    pass


class TestSqliteOutbox(_SqliteFile, OutboxContract):
    pass


class TestMemoryOutbox(OutboxContract):
    def make(self, folder: Path) -> Any:
        return MemoryRunStore()


class TestMemoryRuns(RunStoreContract):
    def make(self, folder: Path) -> Any:
        return MemoryRunStore()


class TestMemoryJournal(RunJournalContract):
    def make(self, folder: Path) -> Any:
        return MemoryRunStore()


class TestMemoryQueue(JobQueueContract):
    def make(self, folder: Path, clock: Any) -> Any:
        return MemoryQueue(clock)


class TestMemoryBus(EventBusContract):
    def make(self, folder: Path) -> Any:
        return MemoryBus()


class TestFilesystemObjects(ObjectStoreContract):
    def make(self, folder: Path) -> Any:
        return FilesystemStore(folder)


class TestMemoryObjects(ObjectStoreContract):
    def make(self, folder: Path) -> Any:
        return MemoryObjects()


@pytest.mark.parametrize(
    ("group", "tested"),
    [
        ("runs", {"sql"}),
        ("queues", {"memory"}),
        ("buses", {"memory"}),
        ("objects", {"filesystem"}),
    ],
)
def test_every_installed_implementation_is_tested_here(group: str, tested: set[str]):
    assert set(plugins.names(group)) == tested
