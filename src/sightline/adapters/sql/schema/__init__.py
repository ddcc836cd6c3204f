"""All tables of the database, a file per subject; importing this package fills `metadata`.

A new table comes with a revision under `migrations/versions`, and its file is imported here.
"""

from __future__ import annotations

from sightline.adapters.sql.schema import accounts, cameras, queue, runs, videos, webhooks
from sightline.adapters.sql.schema.metadata import metadata

__all__ = ["accounts", "cameras", "metadata", "queue", "runs", "videos", "webhooks"]
