"""What every `TableReader` and `TableWriter` promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sightline.core.errors import ConfigError
from sightline.core.tables import schema_of


def frames(first: int, count: int) -> pa.RecordBatch:
    """Give rows of the `frames` table."""
    rows = [
        {"frame": index, "t_s": index / 10, "segment": 0, "status": "inferred", "detections": index % 3}
        for index in range(first, first + count)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schema_of("frames"))


class TablesContract:
    """Subclass it; `written` stores batches and gives a reader of them."""

    def written(self, folder: Path, batches: dict[str, list[pa.RecordBatch]]) -> Any:
        """Write the batches of each table, one after the other, and give a `TableReader`."""
        raise NotImplementedError

    def test_rows_come_back_in_the_order_they_were_written(self, tmp_path: Path) -> None:
        reader = self.written(tmp_path, {"frames": [frames(0, 5), frames(5, 1), frames(6, 100)]})
        found = [index for batch in reader.batches("frames") for index in batch.column("frame").to_pylist()]
        assert found == list(range(106))
        assert reader.rows("frames") == 106

    def test_rows_come_back_exactly(self, tmp_path: Path) -> None:
        reader = self.written(tmp_path, {"frames": [frames(0, 7)]})
        table = pa.Table.from_batches(list(reader.batches("frames")))
        assert table.schema.equals(schema_of("frames"))
        assert table.to_pylist() == frames(0, 7).to_pylist()

    def test_only_the_columns_asked_for_come(self, tmp_path: Path) -> None:
        reader = self.written(tmp_path, {"frames": [frames(0, 3)]})
        (batch,) = reader.batches("frames", ["frame", "detections"])
        assert batch.schema.names == ["frame", "detections"]

    def test_a_table_that_was_not_written_has_no_rows(self, tmp_path: Path) -> None:
        reader = self.written(tmp_path, {"frames": [frames(0, 3)]})
        assert list(reader.batches("tracks")) == []
        assert reader.rows("tracks") == 0

    def test_a_table_nobody_knows_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="nonsense"):
            list(self.written(tmp_path, {}).batches("nonsense"))
        with pytest.raises(ConfigError, match="nonsense"):
            self.written(tmp_path, {"nonsense": [frames(0, 1)]})

    def test_rows_of_another_shape_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"schema|field"):
            self.written(tmp_path, {"tracks": [frames(0, 1)]})
