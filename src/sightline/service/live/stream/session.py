"""One client's stream: what waits, what became of every frame, and what it has to tell."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.core.errors import (
    FrameRefusedError,
    MediaError,
    ModelError,
    SettingsError,
    SightlineError,
    StreamError,
)
from sightline.service.live.quality import AutoQuality, level_of
from sightline.service.live.stream.analysis import message_of
from sightline.service.live.stream.frames import Arrival, Drop, StreamLedger
from sightline.service.live.stream.latency import Latencies
from sightline.service.live.stream.outbox import Outbox
from sightline.service.live.stream.processor import Answer, FrameProcessor
from sightline.service.live.stream.rate import TokenBucket

if TYPE_CHECKING:
    from sightline.core.time import Clock
    from sightline.media.live.pictures import RawPicture
    from sightline.service.live.models import ModelShelf
    from sightline.service.live.quality import Level
    from sightline.service.live.stream.analysis import MakeAnalysis
    from sightline.service.live.stream.outbox import Message
    from sightline.service.live.stream.settings import StreamSettings

_FLOOD_HZ = 120.0
_RECENT_S = 5.0


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What a stream may ask of this machine.

    Attributes:
        queue_frames: Frames that may wait; a newer one pushes the oldest out.
        max_wait_s: A frame that has waited longer is left out.
        max_bytes: Largest picture file.
        max_pixels: Largest picture.
        max_fps: Most frames a second that a client may ask for.
    """

    queue_frames: int = 1
    max_wait_s: float = 1.0
    max_bytes: int = 8_000_000
    max_pixels: int = 33_177_600
    max_fps: float = 30.0


@dataclass(frozen=True, slots=True)
class StreamContext:
    """What all streams share.

    Attributes:
        clock: Tells the time.
        models: The models.
        auto: The present level of `auto` streams.
        limits: What each may ask for.
        make_analysis: Gives an application's analysis.
        wake: Called when a frame waits.
        told: Called with each event of a stream.
    """

    clock: Clock
    models: ModelShelf
    auto: AutoQuality
    limits: StreamLimits
    make_analysis: MakeAnalysis
    wake: Callable[[], None]
    told: Callable[[Stream, Mapping[str, Any]], None]


