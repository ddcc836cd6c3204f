"""Streams the rows of one table: some columns, some rows, in the format that somebody wants."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sightline.core.errors import NotFoundError, QueryError
from sightline.core.tables import TABLES
from sightline.service.pipelines.csv_rows import CsvWriter
from sightline.service.pipelines.plain import plain

if TYPE_CHECKING:
    from sightline.service.results import Results

_WHERE = re.compile(r"\s*(\w+)\s*(==|!=|>=|<=|=|>|<)\s*(.*?)\s*", re.DOTALL)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "==": pc.equal,
    "!=": pc.not_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
    "<": pc.less,
    "<=": pc.less_equal,
}


class TableFormat(StrEnum):
    """How rows are written."""

    PARQUET = "parquet"
    ARROW = "arrow"
    CSV = "csv"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    TableFormat.PARQUET: "application/vnd.apache.parquet",
    TableFormat.ARROW: "application/vnd.apache.arrow.stream",
    TableFormat.CSV: "text/csv; charset=utf-8",
    TableFormat.JSON: "application/json",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows and columns are wanted.

    Attributes:
        columns: Their names in order; empty for all.
        where: Conditions that all hold, as in `frame>=100` or `class_name=person`.
        limit: Most rows; None for all.
        offset: How many rows that fit are left out before the first.
    """

    columns: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0


def rows_as(results: Results, table: str, wanted: Selection, form: TableFormat) -> Iterator[bytes]:
    """Give a table's rows as bytes of a format, piece by piece; memory holds some tens of thousands of rows.

    Everything is checked before the first piece is asked for.

    Raises:
        NotFoundError: The run has no such table.
        QueryError: A column or condition is wrong.
    """
    if table not in TABLES or results.tables.path(table) is None:
        raise NotFoundError(
            f"there is no table {table[:80]!r}", hint=f"there are {', '.join(results.tables.names())}"
        )
    schema: pa.Schema = TABLES[table]
    _check_names(schema, wanted.columns, table)
    conditions = [_condition(schema, text, table) for text in wanted.where]
    names = wanted.columns or tuple(schema.names)
    kept = pa.schema([schema.field(name) for name in names])
    return _WRITERS[form](kept, _batches(results, table, names, conditions, wanted))


@dataclass(frozen=True, slots=True)
class _Condition:
    """`column operator value`, the value in the column's type."""

    column: str
    compare: Callable[[Any, Any], Any]
    value: pa.Scalar

    def holds(self, batch: pa.RecordBatch) -> pa.Array:
        return self.compare(batch[self.column], self.value)


def _check_names(schema: pa.Schema, names: Sequence[str], table: str) -> None:
    unknown = [name for name in names if name not in schema.names]
    if unknown or len(set(names)) != len(names):
        raise QueryError(
            f"{table} has no column {', '.join(unknown)[:80]!r}" if unknown else "a column is named twice",
            hint=f"it has {', '.join(schema.names)}",
        )


def _condition(schema: pa.Schema, text: str, table: str) -> _Condition:
    found = _WHERE.fullmatch(text)
    if found is None:
        raise QueryError(f"not a condition: {text[:80]!r}", hint="as in frame>=100 or class_name=person")
    column, operator, written = found.groups()
    _check_names(schema, [column], table)
    kind = schema.field(column).type
    try:
        value = pa.scalar(written).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise QueryError(f"{column} is of type {kind}; {written[:80]!r} is not", hint=None) from None
    return _Condition(column, _COMPARE[operator], value)


def _batches(
    results: Results, table: str, names: Sequence[str], conditions: Sequence[_Condition], wanted: Selection
) -> Iterator[pa.RecordBatch]:
    read = list(dict.fromkeys([*names, *(one.column for one in conditions)]))
    skip, left = wanted.offset, wanted.limit if wanted.limit is not None else math.inf
    for whole in results.tables.batches(table, read):
        batch = whole
        for one in conditions:
            batch = batch.filter(one.holds(batch))
        skipped = min(skip, batch.num_rows)
        skip -= skipped
        batch = batch.slice(skipped, None if left == math.inf else int(left)).select(list(names))
        left -= batch.num_rows
        if batch.num_rows:
            yield batch
        if left <= 0:
            return


class _Pieces:
    """A file that is only ever written to; what was written is taken away piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _by(open_writer: Callable[[Any, pa.Schema], Any]) -> Callable[..., Iterator[bytes]]:
    """Give a function that writes batches with one of Arrow's writers."""

    def write(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
        pieces = _Pieces()
        with open_writer(pa.PythonFile(pieces, mode="w"), schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
                if piece := pieces.taken():
                    yield piece
        yield pieces.taken()

    return write


def _json(_schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    """Write one JSON list of objects; what is not a number becomes null, as JSON has no word for it."""
    start = b"["
    for batch in batches:
        rows = ",\n".join(json.dumps(plain(row), ensure_ascii=False) for row in batch.to_pylist())
        yield start + rows.encode()
        start = b",\n"
    yield b"]" if start != b"[" else b"[]"


_WRITERS: dict[TableFormat, Callable[[pa.Schema, Iterator[pa.RecordBatch]], Iterator[bytes]]] = {
    TableFormat.PARQUET: _by(lambda file, schema: pq.ParquetWriter(file, schema, compression="zstd")),
    TableFormat.ARROW: _by(pa.ipc.new_stream),
    TableFormat.CSV: _by(CsvWriter),
    TableFormat.JSON: _json,
}
