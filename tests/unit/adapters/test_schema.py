"""One schema serves both databases."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from sightline.adapters.runs.schema import metadata


@pytest.mark.parametrize(("dialect", "blob"), [(sqlite.dialect(), "BLOB"), (postgresql.dialect(), "BYTEA")])
def test_the_tables_can_be_made(dialect, blob):
    text = "".join(str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables)
    assert text.count("CREATE TABLE") == 5
    assert text.count("ON DELETE CASCADE") == 3
    assert f"state {blob} NOT NULL" in text
    for table in metadata.sorted_tables:
        for index in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=dialect))
