"""The job queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add jobs, and the owners' turns."""
    op.create_table(
        "jobs",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("job_id", sa.String(96), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("ready_s", sa.Float(), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("expires_s", sa.Float(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_job_id", "jobs", ["job_id"], unique=True)
    op.create_index("ix_jobs_expires_s_ready_s", "jobs", ["expires_s", "ready_s"])
    op.create_table(
        "job_turns",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("turn", sa.Integer(), nullable=False),
    )
