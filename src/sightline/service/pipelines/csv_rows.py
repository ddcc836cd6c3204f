"""Writes rows as CSV, which knows no lists: they become JSON text, as in `[163.6, 45.4]`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
from pyarrow import csv

if TYPE_CHECKING:
    from types import TracebackType


class CsvWriter:
    """Writes batches of one schema behind a header line; a context manager.

    Args:
        target: A path, or a file that is written to.
        schema: Of the batches.
    """

    def __init__(self, target: Any, schema: pa.Schema) -> None:
        self._lists = [place for place, field in enumerate(schema) if pa.types.is_list(field.type)]
        for place in self._lists:
            schema = schema.set(place, pa.field(schema.field(place).name, pa.string()))
        self._schema = schema
        self._writer = csv.CSVWriter(target, schema)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits and let go of the file."""
        self._writer.close()

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        if self._lists:
            columns = batch.columns
            for place in self._lists:
                columns[place] = pa.array(
                    [None if row is None else json.dumps(row) for row in columns[place].to_pylist()],
                    pa.string(),
                )
            batch = pa.record_batch(columns, schema=self._schema)
        self._writer.write_batch(batch)
