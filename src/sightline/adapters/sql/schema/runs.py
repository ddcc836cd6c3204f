"""Runs, and what belongs to each: attempts, checkpoints, snapshots, events, tags."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from sightline.adapters.sql.schema.metadata import metadata

runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
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
    Column("owner", String(64), nullable=False, server_default="local"),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("tags", Text, nullable=False, server_default="[]"),
    Column("video_id", String(64), nullable=False, server_default=""),
    Column("fingerprint", String(64), nullable=False, server_default=""),
    # A page of each list is one range of an index: newest first is by id.
    Index(None, "state", "id"),
    Index(None, "owner", "id"),
    Index(None, "app", "id"),
    Index(None, "folder"),
    Index(None, "fingerprint"),
    Index(None, "video_id"),
)


def _run_id(**more: Any) -> Column[str]:
    return Column("run_id", String(64), ForeignKey("runs.id", ondelete="CASCADE"), **more)


# What `runs.tags` holds once more, so that runs can be found by tag.
run_tags = Table(
    "run_tags",
    metadata,
    _run_id(primary_key=True),
    Column("tag", String(64), primary_key=True),
    Index(None, "tag", "run_id"),
)

attempts = Table(
    "attempts",
    metadata,
    _run_id(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("worker", String(128), nullable=False),
    Column("started_s", Float, nullable=False),
    Column("ended_s", Float),
    Column("outcome", String(16), nullable=False),
    Column("error", Text, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    _run_id(primary_key=True),
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("frames", Integer, nullable=False),
    Column("parts", Text, nullable=False),
)

# Apart from the checkpoints, so that emptying old ones is a delete and reading counts loads no blobs.
snapshots = Table(
    "snapshots",
    metadata,
    _run_id(primary_key=True),
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("stage", String(64), primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

events = Table(
    "events",
    metadata,
    _run_id(primary_key=True),
    Column("cursor", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("stage", String(64), nullable=False),
    Column("t_s", Float, nullable=False),
    Column("details", Text, nullable=False),
)

# Events that nobody has handed to the bus yet, in the order in which they were stored.
outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    _run_id(nullable=False),
    Column("cursor", Integer, nullable=False),
    Index(None, "run_id"),
    sqlite_autoincrement=True,
)
