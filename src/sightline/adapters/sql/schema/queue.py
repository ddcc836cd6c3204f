"""The job queue."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table

from sightline.adapters.sql.schema.metadata import metadata

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("job_id", String(96), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("ready_s", Float, nullable=False),
    Column("token", String(32), nullable=False),
    Column("expires_s", Float, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Index(None, "job_id", unique=True),
    Column("topic", String(64), nullable=False, server_default=""),
    Index(None, "topic", "expires_s"),
    sqlite_autoincrement=True,
)

# When each owner was last served: the larger, the later. It is what makes them take turns.
job_turns = Table(
    "job_turns",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("turn", Integer, nullable=False),
)
