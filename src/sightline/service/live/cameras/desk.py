"""Where cameras are added, looked at and removed; each is worked on by a thread of its own."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from sightline.core.errors import ConflictError, SightlineError, StreamNotFoundError
from sightline.core.events import EventKind, RunEvent
from sightline.media.live.clips import ClipRing
from sightline.media.live.connection import Address, CameraState
from sightline.media.live.source import LiveSource
from sightline.service.delete import delete_run
from sightline.service.jobs.relay import tell
from sightline.service.live.cameras.answering import OwnedModel
from sightline.service.live.cameras.observe import drawn
from sightline.service.live.cameras.recording import Listeners, record, redacted
from sightline.service.live.stream.outbox import Outbox

if TYPE_CHECKING:
    from sightline.core.packets import Packet
    from sightline.service.live.cameras.request import CameraRequest
    from sightline.service.live.desk import LiveDesk
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_MOST_FAILURES = 5
_PAUSE_S = 5.0


class Camera:
    """One camera that is worked on.

    Attributes:
        id: What it is named by.
        owner: User it belongs to.
        request: What was asked for.
        outbox: Results and events, for those who follow it.
        runs: Ids of its runs, oldest first.
    """

    def __init__(
        self,
        platform: Platform,
        live: LiveDesk,
        request: CameraRequest,
        owner: str,
        *,
        on_frame: Callable[[Packet, list[dict[str, Any]]], None] | None = None,
        on_event: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._also = Listeners(on_frame or (lambda *_: None), on_event or (lambda _: None))
        self.id = secrets.token_urlsafe(8)
        self.owner = owner
        self.request = request
        self.outbox = Outbox()
        self.runs: deque[str] = deque()
        self._platform = platform
        self._live = live
        self._clips = ClipRing(request.clip_before_s, request.clip_after_s, platform.clock.monotonic_s)
        self._folder = platform.settings.home / "cameras" / self.id
        self._newest: tuple[Packet, list[dict[str, Any]]] | None = None
        self._frames = self._events = 0
        self._failed = ""
        self._ended = threading.Event()
        self._source = self._open_source()
        self._thread = threading.Thread(target=self._work, name=f"sightline-camera-{self.id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._live.owner.start()
        self._thread.start()

    def stop(self) -> None:
        """Hang up, let the run's results be made, and end."""
        self._ended.set()
        self._source.close()
        self._thread.join(timeout=60)
        self._clips.flush()
        self.outbox.close()

    def picture(self) -> bytes | None:
        """Give the newest frame with its boxes as a JPEG; None before the first."""
        newest = self._newest
        return None if newest is None else drawn(*newest)

    @property
    def is_working(self) -> bool:
        """Whether it goes on by itself."""
        return self._thread.is_alive()

    @property
    def failure(self) -> str:
        """What stopped it; empty where nothing did."""
        return self._failed

    @property
    def frames(self) -> int:
        """How many were worked on."""
        return self._frames

    def to_json(self) -> dict[str, Any]:
        """Give what it is and how it goes; no password is in it."""
        connection = self._source.dialler.connection.to_json()
        if self._failed:
            connection |= {"state": "failed", "error": self._failed}
        shown = self.request.model_dump(exclude={"address"})
        return {
            "id": self.id,
            "address": redacted(self.request.address),
            **shown,
            "connection": connection,
            "frames": self._frames,
            "events": self._events,
            "clips_written": self._clips.written,
            "runs": list(self.runs),
        }

    # -- its thread ------------------------------------------------------------------------------------------

    def _open_source(self) -> LiveSource:
        request = self.request
        return LiveSource(
            Address(request.address, request.listens, silence_s=request.silence_s),
            self._platform.clock,
            fps_limit=request.fps_limit,
            segment_s=request.segment_s,
            max_pixels=self._platform.settings.stream_max_pixels,
            tap=self._clips.tap if request.clips else None,
        )

    def _work(self) -> None:
        failures = 0
        while not self._ended.is_set():
            model = OwnedModel(f"camera-{self.id}", self._live.models, self._live.owner)
            listeners = Listeners(self._on_frame, self._on_event)
            try:
                run = record(
                    self._platform,
                    self.request,
                    self._source,
                    model,
                    listeners,
                    folder=self._folder,
                    owner=self.owner,
                )
            except SightlineError as error:
                failures += 1
                self._failed = f"{error.code}: {error.message}"
                _log.warning(
                    "camera_failed", camera=self.id, code=error.code, error=str(error), failures=failures
                )
                if failures >= _MOST_FAILURES or self._ended.wait(_PAUSE_S):
                    return
                continue
            failures, self._failed = 0, ""
            self.runs.append(run.id)
            self._forget_old()
            if self._source.dialler.connection.state in (CameraState.ENDED, CameraState.STOPPED):
                return

    def _forget_old(self) -> None:
        while len(self.runs) > self.request.keep_runs:
            old = self.runs.popleft()
            try:
                delete_run(self._platform, old, files=True)
            except (SightlineError, ConflictError) as error:
                _log.info("camera_run_kept", run=old, error=str(error))

    def _on_frame(self, packet: Packet, found: list[dict[str, Any]]) -> None:
        self._frames += 1
        self._newest = packet, found
        self._also.on_frame(packet, found)
        data = {"frame_id": packet.index, "t_s": float(packet.pts_s), "detections": found}
        self.outbox.put("detection_result", data, now_s=self._platform.clock.monotonic_s())

    def _on_event(self, event: Mapping[str, Any]) -> None:
        self._events += 1
        self._also.on_event(event)
        told = {"camera": self.id, "name": self.request.name, **event}
        if event.get("phase", "confirmed") == "confirmed" and self.request.clips:
            name = f"event-{self._events:06d}.mp4"
            self._clips.want(self._folder / "clips" / name)
            told["clip"] = name
        self.outbox.put("hazard_event", told, now_s=self._platform.clock.monotonic_s())
        tell(
            self._platform,
            RunEvent(
                f"camera:{self.id}",
                EventKind.STAGE_PROGRESS,
                "hazard_event",
                self._platform.clock.now_s(),
                told,
            ),
        )

    def clip(self, name: str) -> Path:
        """Give a clip's file.

        Raises:
            StreamNotFoundError: There is none of that name.
        """
        path = self._folder / "clips" / Path(name).name
        if not path.is_file() or path.suffix != ".mp4":
            raise StreamNotFoundError("no such clip", hint="an event's clip is there some seconds after it")
        return path


