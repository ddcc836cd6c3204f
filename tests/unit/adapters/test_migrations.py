"""Databases of every age get the present layout, and keep what they hold."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from sightline.adapters.sql import migrations
from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.runs import SqlRunStore
from sightline.adapters.sql.schema import metadata
from sightline.core.errors import AdapterError
from sightline.core.runs import RunFilter

# What the version before Alembic made, as SQLite tells it.
FIRST_LAYOUT = """
CREATE TABLE sightline_schema (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE runs (id VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL, source TEXT NOT NULL, app VARCHAR(64) NOT NULL,
  folder TEXT NOT NULL, settings TEXT NOT NULL, created_s FLOAT NOT NULL, updated_s FLOAT NOT NULL,
  attempts INTEGER NOT NULL, cancel_requested BOOLEAN NOT NULL, error TEXT NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY (id));
CREATE INDEX ix_runs_state ON runs (state);
CREATE TABLE checkpoints (run_id VARCHAR(64) NOT NULL, segment INTEGER NOT NULL, frames INTEGER NOT NULL,
  parts TEXT NOT NULL, PRIMARY KEY (run_id, segment), FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE);
CREATE TABLE snapshots (run_id VARCHAR(64) NOT NULL, segment INTEGER NOT NULL, stage VARCHAR(64) NOT NULL,
  state BLOB NOT NULL, PRIMARY KEY (run_id, segment, stage),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE);
CREATE TABLE events (run_id VARCHAR(64) NOT NULL, cursor INTEGER NOT NULL, kind VARCHAR(32) NOT NULL,
  stage VARCHAR(64) NOT NULL, t_s FLOAT NOT NULL, details TEXT NOT NULL, PRIMARY KEY (run_id, cursor),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE);
INSERT INTO sightline_schema VALUES (1);
INSERT INTO runs VALUES ('r1', 'failed', '/v.mp4', 'people', '/out', '{"stride": 2}', 1.5, 2.5, 1, 0, '{"code": "x"}', 4);
INSERT INTO checkpoints VALUES ('r1', 0, 10, '{"frames": 10}');
INSERT INTO snapshots VALUES ('r1', 0, 'track', x'00ff');
INSERT INTO events VALUES ('r1', 1, 'stage_started', 'analyze', 1.75, '{}');
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "runs.db"
    plain = sqlite3.connect(path)
    plain.executescript(FIRST_LAYOUT)
    plain.close()
    return path


def differences(path: Path) -> list[object]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, metadata)
    engine.dispose()
    return found


def test_there_is_one_chain_and_the_files_are_numbered_along_it():
    folder = Path(migrations.__file__).parent
    script = ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])
    assert script.get_heads() == [migrations.head()]
    chain = [one.revision for one in script.walk_revisions()][::-1]
    files = sorted(path.name[1:5] for path in (folder / "versions").glob("r*.py"))
    assert chain == files == [f"{number:04d}" for number in range(1, len(files) + 1)]


def test_a_new_database_and_an_upgraded_one_have_the_same_layout(old, tmp_path):
    for path in (old, tmp_path / "new.db"):
        Database(f"sqlite:///{path}").close()
        assert differences(path) == []


def test_a_database_of_the_first_layout_keeps_what_it_holds(old):
    store = SqlRunStore(f"sqlite:///{old}")
    run = store.get("r1")
    assert (run.version, run.settings, run.error) == (4, {"stride": 2}, {"code": "x"})
    assert (run.owner, run.priority, run.tags, run.video_id, run.fingerprint) == ("local", 0, (), "", "")
    (checkpoint,) = store.checkpoints("r1")
    assert (checkpoint.frames, dict(checkpoint.snapshots)) == (10, {"track": b"\x00\xff"})
    assert [event.cursor for event in store.events("r1")] == [1]
    assert store.pending() == []
    store.delete("r1")
    assert store.checkpoints("r1") == []
    store.close()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE sightline_schema SET version = 99", "layout 99"),
        ("CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('9999')", "layout 9999"),
    ],
)  # fmt: skip
def test_another_versions_database_is_refused_and_left_alone(old, statement, says):
    plain = sqlite3.connect(old)
    plain.executescript(statement)
    before = list(plain.iterdump())
    with pytest.raises(AdapterError, match=says) as caught:
        Database(f"sqlite:///{old}")
    assert caught.value.hint
    assert list(plain.iterdump()) == before
    plain.close()


def test_an_upgrade_that_fails_changes_nothing(old, monkeypatch):
    plain = sqlite3.connect(old)
    before = list(plain.iterdump())

    def upgrade_some(connection, wanted):
        connection.exec_driver_sql("DROP TABLE events")
        raise AdapterError("the power went")

    monkeypatch.setattr(migrations, "upgrade", upgrade_some)
    with pytest.raises(AdapterError, match="power"):
        Database(f"sqlite:///{old}")
    assert list(plain.iterdump()) == before
    plain.close()


def test_alembic_is_not_even_imported_where_nothing_is_to_be_done(tmp_path):
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    code = f"import sys\nfrom sightline.adapters.sql.runs import SqlRunStore\nSqlRunStore({url!r})\nprint('alembic' in sys.modules)"
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_processes_that_open_an_old_database_at_once_do_not_race(old):
    code = f"from sightline.adapters.sql.runs import SqlRunStore\nprint(SqlRunStore('sqlite:///{old}').get('r1').owner)"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (out.strip(), err) == ("local", "")
    assert differences(old) == []
    store = SqlRunStore(f"sqlite:///{old}")
    assert [run.id for run in store.list(RunFilter(owner="local"))] == ["r1"]
    store.close()
