"""Where cameras are added, found and removed, and come back after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from sightline.core.addresses import networks
from sightline.core.cameras import StoredCamera
from sightline.core.errors import (
    CameraElsewhereError,
    ConflictError,
    QuotaExceededError,
    SightlineError,
    StreamNotFoundError,
)
from sightline.media.live.connection import CameraState
from sightline.service.execute import this_process
from sightline.service.live.cameras.camera import Camera
from sightline.service.live.cameras.check import application_for
from sightline.service.live.cameras.guard import guarded
from sightline.service.live.cameras.proxy import GuardedProxy
from sightline.service.live.cameras.recording import redacted
from sightline.service.live.cameras.request import CameraRequest

if TYPE_CHECKING:
    from sightline.ports import Lock
    from sightline.service.live.streams import LiveStreams
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_LOOK_EVERY_S = 10.0
_LEASE_S = 60.0


@dataclass(slots=True)
class _Place:
    """A camera that is worked on here, and the lock that keeps other servers from it."""

    camera: Camera
    lock: Lock


class CameraRegistry:
    """All cameras of this process.

    Cameras are stored until they are removed. A server takes those that no other server has, at its start and when
    another one has gone, so each is worked on once. Pictures, events and clips are where it is worked on; of a camera
    elsewhere its facts are known, and the server that has it.

    Attributes:
        server: What this server calls itself.
    """

    def __init__(self, platform: Platform, live: LiveStreams) -> None:
        self._platform = platform
        self._live = live
        self.server = platform.settings.server_address or this_process()
        self._guarded = GuardedProxy(networks(platform.settings.camera_networks))
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
            SightlineError: The model cannot be opened, or the application works neither with it nor with its settings.
            QuotaExceededError: Its owner has as many as one may have.
        """
        most = self._platform.settings.quota_cameras
        own = sum(one.owner == owner for one in self._platform.cameras.all())
        if most and own >= most:
            raise QuotaExceededError(
                f"{own} cameras are there, the limit for one user is {most}",
                hint="remove one, or ask an admin for more",
            )
        self._live.measure(request.app)
        application_for(request, self._live.models.of(request.app, request.model).info.class_names)
        camera = Camera(self._platform, self._live, request, owner, proxy=self._proxy(request))
        lock = self._platform.locks.take(_name(camera.id), lease_s=_LEASE_S)
        if lock is None:
            raise ConflictError(f"camera {camera.id} is somebody else's", hint="choose another id")
        self._platform.cameras.add(
            StoredCamera(
                camera.id, owner, request.model_dump(mode="json"), self._platform.clock.now_s(), self.server
            )
        )
        self._begin(camera, lock)
        return camera

    def get(self, camera_id: str) -> Camera:
        """Find a camera that is worked on here.

        Raises:
            StreamNotFoundError: There is none.
            CameraElsewhereError: Another server works on it.
        """
        place = self._places.get(camera_id)
        if place is None:
            elsewhere = self.elsewhere(camera_id)
            raise CameraElsewhereError(
                f"camera {camera_id} is worked on at {elsewhere.server or 'no server yet'}",
                hint=f"ask {elsewhere.server}" if elsewhere.server else "ask again in a minute",
            )
        return place.camera

    def elsewhere(self, camera_id: str) -> StoredCamera:
        """Find a camera that is not worked on here.

        Raises:
            StreamNotFoundError: There is none.
        """
        for one in self.others():
            if one.id == camera_id:
                return one
        raise StreamNotFoundError("no such camera", hint="GET /api/v1/cameras lists them")

    def others(self) -> Sequence[StoredCamera]:
        """All that are stored and not worked on here."""
        return [one for one in self._platform.cameras.all() if one.id not in self._places]

    def owner_of(self, camera_id: str) -> str:
        """Give whose camera it is, wherever it is worked on.

        Raises:
            StreamNotFoundError: There is none.
        """
        place = self._places.get(camera_id)
        return self.elsewhere(camera_id).owner if place is None else place.camera.owner

    def facts(self, camera_id: str) -> dict[str, Any]:
        """Give what a camera is and how it goes; of one elsewhere, where that is.

        Raises:
            StreamNotFoundError: There is none.
        """
        place = self._places.get(camera_id)
        if place is None:
            return facts_elsewhere(self.elsewhere(camera_id))
        return self._told(place.camera)

    def all_facts(self, may_see: Callable[[str], bool]) -> list[dict[str, Any]]:
        """Give the facts of all cameras whose owner's id `may_see` allows."""
        here = [self._told(camera) for camera in self.all() if may_see(camera.owner)]
        return here + [facts_elsewhere(one) for one in self.others() if may_see(one.owner)]

    def all(self) -> Sequence[Camera]:
        """All that are worked on here."""
        with self._lock:
            return tuple(place.camera for place in self._places.values())

    def remove(self, camera_id: str) -> dict[str, Any]:
        """Stop a camera and forget it; its runs stay. One elsewhere is let go there within seconds.

        Raises:
            StreamNotFoundError: There is none.
        """
        place = self._places.get(camera_id)
        facts = self.facts(camera_id)
        self._platform.cameras.delete(camera_id)
        if place is None:
            return facts
        self._end(camera_id)
        return self._told(place.camera)

    def shut(self) -> None:
        """Stop all; they are taken up again by the next server."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        for camera in self.all():
            self._end(camera.id)
            self._platform.cameras.assign(camera.id, "")
        self._guarded.close()

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

    def _told(self, camera: Camera) -> dict[str, Any]:
        return {**camera.to_json(), "server": self.server}

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
            camera = Camera(
                self._platform,
                self._live,
                request,
                stored.owner,
                camera_id=stored.id,
                proxy=self._proxy(request),
            )
        except SightlineError as error:
            _log.warning("camera_not_taken_up", camera=stored.id, code=error.code, error=str(error))
            self._platform.locks.release(lock)
            return
        self._begin(camera, lock)
        self._platform.cameras.assign(stored.id, self.server)

    def _proxy(self, request: CameraRequest) -> str:
        """Give the proxy that judges what an http camera leads to; other schemes lead nowhere else."""
        return self._guarded.url if request.address.lower().startswith(("http://", "https://")) else ""

    def _begin(self, camera: Camera, lock: Lock) -> None:
        camera.start()
        with self._lock:
            self._places[camera.id] = _Place(camera, lock)
        if self._ended.is_set():  # the server stopped meanwhile, and did not see it
            self._end(camera.id)

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


def facts_elsewhere(stored: StoredCamera) -> dict[str, Any]:
    """Give what a camera is that another server works on; no password is in it."""
    request = dict(stored.request)
    for name in ("address", "rtsp_push"):
        if request.get(name):
            request[name] = redacted(request[name])
    return {
        "id": stored.id,
        "name": "",
        **request,
        "server": stored.server,
        "connection": {"state": "elsewhere" if stored.server else "waiting"},
        **dict.fromkeys(("push", "frames", "events", "clips_written", "runs")),  # known there alone
    }


def _name(camera_id: str) -> str:
    return f"camera:{camera_id}"
