"""The run database's tables, one schema for SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

VERSION = 1
"""Of the layout below; a database that says another one is refused rather than guessed at."""

metadata = MetaData()

about = Table(
    "sightline_schema",
    metadata,
    Column("version", Integer, primary_key=True),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("app", String(64), nullable=False),
    Column("folder", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("created_s", Float, nullable=False),
    Column("updated_s", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("error", Text, nullable=False),
    Column("version", Integer, nullable=False),
)


def _run_id() -> Column[str]:
    return Column("run_id", String(64), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


checkpoints = Table(
    "checkpoints",
    metadata,
    _run_id(),
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("frames", Integer, nullable=False),
    Column("parts", Text, nullable=False),
)

# Apart from the checkpoints, so that emptying old ones is a delete and reading counts loads no blobs.
snapshots = Table(
    "snapshots",
    metadata,
    _run_id(),
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("stage", String(64), primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

events = Table(
    "events",
    metadata,
    _run_id(),
    Column("cursor", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("stage", String(64), nullable=False),
    Column("t_s", Float, nullable=False),
    Column("details", Text, nullable=False),
)
