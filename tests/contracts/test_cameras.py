"""Cameras: each implementation against its port's contract."""

from __future__ import annotations

import pytest

from sightline.adapters.sql.cameras import SqlCameraStore
from sightline.adapters.sql.connection import Database
from sightline.testing.cameras import MemoryCameraStore
from sightline.testing.contracts import CameraStoreContract


class TestSqliteCameras(CameraStoreContract):
    @pytest.fixture(autouse=True)
    def _closed(self):
        self.opened = []
        yield
        for database in self.opened:
            database.close()

    def make(self, folder):
        self.opened.append(Database(f"sqlite:///{folder / 'cameras.db'}"))
        return SqlCameraStore(self.opened[-1])


class TestMemoryCameras(CameraStoreContract):
    def make(self, folder):
        return MemoryCameraStore()
