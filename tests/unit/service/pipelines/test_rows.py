"""Rows of a table in every format: the ones that were asked for, and no others."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finished_run import FRAMES, finished_run
from sightline.core.errors import NotFoundError, QueryError
from sightline.service.pipelines.rows import Selection, TableFormat, rows_as
from sightline.service.results import Results


@pytest.fixture
def results(tmp_path):
    return Results(Path(finished_run(tmp_path / "run").folder))


def read(data: bytes, form: TableFormat) -> list[dict]:
    if form is TableFormat.PARQUET:
        return pq.read_table(io.BytesIO(data)).to_pylist()
    if form is TableFormat.ARROW:
        return pa.ipc.open_stream(data).read_all().to_pylist()
    if form is TableFormat.CSV:
        rows = csv.DictReader(io.StringIO(data.decode()))
        return [{"frame": int(row["frame"]), "class_name": row["class_name"]} for row in rows]
    return json.loads(data)


@pytest.mark.parametrize("form", TableFormat)
def test_every_format_says_the_same(results, form):
    wanted = Selection(
        columns=("frame", "class_name"), where=("frame>=4", "class_name = ball"), limit=3, offset=1
    )
    data = b"".join(rows_as(results, "tracks", wanted, form))
    assert read(data, form) == [{"frame": n, "class_name": "ball"} for n in (6, 8, 10)]


@pytest.mark.parametrize("form", TableFormat)
def test_nothing_that_fits_is_still_a_whole_file(results, form):
    data = b"".join(rows_as(results, "tracks", Selection(("frame", "class_name"), ("frame>1000",)), form))
    assert read(data, form) == []


def test_a_table_without_conditions_comes_whole(results):
    data = b"".join(rows_as(results, "frames", Selection(), TableFormat.JSON))
    assert [row["frame"] for row in json.loads(data)] == list(range(FRAMES))


def test_what_is_no_number_is_null_in_json(results):
    rows = json.loads(b"".join(rows_as(results, "tracks", Selection(limit=1), TableFormat.JSON)))
    assert rows[0]["x1_px"] is None


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Selection(columns=("nope",)), "no column 'nope'"),
        (Selection(columns=("frame", "frame")), "named twice"),
        (Selection(where=("nope=1",)), "no column 'nope'"),
        (Selection(where=("frame",)), "not a condition"),
        (Selection(where=("frame>=many",)), "is of type int64"),
        (Selection(where=("frame>=1; drop table x",)), "is of type int64"),
    ],
)
def test_a_wrong_question_is_refused_before_the_first_byte(results, wanted, says):
    with pytest.raises(QueryError, match=says):
        rows_as(results, "tracks", wanted, TableFormat.CSV)


@pytest.mark.parametrize("name", ["poses", "../tracks", "nobody"])
def test_a_table_that_the_run_does_not_have_is_not_found(results, name):
    with pytest.raises(NotFoundError):
        rows_as(results, name, Selection(), TableFormat.JSON)
