"""Cameras in memory: the same promises as the real store, gone with the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError

if TYPE_CHECKING:
    from sightline.core.cameras import StoredCamera


class MemoryCameraStore:
    """`CameraStore` in a dictionary."""

    def __init__(self) -> None:
        self._cameras: dict[str, StoredCamera] = {}

    def add(self, camera: StoredCamera) -> None:
        if camera.id in self._cameras:
            raise ConflictError(f"there is already a camera {camera.id}")
        self._cameras[camera.id] = camera

    def all(self) -> Sequence[StoredCamera]:
        return sorted(self._cameras.values(), key=lambda one: (one.created_s, one.id))

    def assign(self, camera_id: str, server: str) -> None:
        if camera_id in self._cameras:
            self._cameras[camera_id] = replace(self._cameras[camera_id], server=server)

    def delete(self, camera_id: str) -> None:
        self._cameras.pop(camera_id, None)
