"""Tables of videos, and of requests that were sent under a key."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text

from sightline.adapters.sql.schema.metadata import metadata

videos = Table(
    "videos",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("media", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("created_s", Float, nullable=False),
    Column("updated_s", Float, nullable=False),
    Column("expires_s", Float),
    Column("error", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "owner", "id"),
    Index(None, "state", "id"),
    Index(None, "sha256"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("result_id", String(64), nullable=False),
    Column("created_s", Float, nullable=False, index=True),
)
