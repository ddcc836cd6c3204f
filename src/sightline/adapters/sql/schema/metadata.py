"""The one `MetaData` that every table belongs to."""

from __future__ import annotations

from sqlalchemy import MetaData

# Constraints have names, so that a later migration can refer to them on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
