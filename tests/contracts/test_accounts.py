"""Accounts and rate limits: each implementation against its port's contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sightline.adapters.limits.memory import MemoryLimiter
from sightline.adapters.sql.accounts import SqlAccountStore
from sightline.adapters.sql.connection import Database
from sightline.testing.accounts import MemoryAccountStore
from sightline.testing.contracts import AccountStoreContract, RateLimiterContract
from sightline.testing.fakes import FakeClock


class TestSqliteAccounts(AccountStoreContract):
    @pytest.fixture(autouse=True)
    def _closed(self):
        self.opened: list[Database] = []
        yield
        for database in self.opened:
            database.close()

    def make(self, folder: Path) -> Any:
        self.opened.append(Database(f"sqlite:///{folder / 'accounts.db'}"))
        return SqlAccountStore(self.opened[-1])


class TestMemoryAccounts(AccountStoreContract):
    def make(self, folder: Path) -> Any:
        return MemoryAccountStore()


class TestMemoryLimiter(RateLimiterContract):
    def make(self) -> Any:
        self.clock = FakeClock()
        return MemoryLimiter(self.clock)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