class CameraDesk:
    """All cameras of this process."""

    def __init__(self, platform: Platform, live: LiveDesk) -> None:
        self._platform = platform
        self._live = live
        self._lock = threading.Lock()
        self._cameras: dict[str, Camera] = {}

    def add(self, request: CameraRequest, *, owner: str) -> Camera:
        """Add a camera and begin to work on it.

        Raises:
            SightlineError: The model cannot be opened.
        """
        self._live.measure()
        camera = Camera(self._platform, self._live, request, owner)
        with self._lock:
            self._cameras[camera.id] = camera
        camera.start()
        return camera

    def get(self, camera_id: str) -> Camera:
        """Find a camera.

        Raises:
            StreamNotFoundError: There is none.
        """
        camera = self._cameras.get(camera_id)
        if camera is None:
            raise StreamNotFoundError("no such camera", hint="GET /api/v1/cameras lists them")
        return camera

    def all(self) -> Sequence[Camera]:
        """All there are."""
        with self._lock:
            return tuple(self._cameras.values())

    def remove(self, camera_id: str) -> Camera:
        """Stop a camera; its runs stay.

        Raises:
            StreamNotFoundError: There is none.
        """
        with self._lock:
            camera = self._cameras.pop(camera_id, None)
        if camera is None:
            raise StreamNotFoundError("no such camera", hint="GET /api/v1/cameras lists them")
        camera.stop()
        return camera

    def shut(self) -> None:
        """Stop all."""
        for camera in self.all():
            self.remove(camera.id)
