"""Videos and receipts: each implementation against its port's contract."""

from __future__ import annotations

import pytest

from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.videos import SqlReceiptStore, SqlVideoStore
from sightline.testing.contracts import ReceiptStoreContract, VideoStoreContract
from sightline.testing.videos import MemoryReceiptStore, MemoryVideoStore


class _Sqlite:
    @pytest.fixture(autouse=True)
    def _closed(self):
        self.opened = []
        yield
        for database in self.opened:
            database.close()

    def database(self, folder):
        self.opened.append(Database(f"sqlite:///{folder / 'videos.db'}"))
        return self.opened[-1]


class TestSqliteVideos(_Sqlite, VideoStoreContract):
    def make(self, folder):
        return SqlVideoStore(self.database(folder))


class TestSqliteReceipts(_Sqlite, ReceiptStoreContract):
    def make(self, folder):
        return SqlReceiptStore(self.database(folder))


class TestMemoryVideos(VideoStoreContract):
    def make(self, folder):
        return MemoryVideoStore()


class TestMemoryReceipts(ReceiptStoreContract):
    def make(self, folder):
        return MemoryReceiptStore()
