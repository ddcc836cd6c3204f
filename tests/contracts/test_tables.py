"""Tables in memory and in Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sightline.service.tables import ParquetTables, ParquetWriter
from sightline.testing.contracts import TablesContract
from sightline.testing.tables import MemoryTables


class TestParquet(TablesContract):
    def written(self, folder: Path, batches: dict[str, list[Any]]) -> Any:
        with ParquetWriter(folder / "tables") as writer:
            for table, parts in batches.items():
                for part in parts:
                    writer.write(table, part)
        return ParquetTables(folder / "tables")


class TestMemory(TablesContract):
    def written(self, folder: Path, batches: dict[str, list[Any]]) -> Any:
        tables = MemoryTables()
        for table, parts in batches.items():
            for part in parts:
                tables.write(table, part)
        return tables