class Stream:
    """Takes frames in from any thread, has them worked on by the owner's, keeps account of all.

    Attributes:
        id: What clients name it by.
        owner: User it belongs to.
        settings: As they are now.
        outbox: What it has to tell.
        ledger: What became of its frames.
        legs: How long they took.
        opened_s: Since when it has been open, seconds since the Unix epoch.
        heard_mono_s: When its client was last heard of.
    """

    def __init__(
        self, stream_id: str, settings: StreamSettings, context: StreamContext, *, owner: str = ""
    ) -> None:
        self.id = stream_id
        self.owner = owner
        self.outbox = Outbox()
        self.ledger = StreamLedger()
        self.latency = Latencies()
        self._context = context
        self._lock = threading.Lock()
        self._queue: deque[Arrival] = deque()
        self.opened_s = context.clock.now_s()
        self.heard_mono_s = context.clock.monotonic_s()
        self._flood = TokenBucket(_FLOOD_HZ, _FLOOD_HZ, self.heard_mono_s)
        self._rate = TokenBucket(1, 1, self.heard_mono_s)
        self._accepted = 0
        self._arrivals: deque[float] = deque(maxlen=256)
        self._processor = FrameProcessor(
            stream_id, context.models.of(settings.app), max_pixels=context.limits.max_pixels
        )
        self.closed = False
        self._apply(settings)

    # -- the client's side ---------------------------------------------------------------------------------

    def configure(self, given: Mapping[str, Any]) -> StreamSettings:
        """Change settings while it runs.

        Raises:
            SettingsError: One is unknown or out of range; nothing has changed.
        """
        self.heard()
        changed = self.settings.changed(given, max_fps=self._context.limits.max_fps)
        self._apply(changed)
        return changed

    def heard(self) -> None:
        """Note that its client is there."""
        self.heard_mono_s = self._context.clock.monotonic_s()

    def arrived(
        self,
        picture: bytes | str | RawPicture,
        frame_id: Any = None,
        *,
        captured_s: float | None = None,
        extras: Mapping[str, Any] | None = None,
    ) -> Drop | None:
        """Take a frame in; says why where it is left out at once. Waits for nothing."""
        clock = self._context.clock
        now_s = clock.monotonic_s()
        self.heard_mono_s = now_s
        arrival = Arrival(picture, frame_id, captured_s, clock.now_s(), now_s, extras or {})
        with self._lock:
            self.ledger.received += 1
            self._arrivals.append(now_s)
            cause = self._refuse(arrival, now_s)
            if cause is not None:
                self.ledger.drop(cause)
            else:
                self._queue.append(arrival)
            if len(self._queue) > self._context.limits.queue_frames:
                self._queue.popleft()
                self.ledger.drop(Drop.SUPERSEDED)
        if cause is Drop.TOO_LARGE:
            limit = self._context.limits.max_bytes
            self.complain(
                FrameRefusedError(f"the frame is over {limit} bytes", hint="send a smaller one"),
                frame_id=frame_id,
            )
        if cause is not None:
            return cause
        if captured_s is not None and abs(arrival.received_s - captured_s) < 3600:
            self.latency.add(network=arrival.received_s - captured_s)
        self._context.wake()
        return None

    def now_s(self) -> float:
        """Give the time, in seconds since the Unix epoch."""
        return self._context.clock.now_s()

    def sent(self, message: Message) -> None:
        """Note that a message has left for its client."""
        now_s = self._context.clock.monotonic_s()
        if message.received_mono_s is not None:
            self.latency.add(send=now_s - message.ready_mono_s, total=now_s - message.received_mono_s)

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Put something into the outbox."""
        self.outbox.put(kind, data, now_s=self._context.clock.monotonic_s())

    def complain(self, error: SightlineError, **facts: Any) -> None:
        """Tell the client of an error."""
        self.tell("error", {"code": error.code, "message": error.message, "hint": error.hint, **facts})

    def wanted_hz(self) -> float:
        """Give the frames a second it is expected to send: its limit, or what it really sends once that is known."""
        limit = self.settings.fps_limit
        if self._context.clock.now_s() - self.opened_s < 2 * _RECENT_S:
            return limit
        return min(limit, self.fps_in)

    @property
    def fps_in(self) -> float:
        """Frames a second that came in over the last five seconds."""
        now_s = self._context.clock.monotonic_s()
        recent = [t_s for t_s in tuple(self._arrivals) if now_s - t_s <= _RECENT_S]
        age_s = max(self._context.clock.now_s() - self.opened_s, 1e-9)
        return len(recent) / min(age_s, _RECENT_S)

    @property
    def level(self) -> Level:
        """How closely it is looked at now."""
        return self._processor.taken(level_of(self.settings.quality_mode, self._context.auto))

    def close(self, reason: str = "closed") -> None:
        """Let go of everything; frames that wait count as dropped."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            for _ in range(len(self._queue)):
                self._queue.popleft()
                self.ledger.drop(Drop.CLOSED)
        for event in self._processor.finish():
            self.tell(message_of(event), dict(event))
            self._context.told(self, event)
        if reason != "closed":
            self.tell(
                "error",
                {"code": "stream_closed", "message": f"the stream was closed: {reason}", "hint": None},
            )
        self.outbox.close()
        self._context.models.forget(self.id)

    def to_json(self) -> dict[str, Any]:
        """Give its statistics as plain data."""
        age_s = max(self._context.clock.now_s() - self.opened_s, 1e-9)
        now_s = self._context.clock.monotonic_s()
        level = self.level
        return {
            "client_id": self.id,
            "opened_s": self.opened_s,
            "age_s": round(age_s, 3),
            "idle_s": round(now_s - self.heard_mono_s, 3),
            "fps_in": round(self.fps_in, 2),
            "frames": self.ledger.to_json(),
            "latency": self.latency.to_json(),
            "quality": {"mode": self.settings.quality_mode, "level": level.name, "stride": level.stride},
            "last_message": self.outbox.last,
            "config": self.settings.model_dump(),
        }

    # -- the owner's side ----------------------------------------------------------------------------------

    @property
    def has_work(self) -> bool:
        """Whether a frame waits."""
        return bool(self._queue)

    def work(self) -> bool:
        """Work on the next frame; says whether it was answered."""
        arrival = self._next()
        if arrival is None:
            return False
        settings, level = self.settings, self.level
        begun_s = self._context.clock.monotonic_s()
        try:
            answer = self._processor.process(arrival, settings, level, self._context.clock)
        except (MediaError, StreamError) as error:
            self._lose(arrival, Drop.UNDECODABLE, error)
            return False
        except ModelError as error:
            self._lose(arrival, Drop.INFERENCE, error)
            return False
        self._tell(arrival, answer, begun_s)
        return True

    def broke(self, error: Exception) -> None:
        """Count the frame under way as failed."""
        with self._lock:
            if self.ledger.waiting > len(self._queue):
                self.ledger.drop(Drop.INFERENCE)
        self.tell(
            "error", {"code": "error", "message": f"the frame failed: {type(error).__name__}", "hint": None}
        )

    def _next(self) -> Arrival | None:
        with self._lock:
            while self._queue:
                arrival = self._queue.popleft()
                waited_s = self._context.clock.monotonic_s() - arrival.received_mono_s
                if waited_s <= self._context.limits.max_wait_s:
                    return arrival
                self.ledger.drop(Drop.DEADLINE)
        return None

    def _tell(self, arrival: Arrival, answer: Answer, begun_s: float) -> None:
        clock = self._context.clock
        with self._lock:
            self.ledger.processed += 1
            drops = self.ledger.drops()
        ready_s = clock.monotonic_s()
        inferred_s = arrival.received_s + (ready_s - arrival.received_mono_s)
        for event in answer.events:
            self.outbox.put(message_of(event), {"frame_id": arrival.frame_id, **event}, now_s=ready_s)
            self._context.told(self, event)
        data = {
            "frame_id": arrival.frame_id,
            "detections": answer.detections,
            "processing_time_ms": round((ready_s - begun_s) * 1000, 3),
            "timing": {"capture": arrival.captured_s, "received": arrival.received_s, "inferred": inferred_s},
            "dropped": drops,
            "frame_size": [answer.source_size[1], answer.source_size[0]],
            "quality": answer.quality,
        }
        self.latency.add(queue=begun_s - arrival.received_mono_s, **answer.legs)
        self.outbox.put(
            "detection_result", data, now_s=clock.monotonic_s(), received_s=arrival.received_mono_s
        )

    def _lose(self, arrival: Arrival, cause: Drop, error: SightlineError) -> None:
        with self._lock:
            self.ledger.drop(cause)
        self.complain(error, frame_id=arrival.frame_id)

    # -- within ----------------------------------------------------------------------------------------------

    def _refuse(self, arrival: Arrival, now_s: float) -> Drop | None:
        if self.closed:
            return Drop.CLOSED
        if not self._flood.allows(now_s):
            return Drop.FLOOD
        if arrival.is_over(self._context.limits.max_bytes):
            return Drop.TOO_LARGE
        if not self._rate.allows(now_s):
            return Drop.RATE
        self._accepted += 1
        return Drop.STRIDE if (self._accepted - 1) % self.level.stride else None

    def _apply(self, settings: StreamSettings) -> None:
        """Take settings over; an application that is not there is refused before anything changes."""
        before = getattr(self, "settings", None)
        if before is None or (before.app, before.app_settings) != (settings.app, settings.app_settings):
            analysis, models = None, self._context.models.of(settings.app)
            if settings.app is not None:
                analysis = self._context.make_analysis(
                    settings.app, settings.app_settings, models.info.class_names
                )
                if analysis.tracking is not None and not settings.enable_tracking:
                    raise SettingsError("app: it needs tracking", hint="set enable_tracking")
            self._processor.analyse_with(analysis, models)
        self.settings = settings
        if before is None or before.fps_limit != settings.fps_limit:
            burst = max(2.0, settings.fps_limit / 4)
            self._rate = TokenBucket(settings.fps_limit, burst, self._context.clock.monotonic_s())
