"""Users, keys, sessions, groups, shares, and the audit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    _table(
        "users",
        _text("name", 64),
        _text("role", 16),
        _text("password_hash"),
        sa.Column("active", sa.Boolean(), nullable=False),
        _text("quota"),
        _time("created_s"),
        _time("password_s"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    _table(
        "api_keys",
        _belongs_to("user_id", "users"),
        _text("name", 64),
        _text("secret_sha256", 64),
        _text("scopes"),
        _time("created_s"),
        _time("expires_s", nullable=True),
        _time("revoked_s", nullable=True),
        _time("used_s"),
        index=[("user_id", "id")],
    )
    _table(
        "sessions",
        _belongs_to("user_id", "users"),
        _text("secret_sha256", 64),
        _time("created_s"),
        _time("expires_s"),
        _time("revoked_s", nullable=True),
        _text("reason", 64),
        index=[("user_id", "id")],
    )
    _table(
        "groups", _text("name", 64), _time("created_s"), sa.UniqueConstraint("name", name="uq_groups_name")
    )
    _table(
        "memberships",
        _belongs_to("group_id", "groups"),
        _belongs_to("user_id", "users"),
        index=[("user_id", "id"), ("group_id", "id")],
    )
    _shares()
    _table(
        "audit",
        _time("t_s"),
        _text("actor_id", 200),
        _text("actor", 200),
        _text("action", 64),
        _text("outcome", 16),
        _text("target"),
        _text("key_id", 200),
        _text("address", 64),
        _text("request_id", 200),
        _text("details"),
        index=[("actor_id", "id"), ("action", "id"), ("t_s",)],
    )


def _shares() -> None:
    _table(
        "shares",
        _text("resource", 16),
        _text("resource_id", 200),
        _belongs_to("group_id", "groups"),
        _text("user_id", 200),
        _time("created_s"),
        index=[("resource", "resource_id"), ("group_id", "id")],
    )
    _table(
        "share_links",
        _text("resource", 16),
        _text("resource_id", 200),
        _text("user_id", 200),
        _time("created_s"),
        _time("expires_s"),
        _time("revoked_s", nullable=True),
        index=[("resource", "resource_id"), ("user_id", "id")],
    )


def _table(name: str, *columns: Any, index: list[tuple[str, ...]] | None = None) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(200), primary_key=True),
        *columns,
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for names in index or []:
        op.create_index(f"ix_{name}_{'_'.join(names)}", name, list(names))


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float(), nullable=nullable)


def _belongs_to(name: str, parent: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(200), sa.ForeignKey(f"{parent}.id", ondelete="CASCADE"), nullable=False)
