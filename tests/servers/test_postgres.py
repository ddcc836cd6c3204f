"""What keeps things in SQL keeps its promises on PostgreSQL too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from sightline.adapters.sql import migrations
from sightline.adapters.sql.accounts import SqlAccountStore
from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.queue import SqlQueue
from sightline.adapters.sql.runs import SqlRunStore
from sightline.adapters.sql.schema import metadata
from sightline.adapters.sql.upkeep import SqlUpkeep
from sightline.adapters.sql.videos import SqlReceiptStore, SqlVideoStore
from sightline.adapters.sql.webhooks import SqlWebhooks
from sightline.core.errors import ConfigError
from sightline.testing.contracts import (
    AccountStoreContract,
    DeliveryStoreContract,
    JobQueueContract,
    OutboxContract,
    ReceiptStoreContract,
    RunJournalContract,
    RunStoreContract,
    VideoStoreContract,
    WebhookStoreContract,
)

pytestmark = pytest.mark.server


class _Postgres:
    @pytest.fixture(autouse=True)
    def _database(self, postgres_url: str):
        self.database = Database(postgres_url)
        yield
        self.database.close()

    def make(self, folder: Path) -> Any:
        return SqlRunStore(self.database)


class TestPostgresRuns(_Postgres, RunStoreContract):
    pass


class TestPostgresJournal(_Postgres, RunJournalContract):
    pass


class TestPostgresOutbox(_Postgres, OutboxContract):
    pass


class TestPostgresQueue(_Postgres, JobQueueContract):
    def make(self, folder: Path, clock: Any) -> Any:
        return SqlQueue(self.database, clock)


class TestPostgresAccounts(_Postgres, AccountStoreContract):
    def make(self, folder: Path) -> Any:
        return SqlAccountStore(self.database)


class TestPostgresVideos(_Postgres, VideoStoreContract):
    def make(self, folder: Path) -> Any:
        return SqlVideoStore(self.database)


class TestPostgresReceipts(_Postgres, ReceiptStoreContract):
    def make(self, folder: Path) -> Any:
        return SqlReceiptStore(self.database)


class TestPostgresWebhooks(_Postgres, WebhookStoreContract):
    def make(self, folder: Path) -> Any:
        return SqlWebhooks(self.database)


class TestPostgresDeliveries(_Postgres, DeliveryStoreContract):
    def make(self, folder: Path) -> Any:
        return SqlWebhooks(self.database)


def test_a_copy_is_left_to_the_tools_of_postgresql(postgres_url, tmp_path):
    upkeep = SqlUpkeep(postgres_url)
    assert upkeep.check() == ()
    with pytest.raises(ConfigError, match="own tools") as refused:
        upkeep.back_up(tmp_path / "copy.db")
    assert "pg_dump" in refused.value.hint


def _differences(url: str) -> list[object]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), metadata
        )
    engine.dispose()
    return found


def test_a_new_database_has_the_declared_layout(postgres_url):
    Database(postgres_url).close()
    assert _differences(postgres_url) == []


def test_an_upgraded_database_has_the_declared_layout(postgres_url):
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        migrations.stamp(connection, "0000")
        connection.exec_driver_sql("DELETE FROM alembic_version")
        migrations.upgrade(connection, migrations.head())
    engine.dispose()
    assert _differences(postgres_url) == []
    Database(postgres_url).close()


def test_processes_that_open_a_new_database_at_once_do_not_race(postgres_url):
    code = f"from sightline.adapters.sql.runs import SqlRunStore\nprint(len(SqlRunStore({postgres_url!r}).list()))"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (out.strip(), err) == ("0", "")
    assert _differences(postgres_url) == []
