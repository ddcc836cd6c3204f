"""Reads and writes tables as Parquet files, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.core.errors import ResultsInvalidError
from sightline.core.tables import TABLES, schema_of
from sightline.service.folder import whole

if TYPE_CHECKING:
    from types import TracebackType

_BATCH_ROWS = 65_536
_ALWAYS = frozenset({"frame", "t_s"})
"""Columns that every row of every table fills."""
_AGAIN = "copy the whole folder again, or run the analysis again"
_OTHER_VERSION = "another program or version made it: run the analysis again"


class ParquetTables:
    """A `TableReader` over folders of Parquet files; a later folder's table hides an earlier one's."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders

    def path(self, table: str) -> Path | None:
        """Give the table's file, None where there is none."""
        found = [folder / f"{table}.parquet" for folder in self._folders]
        return next((path for path in reversed(found) if path.is_file()), None)

    def names(self) -> tuple[str, ...]:
        """Give the names of all tables, sorted."""
        return tuple(
            sorted(
                {path.stem for folder in self._folders for path in folder.glob("*.parquet") if path.is_file()}
            )
        )

    def files(self) -> dict[str, Path]:
        """Give the file of each table, by the table's name; paths are absolute."""
        found = {name: self.path(name) for name in self.names()}
        return {name: path.absolute() for name, path in found.items() if path is not None}

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Give a table's rows in order, some tens of thousands at a time.

        Raises:
            ConfigError: There is no table of that name in Sightline.
            ResultsInvalidError: The file is not a table, lacks one of the columns, or one has another type.
        """
        schema = schema_of(table)
        path = self.path(table)
        if path is None:
            return
        names = list(columns or schema.names)
        with _readable(path), pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow, schema, names)
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=names, use_threads=False):
                check_filled(path, batch, _ALWAYS.intersection(names))
                yield batch

    def check(self) -> None:
        """Look whether each table's file is one and has the columns that it is to have; those of others are left out.

        Raises:
            ResultsInvalidError: One is not.
        """
        for name, path in self.files().items():
            if name in TABLES:
                with _readable(path):
                    _check_columns(path, pq.read_schema(path), TABLES[name], TABLES[name].names)

    def rows(self, table: str) -> int:
        """Give how many rows a table has; 0 where there is none."""
        path = self.path(table)
        if path is None:
            return 0
        with _readable(path):
            return int(pq.read_metadata(path).num_rows)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:  # Arrow says the second of a damaged page
        raise ResultsInvalidError(f"{path} is not a readable table", hint=_AGAIN) from error


def check_filled(path: Path, batch: pa.RecordBatch, names: Iterable[str]) -> None:
    """Refuse rows that lack what they must have.

    Raises:
        ResultsInvalidError: A value is missing.
    """
    empty = sorted(name for name in names if batch[name].null_count)
    if empty:
        raise ResultsInvalidError(f"{path} lacks values in its column {empty[0]}", hint=_OTHER_VERSION)


def _check_columns(path: Path, found: pa.Schema, wanted: pa.Schema, names: Sequence[str]) -> None:
    lacking = sorted(set(names) - set(found.names))
    if lacking:
        raise ResultsInvalidError(f"{path} lacks the columns {', '.join(lacking)}", hint=_OTHER_VERSION)
    for name in names:
        if found.field(name).type != wanted.field(name).type:
            raise ResultsInvalidError(
                f"{path} has {found.field(name).type} in its column {name}, not {wanted.field(name).type}",
                hint=_OTHER_VERSION,
            )


class ParquetWriter:
    """A `TableWriter` into a folder: a table appears under its name when all of it is written.

    Use it as a context manager; an error inside leaves nothing behind.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._writers: dict[str, pq.ParquetWriter] = {}

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Append rows.

        Raises:
            OutputError: They could not be written.
        """
        if table not in self._writers:
            path = self._stack.enter_context(whole(self._folder / f"{table}.parquet"))
            writer = pq.ParquetWriter(path, schema_of(table), compression="zstd")
            self._writers[table] = self._stack.enter_context(writer)
        self._writers[table].write_batch(batch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)
