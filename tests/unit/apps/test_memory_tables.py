from __future__ import annotations

import pyarrow as pa
import pytest

from sightline.core.errors import ConfigError
from sightline.core.tables import schema_of
from sightline.testing.tables import MemoryTables, crowd_tables


def test_what_goes_in_comes_out_in_order():
    tables = MemoryTables()
    tables.add("frames", {"frame": [0, 1], "t_s": [0.0, 0.1]})
    tables.add("frames", {"frame": [2], "t_s": [0.2]})
    assert tables.rows("frames") == 3
    assert [batch["frame"].to_pylist() for batch in tables.batches("frames")] == [[0, 1], [2]]
    assert tables.table("frames")["cause"].to_pylist() == [None] * 3


def test_batches_may_be_smaller_and_have_fewer_columns():
    tables = MemoryTables(rows_a_batch=2)
    tables.add("frames", {"frame": [0, 1, 2], "t_s": [0.0, 0.1, 0.2]})
    parts = list(tables.batches("frames", ["t_s", "frame"]))
    assert [part.num_rows for part in parts] == [2, 1]
    assert parts[0].schema.names == ["t_s", "frame"]


def test_a_table_never_written_is_empty():
    assert MemoryTables().rows("tracks") == 0
    assert list(MemoryTables().batches("tracks")) == []


def test_unknown_tables_and_wrong_schemas_are_refused():
    tables = MemoryTables()
    with pytest.raises(ConfigError, match="no table"):
        tables.rows("nonsense")
    with pytest.raises(ValueError, match="schema"):
        tables.write("frames", pa.RecordBatch.from_pydict({"frame": [1]}))
    with pytest.raises(ValueError, match="no column"):
        tables.add("frames", {"frames": [1]})


def test_a_made_up_crowd_is_the_same_each_time_and_keeps_the_ledger():
    one, other = crowd_tables(seed=7, stride=3), crowd_tables(seed=7, stride=3)
    for name in ("frames", "tracks"):
        assert one.table(name).equals(other.table(name))
        assert one.table(name).schema.equals(schema_of(name))
    assert not one.table("tracks").equals(crowd_tables(seed=8, stride=3).table("tracks"))
    frames = one.table("frames").to_pydict()
    assert [status == "inferred" for status in frames["status"]] == [
        frame % 3 == 0 for frame in frames["frame"]
    ]
    assert sum(frames["detections"]) == one.rows("tracks") > 0
