"""Users and what belongs to them, groups, shares, and the audit; a table for each class of `core.accounts`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from sightline.adapters.sql.schema.metadata import metadata


def _id() -> Column[str]:
    return Column("id", String(200), primary_key=True)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False)


def _belongs_to(name: str, parent: str) -> Column[str]:
    return Column(name, String(200), ForeignKey(f"{parent}.id", ondelete="CASCADE"), nullable=False)


def _time(name: str, **more: Any) -> Column[float]:
    return Column(name, Float, **{"nullable": False, **more})


users = Table(
    "users",
    metadata,
    _id(),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("quota", Text, nullable=False),
    _time("created_s"),
    _time("password_s"),
    _version(),
    UniqueConstraint("name"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _belongs_to("user_id", "users"),
    Column("name", String(64), nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    _time("created_s"),
    _time("expires_s", nullable=True),
    _time("revoked_s", nullable=True),
    _time("used_s"),
    _version(),
    Index(None, "user_id", "id"),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    _belongs_to("user_id", "users"),
    Column("secret_sha256", String(64), nullable=False),
    _time("created_s"),
    _time("expires_s"),
    _time("revoked_s", nullable=True),
    Column("reason", String(64), nullable=False),
    _version(),
    Index(None, "user_id", "id"),
)

groups = Table(
    "groups",
    metadata,
    _id(),
    Column("name", String(64), nullable=False),
    _time("created_s"),
    _version(),
    UniqueConstraint("name"),
)

memberships = Table(
    "memberships",
    metadata,
    _id(),
    _belongs_to("group_id", "groups"),
    _belongs_to("user_id", "users"),
    _version(),
    Index(None, "user_id", "id"),
    Index(None, "group_id", "id"),
)

# Without a reference to what is shared: runs and videos lie elsewhere, and may outlive whoever shared them.
shares = Table(
    "shares",
    metadata,
    _id(),
    Column("resource", String(16), nullable=False),
    Column("resource_id", String(200), nullable=False),
    _belongs_to("group_id", "groups"),
    Column("user_id", String(200), nullable=False),
    _time("created_s"),
    _version(),
    Index(None, "resource", "resource_id"),
    Index(None, "group_id", "id"),
)

share_links = Table(
    "share_links",
    metadata,
    _id(),
    Column("resource", String(16), nullable=False),
    Column("resource_id", String(200), nullable=False),
    Column("user_id", String(200), nullable=False),
    _time("created_s"),
    _time("expires_s"),
    _time("revoked_s", nullable=True),
    _version(),
    Index(None, "resource", "resource_id"),
    Index(None, "user_id", "id"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _time("t_s"),
    Column("actor_id", String(200), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("target", Text, nullable=False),
    Column("key_id", String(200), nullable=False),
    Column("address", String(64), nullable=False),
    Column("request_id", String(200), nullable=False),
    Column("details", Text, nullable=False),
    _version(),
    Index(None, "actor_id", "id"),
    Index(None, "action", "id"),
    Index(None, "t_s"),
)
