"""Reads and writes tables as Parquet files, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.core.errors import ConfigError
from sightline.core.tables import schema_of
from sightline.service.folder import whole

if TYPE_CHECKING:
    from types import TracebackType

_BATCH_ROWS = 65_536


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
        return tuple(sorted({path.stem for folder in self._folders for path in folder.glob("*.parquet")}))

    def files(self) -> dict[str, Path]:
        """Give the file of each table, by the table's name; paths are absolute."""
        found = {name: self.path(name) for name in self.names()}
        return {name: path.absolute() for name, path in found.items() if path is not None}

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Give a table's rows in order, some tens of thousands at a time.

        Raises:
            ConfigError: The file is not a table, or lacks one of the columns.
        """
        schema_of(table)
        path = self.path(table)
        if path is None:
            return
        try:
            with pq.ParquetFile(path) as file:
                lacking = set(columns or ()) - set(file.schema_arrow.names)
                if lacking:
                    raise ConfigError(
                        f"{path} lacks the columns {', '.join(sorted(lacking))}",
                        hint="another version of Sightline made it: run the analysis again",
                    )
                yield from file.iter_batches(
                    batch_size=_BATCH_ROWS, columns=list(columns) if columns else None, use_threads=False
                )
        except (pa.ArrowInvalid, OSError) as error:  # Arrow says the second of a damaged page
            raise ConfigError(f"{path} is not a readable table", hint="run the analysis again") from error

    def rows(self, table: str) -> int:
        """Give how many rows a table has; 0 where there is none."""
        path = self.path(table)
        return 0 if path is None else int(pq.read_metadata(path).num_rows)


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
