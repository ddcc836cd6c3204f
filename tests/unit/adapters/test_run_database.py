"""What the SQL run store does beyond its port: processes, damage, passwords, durability."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from servers.processes import free_port
from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.runs import SqlRunStore
from sightline.adapters.wiring import Wiring
from sightline.core.breaker import Breaker, BreakerPolicy, Breakers, BreakerState
from sightline.core.errors import AdapterError, AdapterUnavailableError, OutputFullError, SettingsError
from sightline.core.runs import Checkpoint, RunState
from sightline.settings import read_settings
from sightline.testing.contracts.runs import event, queued
from sightline.testing.fakes import FakeClock


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "runs.db"


@pytest.fixture
def store(database: Path):
    store = SqlRunStore(f"sqlite:///{database}")
    yield store
    store.close()


def test_what_one_store_writes_another_reads(store, database):
    store.add(queued())
    other = SqlRunStore(f"sqlite:///{database}")
    assert other.get("r1") == queued()
    changed = other.update(replace(queued(), state=RunState.RUNNING))
    assert store.get("r1") == changed
    other.close()


def test_a_reader_does_not_wait_for_a_writer(store, database):
    store.add(queued())
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE runs SET app = 'other'")
    assert store.get("r1").app == "people"
    writer.execute("COMMIT")
    assert store.get("r1").app == "other"
    writer.close()


def test_the_database_is_written_ahead_and_checks_its_references(store, database):
    store.add(queued())
    plain = sqlite3.connect(database)
    assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()
    with store.database._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_deleting_a_run_leaves_no_rows_behind(store, database):
    store.add(queued())
    store.commit("r1", Checkpoint(0, frames=1, snapshots={"track": b"x"}), events=[event()], attempt=0)
    store.delete("r1")
    plain = sqlite3.connect(database)
    for table in ("runs", "checkpoints", "snapshots", "events"):
        assert plain.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    plain.close()


def test_only_the_last_checkpoints_snapshots_take_room(store, database):
    store.add(queued())
    for segment in range(5):
        store.commit("r1", Checkpoint(segment, frames=1, snapshots={"a": b"x" * 1000, "b": b"y"}), attempt=0)
    plain = sqlite3.connect(database)
    assert plain.execute("SELECT segment, stage FROM snapshots ORDER BY 2").fetchall() == [(4, "a"), (4, "b")]
    plain.close()


@pytest.mark.slow
def test_a_killed_process_loses_nothing_it_has_committed(database):
    """The child says how far it has come and is killed while it goes on committing."""
    program = f"""
import sys
from sightline.adapters.sql.runs import SqlRunStore
from sightline.core.runs import Checkpoint
from sightline.testing.contracts.runs import queued, event
store = SqlRunStore("sqlite:///{database}")
store.add(queued())
for segment in range(100_000):
    store.commit("r1", Checkpoint(segment, frames=1, snapshots={{"track": bytes(1000)}}), events=[event()], attempt=0)
    print(segment, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(40)][-1]
    os.kill(child.pid, signal.SIGKILL)
    told = max([told, *map(int, child.stdout.read().split())])
    child.wait(timeout=10)
    child.stdout.close()
    store = SqlRunStore(f"sqlite:///{database}")
    kept = store.checkpoints("r1")
    assert [one.segment for one in kept] == list(range(len(kept)))
    assert len(kept) >= told + 1
    assert len(store.events("r1", limit=10**6)) == len(kept)
    assert dict(kept[-1].snapshots) == {"track": bytes(1000)}
    store.close()


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("nonsense", SettingsError, "cannot be used"),
        ("oracle9://db/runs", SettingsError, "cannot be used"),
        ("sqlite:////proc/nowhere/runs.db", AdapterUnavailableError, "cannot be made"),
    ],
)
def test_an_address_that_leads_nowhere_says_so_in_one_line(url, error, says):
    with pytest.raises(error, match=says) as caught:
        SqlRunStore(url)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_no_database_says_so(tmp_path):
    (tmp_path / "runs.db").write_text("this is a letter to my aunt, not a database, however long it is" * 30)
    with pytest.raises(AdapterUnavailableError, match="not a database"):
        SqlRunStore(f"sqlite:///{tmp_path / 'runs.db'}")


def test_a_folder_in_the_databases_place_says_so(tmp_path):
    (tmp_path / "runs.db").mkdir()
    with pytest.raises(AdapterUnavailableError, match="unable to open"):
        SqlRunStore(f"sqlite:///{tmp_path / 'runs.db'}")


def test_a_full_disk_is_named_so_and_changes_nothing(store, database):
    store.add(queued())
    with store.database._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.commit()
    with pytest.raises(OutputFullError, match="disk"):
        store.commit("r1", Checkpoint(0, frames=1, snapshots={"track": bytes(500_000)}), attempt=0)
    assert store.checkpoints("r1") == []


def test_names_outside_ascii_and_numbers_come_back_exactly(store):
    run = replace(
        queued(),
        source="/videos/Straße 東京.mp4",
        settings={"x": 0.1, "n": None, "l": [1, "ß"]},
        created_s=0.1 + 0.2,
    )
    store.add(run)
    assert store.get("r1") == run


def on_postgres(tmp_path, clock):
    settings = read_settings(
        home=tmp_path, database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/none?connect_timeout=1"
    )
    return Wiring(settings, clock, Breakers(clock))


def test_a_database_server_that_is_away_is_not_asked_again_and_again(tmp_path):
    wiring = on_postgres(tmp_path, FakeClock())
    for _ in range(5):
        with pytest.raises(AdapterUnavailableError, match="the database does not answer"):
            wiring.database()
    with pytest.raises(AdapterUnavailableError, match="database does not answer") as refused:
        wiring.database()
    assert "tried again" in refused.value.hint
    report = wiring.breakers["database"].report()
    assert (report.state, report.failures, report.refused) == (BreakerState.OPEN, 5, 1)


def test_a_breaker_closes_when_the_database_is_back_however_calls_nest(tmp_path):
    clock = FakeClock()
    breaker = Breaker("database", clock, BreakerPolicy(failures=1, rest_s=1.0))
    database = Database(f"sqlite:///{tmp_path / 'runs.db'}", breaker)
    with pytest.raises(AdapterUnavailableError), database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM no_such_table")
    with pytest.raises(AdapterUnavailableError, match="does not answer"), database.reading():
        pass
    clock.advance(1.0)
    with database.writing(), database.reading():  # one trial, though it asks twice
        database.ping()
    assert breaker.report().state is BreakerState.CLOSED
    database.close()


def test_what_a_database_refuses_opens_no_breaker(tmp_path):
    breaker = Breaker("database", FakeClock(), BreakerPolicy(failures=1))
    database = Database(f"sqlite:///{tmp_path / 'runs.db'}", breaker)
    with pytest.raises(AdapterError, match="refuses"), database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO receipts (owner) VALUES ('ada')")
    assert breaker.report().passes
    database.close()
