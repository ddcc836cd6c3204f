"""The first layout: runs, checkpoints, snapshots, events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table("sightline_schema", sa.Column("version", sa.Integer(), primary_key=True))
    op.create_table(
        "runs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("app", sa.String(64), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_s", sa.Float(), nullable=False),
        sa.Column("updated_s", sa.Float(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_runs_state", "runs", ["state"])
    op.create_table(
        "checkpoints",
        _run_id(),
        sa.Column("segment", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
    )
    op.create_table(
        "snapshots",
        _run_id(),
        sa.Column("segment", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("stage", sa.String(64), primary_key=True),
        sa.Column("state", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "events",
        _run_id(),
        sa.Column("cursor", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(64), nullable=False),
        sa.Column("t_s", sa.Float(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
    )


def _run_id() -> sa.Column[str]:
    return sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
