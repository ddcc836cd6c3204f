"""SQL sees a run's tables and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sightline.core.errors import ConfigError, QueryError
from sightline.core.tables import schema_of
from sightline.service.results import Results


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "it's a run"
    (folder / "tables").mkdir(parents=True)
    rows = [
        {"frame": n, "t_s": n / 10, "segment": 0, "status": "inferred", "detections": n} for n in range(3)
    ]
    pq.write_table(
        pa.Table.from_pylist(rows, schema=schema_of("frames")), folder / "tables" / "frames.parquet"
    )
    (folder / "manifest.json").write_text(json.dumps({"files": {}}))
    return folder


def test_a_table_is_a_view_of_its_name(folder):
    answer = Results(folder).query(
        "select frame, detections as n from frames where n > 0 order by frame desc"
    )
    assert answer.columns == ("frame", "n")
    assert answer.rows == [(2, 2), (1, 1)]


@pytest.mark.parametrize(
    "statement",
    ["from frames", "describe frames", "show tables", "with a as (select 1) from a", "explain select 1"],
)
def test_reading_is_allowed_in_many_forms(folder, statement):
    assert Results(folder).query(statement).rows


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("drop view frames", "only SELECT"),
        ("create table x as select 1", "only SELECT"),
        ("copy frames to 'out.csv'", "only SELECT"),
        ("set threads = 8", "only SELECT"),
        ("attach 'other.db'", "only SELECT"),
        ("install httpfs", "only SELECT"),
        ("pragma version", "only SELECT"),
        ("select 1; select 2", "one statement"),
        ("", "one statement"),
        ("-- nothing", "one statement"),
        ("selec 1", "syntax error"),
        ("select nope from frames", '"nope" not found'),
        ("select * from nobody", "nobody does not exist"),
        ("select * from read_csv('/etc/passwd')", "disabled by configuration"),
        ("select * from read_text('/proc/self/environ')", "disabled by configuration"),
        ("select * from '/etc/hostname'", "does not exist"),
        ("select * from glob('/etc/*')", "disabled by configuration"),
        ("select * from read_parquet('https://example.org/x.parquet')", "disabled"),
    ],
)
def test_anything_else_is_one_clear_line(folder, statement, says, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueryError, match=says) as caught:
        Results(folder).query(statement)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert not (tmp_path / "out.csv").exists()


def test_a_wrong_column_is_hinted_with_the_tables(folder):
    with pytest.raises(QueryError) as caught:
        Results(folder).query("select nope from frames")
    assert caught.value.hint == "tables: frames"


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no finished run"):
        Results(tmp_path).query("select 1")
