"""Runs, queue, bus and objects: each implementation against its port's contract."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from sightline import plugins
from sightline.adapters.bus.memory import MemoryBus
from sightline.adapters.locks.memory import MemoryLocks
from sightline.adapters.objects.filesystem import FilesystemStore
from sightline.adapters.queue.memory import MemoryQueue
from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.queue import SqlQueue
from sightline.adapters.sql.runs import SqlRunStore
from sightline.adapters.sql.upkeep import SqlUpkeep
from sightline.core.links import checked_link, signed_link
from sightline.core.runs import Run, RunState
from sightline.testing.contracts import (
    EventBusContract,
    JobQueueContract,
    LocksContract,
    ObjectStoreContract,
    OutboxContract,
    RunJournalContract,
    RunStoreContract,
    UpkeepContract,
)
from sightline.testing.memory import MemoryObjects, MemoryRunStore, MemoryUpkeep


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


class TestSqliteQueue(JobQueueContract):
    @pytest.fixture(autouse=True)
    def _closed(self):
        yield
        self.database.close()

    def make(self, folder: Path, clock: Any) -> Any:
        self.database = Database(f"sqlite:///{folder / 'queue.db'}")
        return SqlQueue(self.database, clock)


class TestMemoryBus(EventBusContract):
    def make(self, folder: Path) -> Any:
        return MemoryBus()


class TestFilesystemObjects(ObjectStoreContract):
    def make(self, folder: Path) -> Any:
        def links(path: str, expires_s: float) -> str:
            return signed_link("http://here", path, secret=b"secret", until_s=1000 + expires_s)

        return FilesystemStore(folder, links)

    def opened(self, store: Any, address: str) -> bytes | None:
        parts = urlsplit(address)
        key = checked_link(unquote(parts.path)[1:], parts.query, secret=b"secret", now_s=1000)
        return b"".join(store.get(key))


class TestMemoryObjects(ObjectStoreContract):
    def make(self, folder: Path) -> Any:
        return MemoryObjects()

    def opened(self, store: Any, address: str) -> bytes | None:
        return b"".join(store.get(urlsplit(address).path[1:]))


class TestMemoryLocks(LocksContract):
    def make(self, folder: Path, clock: Any) -> Any:
        return MemoryLocks(clock)


class TestSqliteUpkeep(_SqliteFile, UpkeepContract):
    def make(self, folder: Path) -> Any:
        folder.mkdir()
        store = super().make(folder)
        store.add(Run("r1", RunState.QUEUED, "/v.mp4", "people", "/out"))
        return SqlUpkeep(store.database)

    def held(self, copy: Path) -> object:
        plain = sqlite3.connect(copy)
        found = plain.execute("SELECT id FROM runs").fetchall()
        plain.close()
        return found == [("r1",)]


class TestMemoryUpkeep(UpkeepContract):
    def make(self, folder: Path) -> Any:
        return MemoryUpkeep()

    def held(self, copy: Path) -> object:
        return copy.read_text().startswith("copy ")


@pytest.mark.parametrize(
    ("group", "tested"),
    [
        ("runs", {"sql"}),
        ("queues", {"memory", "sql", "celery"}),
        ("buses", {"memory", "redis"}),
        ("limits", {"memory", "redis"}),
        ("locks", {"memory", "redis"}),
        ("objects", {"filesystem", "s3"}),
    ],
)
def test_every_installed_implementation_is_tested_here_or_on_its_server(group: str, tested: set[str]):
    assert set(plugins.names(group)) == tested
