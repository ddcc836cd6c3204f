"""One camera: dialled, worked on run after run by a thread of its own, shown, and told about."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from sightline.core.errors import ConfigError, SightlineError, StreamNotFoundError
from sightline.core.events import EventKind, RunEvent
from sightline.media.live.clips import ClipRing
from sightline.media.live.connection import Address, CameraState
from sightline.media.live.push import Push
from sightline.media.live.source import LiveSource
from sightline.service.jobs.relay import tell
from sightline.service.live.cameras.owned_model import OwnedModel
from sightline.service.live.cameras.recording import Listeners, record, redacted
from sightline.service.live.cameras.runs import KeptRuns
from sightline.service.live.cameras.view import CameraView, HlsView
from sightline.service.live.stream.analysis import message_of
from sightline.service.live.stream.outbox import Outbox
from sightline.service.webhooks.notifier import Notice

if TYPE_CHECKING:
    from sightline.core.packets import Packet
    from sightline.service.live.cameras.request import CameraRequest
    from sightline.service.live.streams import LiveStreams
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_MOST_FAILURES = 5
_PAUSE_S = 5.0
_END_WITHIN_S = 60.0


class Camera:
    """One camera that is worked on.

    Args:
        platform: The adapters.
        live: Whose model it shares.
        request: What was asked for.
        owner: User it belongs to.
        camera_id: What it is named by; a new one by default.
        on_frame: Told each frame with what was found.
        on_event: Told each event.

    Attributes:
        id: What it is named by.
        owner: User it belongs to.
        request: What was asked for.
        outbox: Results and events, for those who follow it.
        kept: Its runs.
        showing: Its newest picture.
    """

    def __init__(
        self,
        platform: Platform,
        live: LiveStreams,
        request: CameraRequest,
        owner: str,
        *,
        camera_id: str | None = None,
        proxy: str = "",
        on_frame: Callable[[Packet, list[dict[str, Any]]], None] | None = None,
        on_event: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._also = Listeners(on_frame or (lambda *_: None), on_event or (lambda _: None))
        self.id = camera_id or secrets.token_urlsafe(8)
        self.owner = owner
        self.request = request
        self.outbox = Outbox()
        self.showing = CameraView(request.blur)
        self._platform = platform
        self._live = live
        self._clips = ClipRing(request.clip_before_s, request.clip_after_s, platform.clock.monotonic_s)
        self._folder = platform.settings.home / "cameras" / self.id
        self.kept = KeptRuns(platform, request, self._folder)
        self._frames = self._events = 0
        self._failed = ""
        self._lost = False
        self._ended = threading.Event()
        self._hls: HlsView | None = None
        self._hls_lock = threading.Lock()
        self._source = self._open_source(proxy)
        self._thread = threading.Thread(target=self._work, name=f"sightline-camera-{self.id}", daemon=True)
        self._push: Push | None = None
        if request.rtsp_push is not None:
            self._push = Push(request.rtsp_push, self.showing.pictures, platform.clock)
        self._pushing: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self.kept.resume()
        self._live.owner.start()
        self._thread.start()
        if self._push is not None:
            self._pushing = threading.Thread(
                target=self._push.run, name=f"sightline-push-{self.id}", daemon=True
            )
            self._pushing.start()

    def stop(self) -> None:
        """Hang up, let the run's results be made, and end."""
        self._ended.set()
        self._source.close()
        self._thread.join(timeout=_END_WITHIN_S)
        self._clips.flush()
        self.showing.close()
        if self._push is not None and self._pushing is not None:
            self._push.ended.set()
            self._pushing.join(timeout=5)
        with self._hls_lock:
            if self._hls is not None:
                self._hls.close()
        self.outbox.close()

    def hls(self) -> HlsView:
        """Give its view as HLS; begins it where nobody watches."""
        with self._hls_lock:
            if self._hls is None or not self._hls.is_on:
                self._hls = HlsView(self.showing, self._platform.clock.monotonic_s)
                self._hls.start()
            return self._hls

    def hls_of(self, key: str) -> HlsView:
        """Give the view that a key opens.

        Raises:
            StreamNotFoundError: It opens none.
        """
        found = self._hls
        if found is None or not secrets.compare_digest(found.key.encode(), key.encode()):
            raise StreamNotFoundError("no such view", hint="GET /api/v1/cameras/{id}/hls gives its address")
        return found

    @property
    def is_working(self) -> bool:
        """Whether it goes on by itself."""
        return self._thread.is_alive()

    @property
    def state(self) -> CameraState:
        """How its connection stands."""
        return self._source.reconnector.connection.state

    @property
    def failure(self) -> str:
        """What stopped it; empty where nothing did."""
        return self._failed

    @property
    def frames(self) -> int:
        """How many were worked on."""
        return self._frames

    def clip(self, name: str) -> Path:
        """Give a clip's file.

        Raises:
            StreamNotFoundError: There is none of that name.
        """
        path = self._folder / "clips" / Path(name).name
        if not path.is_file() or path.suffix != ".mp4":
            raise StreamNotFoundError("no such clip", hint="an event's clip is there some seconds after it")
        return path

    def to_json(self) -> dict[str, Any]:
        """Give what it is and how it goes; no password is in it."""
        connection = self._source.reconnector.connection.to_json()
        if self._failed:
            connection |= {"state": "failed", "error": self._failed}
        push = self.request.rtsp_push
        return {
            "id": self.id,
            **self.request.model_dump(),
            "address": redacted(self.request.address),
            "rtsp_push": None if push is None else redacted(push),
            "connection": connection,
            "push": None if self._push is None else self._push.connection.to_json(),
            "frames": self._frames,
            "events": self._events,
            "clips_written": self._clips.written,
            "runs": list(self.kept.ids),
        }

    # -- its thread ------------------------------------------------------------------------------------------

    def _open_source(self, proxy: str) -> LiveSource:
        request = self.request
        return LiveSource(
            Address(request.address, request.listens, silence_s=request.silence_s, proxy=proxy),
            self._platform.clock,
            fps_limit=request.fps_limit,
            segment_s=request.segment_s,
            max_pixels=self._platform.settings.stream_max_pixels,
            held=True,
            tap=self._clips.tap if request.clips else None,
            changed=self._on_state,
        )

    def _work(self) -> None:
        failures = 0
        while not self._ended.is_set():
            models = self._live.models.of(self.request.app, self.request.model)
            model = OwnedModel(f"camera-{self.id}", models, self._live.owner, answered=self._source.go)
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
                self._source.go()
                failures += 1
                self._failed = f"{error.code}: {error.message}"
                _log.warning(
                    "camera_failed", camera=self.id, code=error.code, error=str(error), failures=failures
                )
                hopeless = isinstance(error, ConfigError) or failures >= _MOST_FAILURES
                if hopeless or self._ended.wait(_PAUSE_S):
                    self._tell(EventKind.CAMERA_EVENT, "failed", {"state": "failed", "error": self._failed})
                    return
                continue
            failures, self._failed = 0, ""
            self.kept.add(run.id)
            if self.state in (CameraState.ENDED, CameraState.STOPPED):
                return

    def _on_frame(self, packet: Packet, found: list[dict[str, Any]]) -> None:
        self._frames += 1
        self.showing.put(packet, found)
        self._also.on_frame(packet, found)
        data = {"frame_id": packet.index, "t_s": float(packet.pts_s), "detections": found}
        self.outbox.put("detection_result", data, now_s=self._platform.clock.monotonic_s())

    def _on_event(self, event: Mapping[str, Any]) -> None:
        self._events += 1
        self._also.on_event(event)
        told = {"camera": self.id, "name": self.request.name, **event}
        confirmed = event.get("phase", "confirmed") == "confirmed"
        if confirmed and self.request.clips:
            name = f"event-{self._events:06d}.mp4"
            self._clips.want(self._folder / "clips" / name)
            told["clip"] = name
        clock = self._platform.clock
        self.outbox.put(message_of(event), told, now_s=clock.monotonic_s())
        tell(
            self._platform,
            RunEvent(f"camera:{self.id}", EventKind.STAGE_PROGRESS, message_of(event), clock.now_s(), told),
        )
        if confirmed:
            self._tell(EventKind.HAZARD_EVENT, str(event.get("kind", "")), told)

    def _on_state(self, state: CameraState) -> None:
        """Tell that it was lost, and that it came back."""
        if state is CameraState.WAITING and not self._lost:
            self._lost = True
            error = self._source.reconnector.connection.error
            self._tell(EventKind.CAMERA_EVENT, "lost", {"state": "lost", "error": error})
        elif state is CameraState.STREAMING and self._lost:
            self._lost = False
            self._tell(EventKind.CAMERA_EVENT, "back", {"state": "back"})

    def _tell(self, kind: EventKind, what: str, data: Mapping[str, Any]) -> None:
        told = {"camera": self.id, "name": self.request.name, **data}
        news = Notice(f"camera:{self.id}", self.owner, kind, what, told)
        self._live.tell(news, cooldown_s=self.request.webhook_cooldown_s)
