"""Keeps cameras in a SQL database."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sightline.adapters.sql.connection import InDatabase
from sightline.adapters.sql.schema.cameras import cameras
from sightline.core.cameras import StoredCamera
from sightline.core.errors import ConflictError


class SqlCameraStore(InDatabase):
    """Cameras in SQLite or PostgreSQL."""

    def add(self, camera: StoredCamera) -> None:
        """Store a new camera; raises `ConflictError` where its id is taken."""
        row = {
            "id": camera.id,
            "owner": camera.owner,
            "request": json.dumps(dict(camera.request)),
            "created_s": camera.created_s,
            "server": camera.server,
        }
        with self._database.writing() as connection:
            try:
                connection.execute(insert(cameras).values(**row))
            except IntegrityError:
                raise ConflictError(f"there is already a camera {camera.id}") from None

    def all(self) -> Sequence[StoredCamera]:
        """All there are, oldest first."""
        query = select(cameras).order_by(cameras.c.created_s, cameras.c.id)
        with self._database.reading() as connection:
            return [
                StoredCamera(
                    row["id"], row["owner"], json.loads(row["request"]), row["created_s"], row["server"]
                )
                for row in connection.execute(query).mappings()
            ]

    def assign(self, camera_id: str, server: str) -> None:
        """Note which server works on a camera, empty for none; does nothing where there is no such camera."""
        with self._database.writing() as connection:
            connection.execute(update(cameras).where(cameras.c.id == camera_id).values(server=server))

    def delete(self, camera_id: str) -> None:
        """Forget a camera; does nothing where there is none."""
        with self._database.writing() as connection:
            connection.execute(delete(cameras).where(cameras.c.id == camera_id))
