"""Which server works on a camera."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column."""
    op.add_column("cameras", sa.Column("server", sa.String(255), nullable=False, server_default=""))
