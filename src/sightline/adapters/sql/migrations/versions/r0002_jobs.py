"""Runs have owners, tags and attempts, and their events an outbox."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns, indices and tables; the number of the first layout is Alembic's business now."""
    op.drop_table("sightline_schema")
    op.drop_index("ix_runs_state", "runs")
    op.add_column("runs", sa.Column("owner", sa.String(64), nullable=False, server_default="local"))
    op.add_column("runs", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("tags", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("runs", sa.Column("video_id", sa.String(64), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("fingerprint", sa.String(64), nullable=False, server_default=""))
    for columns in (
        ["state", "id"],
        ["owner", "id"],
        ["app", "id"],
        ["folder"],
        ["fingerprint"],
        ["video_id"],
    ):
        op.create_index(f"ix_runs_{'_'.join(columns)}", "runs", columns)
    op.create_table("run_tags", _run_id(primary_key=True), sa.Column("tag", sa.String(64), primary_key=True))
    op.create_index("ix_run_tags_tag_run_id", "run_tags", ["tag", "run_id"])
    op.create_table(
        "attempts",
        _run_id(primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("worker", sa.String(128), nullable=False),
        sa.Column("started_s", sa.Float(), nullable=False),
        sa.Column("ended_s", sa.Float()),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
        _run_id(nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_run_id", "outbox", ["run_id"])


def _run_id(**more: Any) -> sa.Column[str]:
    return sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id", ondelete="CASCADE"), **more)
