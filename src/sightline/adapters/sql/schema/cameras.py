"""Cameras that are worked on."""

from __future__ import annotations

from sqlalchemy import Column, Float, String, Table, Text

from sightline.adapters.sql.schema.metadata import metadata

cameras = Table(
    "cameras",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("request", Text, nullable=False),
    Column("created_s", Float, nullable=False),
    Column("server", String(255), nullable=False, server_default=""),
)
