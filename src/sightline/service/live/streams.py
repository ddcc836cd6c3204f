"""Where streams are opened, found and closed."""

from __future__ import annotations

import secrets
import statistics
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.core.errors import QuotaExceededError, StreamNotFoundError, StreamOverloadedError
from sightline.core.events import EventKind, RunEvent
from sightline.service.live.admission import Admission
from sightline.service.live.models import BuildModel, ChosenModel, ModelShelf
from sightline.service.live.owner import ModelOwner
from sightline.service.live.quality import FIXED, AutoQuality
from sightline.service.live.stream.analysis import make_analysis, message_of
from sightline.service.live.stream.frames import Arrival, StreamLedger
from sightline.service.live.stream.latency import Latencies
from sightline.service.live.stream.processor import FrameProcessor
from sightline.service.live.stream.session import Stream, StreamContext, StreamLimits
from sightline.service.live.stream.settings import StreamSettings
from sightline.service.webhooks.notifier import Notice

if TYPE_CHECKING:
    from sightline.core.time import Clock
    from sightline.service.live.stream.analysis import MakeAnalysis
    from sightline.service.webhooks.notifier import Notifier
    from sightline.settings import Settings

_ROUND_S = 1.0
_TRIALS = 8
RETRY_AFTER_S = 10


class LiveStreams:
    """All live streams of this process.

    Args:
        settings: How this machine is set up.
        workers: Frames that are worked on at once.
        clock: Tells the time.
        build: Gives a model.
        choose: Gives the model for an application's streams.
        notifier: Tells webhooks of events; None where nobody is told.
        publish: Puts an event on the bus.
        analysis: Gives an application's analysis of a stream.
    """

    def __init__(
        self,
        settings: Settings,
        workers: int,
        clock: Clock,
        build: BuildModel,
        *,
        choose: Callable[[str | None], ChosenModel] | None = None,
        notifier: Notifier | None = None,
        publish: Callable[[RunEvent], None] = lambda _: None,
        analysis: MakeAnalysis = make_analysis,
    ) -> None:
        self.models = ModelShelf(
            build,
            choose or (lambda _: ChosenModel(settings.stream_model or settings.model)),
            lighter=settings.stream_lighter_model,
        )
        self.owner = ModelOwner(workers, clock)
        self.auto = AutoQuality(lighter=bool(settings.stream_lighter_model))
        self.admission = Admission(
            workers, within_s=settings.stream_latency_ms / 1000, most=settings.stream_max_sessions
        )
        self._notifier = notifier
        self._publish = publish
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._measuring = threading.Lock()
        self._streams: dict[str, Stream] = {}
        self._gone, self._gone_latency = StreamLedger(), Latencies()
        self._opened = self._refused = 0
        self._load = 0.0
        self._ended = threading.Event()
        self._watch: threading.Thread | None = None
        limits = StreamLimits(
            queue_frames=settings.stream_queue_frames,
            max_bytes=settings.stream_max_frame_bytes,
            max_pixels=settings.stream_max_pixels,
            max_fps=settings.stream_max_fps,
        )
        self._context = StreamContext(
            clock, self.models, self.auto, limits, analysis, self.owner.wake, self._told
        )

    # -- streams ---------------------------------------------------------------------------------------------

    def open(self, given: Mapping[str, Any], *, owner: str = "") -> Stream:
        """Open a stream; the first one opens the model and measures the machine.

        Raises:
            SettingsError: A setting is unknown or out of range.
            StreamOverloadedError: There is no room for it.
            QuotaExceededError: Its owner has as many as one may have.
            ModelError: The model cannot be opened.
        """
        settings = StreamSettings.from_platform(self._settings).changed(
            given, max_fps=self._settings.stream_max_fps
        )
        self.measure(settings.app)
        stream = Stream(secrets.token_urlsafe(12), settings, self._context, owner=owner)
        with self._lock:
            try:
                self._check_share(owner)
                self.admission.check(self._streams.values(), settings.fps_limit, settings.quality_mode)
            except (StreamOverloadedError, QuotaExceededError):
                self._refused += 1
                raise
            self._streams[stream.id] = stream
            self._opened += 1
            self.owner.add(stream)
        self._start()
        return stream

    def get(self, stream_id: str, *, owner: str | None = None) -> Stream:
        """Find a stream; one of another user's is not there.

        Raises:
            StreamNotFoundError: There is none.
        """
        stream = self._streams.get(stream_id)
        if stream is None or (owner is not None and stream.owner != owner):
            raise StreamNotFoundError(
                "no such stream", hint="it was closed or timed out; open one with POST /stream/sessions"
            )
        return stream

    def tell(self, news: Notice, *, cooldown_s: float | None = None) -> None:
        """Have webhooks told; waits for nothing."""
        if self._notifier is not None:
            self._notifier.tell(news, cooldown_s=cooldown_s)

    def streams(self) -> Sequence[Stream]:
        """All that are open."""
        with self._lock:
            return tuple(self._streams.values())

    def close(self, stream_id: str, reason: str = "closed", *, within_s: float = 0.0) -> None:
        """Close a stream; does nothing where there is none.

        Args:
            stream_id: Which.
            reason: Told to its client.
            within_s: How long to wait for its frame under way; it is finished and counted in any case.
        """
        with self._lock:
            stream = self._streams.pop(stream_id, None)
        if stream is None:
            return
        done = threading.Event()

        def finish() -> None:
            stream.close(reason)
            with self._lock:
                self._gone.plus(stream.ledger)
                self._gone_latency.plus(stream.latency)
            done.set()

        self.owner.remove(stream, finish)
        done.wait(within_s)

    def shut(self) -> None:
        """Close everything."""
        self._ended.set()
        for stream in self.streams():
            self.close(stream.id, "server is stopping", within_s=5)
        self.owner.close()
        if self._watch is not None:
            self._watch.join(timeout=5)
        self.models.close()
        if self._notifier is not None:
            self._notifier.close()

    # -- the machine -----------------------------------------------------------------------------------------

    def measure(self, app: str | None = None) -> None:
        """Find out what a frame costs, once; opens the model of the application that is wanted first.

        Raises:
            ModelError: It cannot be opened.
        """
        with self._measuring:
            if self.admission.cost_s:
                return
            processor = FrameProcessor("measuring", self.models.of(app), max_pixels=1 << 20)
            settings, costs = StreamSettings(), []
            picture = _test_picture()
            for number in range(_TRIALS + 1):
                now_s = self._clock.monotonic_s()
                arrival = Arrival(picture, number, float(number), now_s, now_s)
                processor.process(arrival, settings, FIXED["balanced"], self._clock)
                costs.append(self._clock.monotonic_s() - now_s)
            self.models.forget("measuring")
            self.admission.note(statistics.median(costs[1:]))

    def capacity(self, fps: float, within_s: float) -> dict[str, Any]:
        """Answer how many streams of `fps` fit with 95 % of answers `within_s`.

        Raises:
            ModelError: The model cannot be opened.
        """
        self.measure()
        return self.admission.to_json(fps, within_s, self.streams())

    def tick(self) -> None:
        """One round: what frames cost, whether to look less closely, who has been silent for too long."""
        self._load, cost_s = self.owner.load()
        levels = [stream.level for stream in self.streams()]
        lighter = any(level.lighter for level in levels)  # another model's cost is no measure
        if levels and cost_s and not lighter:
            self.admission.note(cost_s / statistics.fmean(level.cost * level.stride for level in levels))
        self.auto.look(self._load, late=False)
        now_s = self._clock.monotonic_s()
        for stream in self.streams():
            if now_s - stream.heard_mono_s > self._settings.stream_timeout_s:
                self.close(stream.id, "timeout")

    # -- what it tells ---------------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        """Give whether it works, in short."""
        return {
            "status": "stopping" if self._ended.is_set() else "ok",
            "sessions": len(self._streams),
            "model_open": self.models.open_count > 0,
            "load": round(self._load, 3),
            "quality_step": self.auto.step,
        }

    def totals(self) -> tuple[StreamLedger, Latencies]:
        """Give the account of all streams, open and closed, and how long their frames took."""
        ledger, latency = StreamLedger(), Latencies()
        with self._lock:
            ledger.plus(self._gone)
            latency.plus(self._gone_latency)
            for stream in self._streams.values():
                ledger.plus(stream.ledger)
                latency.plus(stream.latency)
        return ledger, latency

    def to_json(self) -> dict[str, Any]:
        """Give statistics of all together."""
        ledger, latency = self.totals()
        return {
            **self.health(),
            "opened": self._opened,
            "refused": self._refused,
            "fps_in": round(sum(stream.fps_in for stream in self.streams()), 2),
            "frames": ledger.to_json(),
            "latency": latency.to_json(),
            "frame_cost_ms": round(self.admission.cost_s * 1000, 3),
            "auto_level": self.auto.level.name,
        }

    def _told(self, stream: Stream, event: Mapping[str, Any]) -> None:
        """Put a stream's event on the bus, and have webhooks told of it; they hear of what is over when it begins."""
        told = {"client_id": stream.id, **event}
        self._publish(
            RunEvent(
                f"stream:{stream.id}", EventKind.STAGE_PROGRESS, message_of(event), self._clock.now_s(), told
            )
        )
        if event.get("phase", "confirmed") == "confirmed":
            self.tell(
                Notice(
                    f"stream:{stream.id}",
                    stream.owner,
                    EventKind.HAZARD_EVENT,
                    str(event.get("kind", "")),
                    told,
                )
            )

    # -- within ----------------------------------------------------------------------------------------------

    def _check_share(self, owner: str) -> None:
        """Refuse somebody who would leave the others no room."""
        most, own = self._settings.quota_streams, sum(one.owner == owner for one in self._streams.values())
        if most and own >= most:
            raise QuotaExceededError(
                f"{own} streams are open, the limit for one user is {most}",
                hint="close one, or ask an admin for more",
                retry_after_s=RETRY_AFTER_S,
            )

    def _start(self) -> None:
        self.owner.start()
        with self._lock:
            if self._watch is None and not self._ended.is_set():
                self._watch = threading.Thread(
                    target=_every,
                    args=(_ROUND_S, self.tick, self._ended),
                    name="sightline-live-watch",
                    daemon=True,
                )
                self._watch.start()


def _every(seconds: float, work: Callable[[], None], ended: threading.Event) -> None:
    while not ended.wait(seconds):
        work()


def _test_picture() -> bytes:
    """Give a JPEG of 640x480 with as much to decode as a photograph has."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)
    image = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
