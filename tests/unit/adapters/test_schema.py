"""One schema serves both databases."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from sightline.adapters.sql.schema import metadata


@pytest.mark.parametrize(("dialect", "blob"), [(sqlite.dialect(), "BLOB"), (postgresql.dialect(), "BYTEA")])
def test_the_tables_can_be_made(dialect, blob):
    text = "".join(str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables)
    assert text.count("CREATE TABLE") == len(metadata.tables)
    assert f"state {blob} NOT NULL" in text
    for table in metadata.sorted_tables:
        for index in table.indexes:
            assert "INDEX" in str(CreateIndex(index).compile(dialect=dialect))


def test_what_belongs_to_a_run_goes_with_it():
    named = {
        table.name
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "runs"
    }
    assert {"checkpoints", "snapshots", "events", "attempts", "run_tags", "outbox"} <= named
    assert all(
        key.ondelete == "CASCADE"
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "runs"
    )
