"""Where cameras are added, found and removed, and come back after a restart."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from sightline.core.cameras import StoredCamera
from sightline.core.errors import ConflictError, SightlineError, StreamNotFoundError
from sightline.media.live.connection import CameraState
from sightline.service.live.cameras.camera import Camera
from sightline.service.live.cameras.guard import guarded
from sightline.service.live.cameras.request import CameraRequest

if TYPE_CHECKING:
    from sightline.ports import Lock
    from sightline.service.live.desk import LiveDesk
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_LOOK_EVERY_S = 10.0
_LEASE_S = 60.0


@dataclass(slots=True)
class _Place:
    """A camera that is worked on here, and the lock that keeps other servers from it."""

    camera: Camera
    lock: Lock


class CameraDesk:
    """All cameras of this process.

    Cameras are stored until they are removed. A server takes those that no other server has, at its start and when
    another one has gone, so each is worked on once.
    """

    def __init__(self, platform: Platform, live: LiveDesk) -> None:
        self._platform = platform
        self._live = live
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="sightline-cameras", daemon=True)

    def start(self) -> None:
        """Take up the stored cameras, and look after them from time to time; comes back at once."""
        self._thread.start()

    def add(self, request: CameraRequest, *, owner: str) -> Camera:
        """Add a camera and begin to work on it.

        Raises:
            SightlineError: The model cannot be opened.
        """
        self._live.measure(request.app)
        camera = Camera(self._platform, self._live, request, owner)
        lock = self._platform.locks.take(_name(camera.id), lease_s=_LEASE_S)
        if lock is None:
            raise ConflictError(f"camera {camera.id} is somebody else's")
        self._platform.cameras.add(
            StoredCamera(camera.id, owner, request.model_dump(mode="json"), self._platform.clock.now_s())
        )
        self._begin(camera, lock)
        return camera

    def get(self, camera_id: str) -> Camera:
        """Find a camera.

        Raises:
            StreamNotFoundError: There is none.
        """
        place = self._places.get(camera_id)
        if place is None:
            raise StreamNotFoundError("no such camera", hint="GET /api/v1/cameras lists them")
        return place.camera

    def all(self) -> Sequence[Camera]:
        """All that are worked on here."""
        with self._lock:
            return tuple(place.camera for place in self._places.values())

    def remove(self, camera_id: str) -> Camera:
        """Stop a camera and forget it; its runs stay.

        Raises:
            StreamNotFoundError: There is none.
        """
        camera = self.get(camera_id)
        self._platform.cameras.delete(camera_id)
        self._end(camera_id)
        return camera

    def shut(self) -> None:
        """Stop all; they are taken up again by the next server."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        for camera in self.all():
            self._end(camera.id)

    def look(self) -> None:
        """Take up cameras that nobody works on, keep the locks, and let go of what was removed or has been played."""
        stored = {one.id: one for one in self._platform.cameras.all()}
        for camera in self.all():
            if camera.id not in stored or not self._holds(camera.id):
                self._end(camera.id)
            elif camera.state is CameraState.ENDED:
                self._platform.cameras.delete(camera.id)  # a file is played once, not at each start
                stored.pop(camera.id)
        for one in stored.values():
            if one.id not in self._places and not self._ended.is_set():
                self._take_up(one)

    # -- within ----------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        while not self._ended.is_set():
            try:
                self.look()
            except SightlineError as error:  # the database or the locks are away for a while
                _log.warning("cameras_not_looked_after", code=error.code, error=str(error))
            self._ended.wait(_LOOK_EVERY_S)

    def _take_up(self, stored: StoredCamera) -> None:
        lock = self._platform.locks.take(_name(stored.id), lease_s=_LEASE_S)
        if lock is None:
            return
        try:
            request = guarded(self._platform.settings, CameraRequest.of(dict(stored.request)))
            self._live.measure(request.app)
            camera = Camera(self._platform, self._live, request, stored.owner, camera_id=stored.id)
        except SightlineError as error:
            _log.warning("camera_not_taken_up", camera=stored.id, code=error.code, error=str(error))
            self._platform.locks.release(lock)
            return
        self._begin(camera, lock)

    def _begin(self, camera: Camera, lock: Lock) -> None:
        with self._lock:
            self._places[camera.id] = _Place(camera, lock)
        camera.start()

    def _holds(self, camera_id: str) -> bool:
        place = self._places.get(camera_id)
        if place is None:
            return False
        try:
            place.lock = self._platform.locks.extend(place.lock, lease_s=_LEASE_S)
        except ConflictError:
            return False
        return True

    def _end(self, camera_id: str) -> None:
        with self._lock:
            place = self._places.pop(camera_id, None)
        if place is not None:
            place.camera.stop()
            self._platform.locks.release(place.lock)


def _name(camera_id: str) -> str:
    return f"camera:{camera_id}"
