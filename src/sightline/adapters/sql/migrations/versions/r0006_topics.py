"""Topics in the job queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Jobs have a topic; the segments of a long run are one."""
    op.drop_index("ix_jobs_expires_s_ready_s", "jobs")
    op.add_column("jobs", sa.Column("topic", sa.String(64), nullable=False, server_default=""))
    op.create_index("ix_jobs_topic_expires_s", "jobs", ["topic", "expires_s"])
