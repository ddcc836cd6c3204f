"""Every place where Sightline can be extended, one Protocol each.

Built-in implementations register by entry points like anyone's (see `plugins.py`); each port has a contract
test class in `sightline.testing.contracts` that every implementation passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.accounts import Record
    from sightline.core.arrays import Float32, UInt8
    from sightline.core.cameras import StoredCamera
    from sightline.core.detections import Detections
    from sightline.core.events import RunEvent
    from sightline.core.frames import Frame
    from sightline.core.limits import Rate
    from sightline.core.media import MediaInfo, Segment
    from sightline.core.models import ModelInfo
    from sightline.core.packets import Packet
    from sightline.core.receipts import Receipt
    from sightline.core.runs import Attempt, Checkpoint, Run, RunFilter
    from sightline.core.tracks import Tracks
    from sightline.core.videos import Video, VideoFilter
    from sightline.core.webhooks import Delivery, DeliveryState, Webhook

T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R", bound="Record")


# --- the engine's own -------------------------------------------------------------------------------------


class FrameSource(Protocol):
    """Where packets come from: a video cut into segments that decode on their own."""

    def open(self) -> MediaInfo:
        """Probe the source; raises a `MediaError` with a hint when it cannot be used."""
        ...

    def segments(self) -> Sequence[Segment]:
        """All segments in order; the same for the same source, however often it is asked."""
        ...

    def read(self, segment: Segment) -> Iterator[Packet]:
        """Every frame that the segment declares, in order, one packet each.

        A frame that cannot be decoded comes as a failed packet, one that is not wanted as a skipped one.
        The mark at the segment's end is the engine's to add.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@runtime_checkable
class Stage(Protocol):
    """One step of a pipeline, called from one thread, in order in and in order out.

    A packet whose `wants_work` is false passes through untouched, in its place. A stage that raises a
    `SightlineError` for a packet leaves its own state as it was before that packet. One that needs pictures at
    the source's own size says so by an attribute `full_frames = True`. What is found under a table's name is
    recorded as that table; see `stages.record`.
    """

    name: str
    consumes: frozenset[str]
    produces: frozenset[str]

    def open(self) -> None:
        """Load what is heavy; the pipeline's contract has been checked by now."""
        ...

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Work on some packets; what is not ready yet may be held back until later calls or `close`."""
        ...

    def close(self) -> Iterable[Packet]:
        """Give what was held back and release everything."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A stage, tracker or model with a memory that a checkpoint must hold."""

    def snapshot(self) -> bytes:
        """The whole memory; equal memories give equal bytes."""
        ...

    def restore(self, state: bytes) -> None:
        """Go back to a snapshot; afterwards nothing tells the two apart."""
        ...


# --- vision -----------------------------------------------------------------------------------------------


class Pending(Protocol[T_co]):
    """An answer under way."""

    def result(self) -> T_co:
        """Wait for it; raises `InferenceFailedError` where the runtime failed."""
        ...


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How a model is to be run.

    Attributes:
        runtime: Plugin name of the runtime, as in `openvino`.
        precision: `f32`, `bf16` or `int8`.
        threads: Cores it may use at once.
        in_flight: How many answers a caller may leave pending; the runtime holds that many requests ready.
        min_score: Lowest score it should report, 0..1.
        iou: Overlap above which non-maximum suppression drops the weaker box, 0..1.
        max_detections: Most boxes a frame, the best ones.
        layout: Family plugin's name, where it cannot be read off the graph.
        class_names: Names to use where the file holds none.
        input_size: `(height, width)` for graphs with a free input size, and for families that take others.
        source_size: `(height, width)` of the pictures to come; lets a model leave out padding.
        device: Name of the device as the runtime calls it.
        at_once: Pictures computed side by side, the threads shared out among them; None for one a thread.
    """

    runtime: str = "openvino"
    precision: str = "f32"
    threads: int = 1
    in_flight: int = 4
    min_score: float = 0.1
    iou: float = 0.7
    max_detections: int = 300
    layout: str | None = None
    class_names: tuple[str, ...] = ()
    input_size: tuple[int, int] | None = None
    source_size: tuple[int, int] | None = None
    device: str = "CPU"
    at_once: int | None = None


class ModelAdapter(Protocol):
    """One model family: frames in, detections, poses or embeddings out, in source-image pixels."""

    @property
    def info(self) -> ModelInfo:
        """What it is; complete once it is open."""
        ...

    def open(self) -> None:
        """Load the weights; raises a `ModelError`."""
        ...

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Any]:
        """Start on one frame and return at once where the runtime can.

        Detectors answer `Detections`, pose models `Poses`, embedders `(n, d)` float32 of unit rows.
        Models that look at crops take them from `regions`; results then have a row for each region.
        """
        ...

    def close(self) -> None:
        """Free the weights."""
        ...


@dataclass(frozen=True, slots=True)
class ImageInput:
    """How a graph wants its picture; the runtime does this inside the graph where it can.

    Attributes:
        mean: Subtracted from each channel, in the order of `color`, on the 0..255 scale.
        std: Divides each channel afterwards.
        color: `bgr` or `rgb`.
    """

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    color: str = "bgr"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, shape (-1 where free) and element type of a graph's input or output."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """What a graph takes and gives, and the metadata its file carries."""

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)


class Runtime(Protocol):
    """Runs one graph, each image its own request; `reshapes`: a graph's own input size may be overruled."""

    thread_safe: bool
    reshapes: bool

    def read(self, weights: Path) -> GraphInfo:
        """Read a graph's inputs and outputs without making it ready to run; raises `WeightsInvalidError`."""
        ...

    def open(self, weights: Path, image_input: ImageInput, options: ModelOptions) -> None:
        """Make it ready to run; raises `WeightsInvalidError`."""
        ...

    def submit(
        self, image: UInt8, read: Callable[[tuple[NDArray[Any], ...]], Any] | None = None
    ) -> Pending[Any]:
        """Start on a `(h, w, 3)` BGR picture of the graph's input size; outputs come in the graph's order.

        The picture is copied. Blocks while `options.in_flight` requests are under way. `read` turns the
        outputs into the answer, once, on whichever thread; they are only valid while it runs, so nothing
        need be copied. Without it the answer is a tuple of the outputs.
        """
        ...

    def close(self) -> None:
        """Free it."""
        ...


class Tracker(Resumable, Protocol):
    """Gives detections identities, frame after frame."""

    def update(
        self,
        detections: Detections,
        *,
        t_s: float,
        frame: Frame | None = None,
        embeddings: Float32 | None = None,
    ) -> Tracks:
        """Take the next frame's detections; time must rise."""
        ...


# --- applications -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kit:
    """What an application builds its stages from.

    Attributes:
        media: The opened source's facts.
        models: Role (`detector`, `pose`) -> model, not yet open.
        tracker: Makes a fresh tracker; `tuned` may hold settings that suit the application, by a tracker's name.
        settings: The application's settings, as plain data.
        in_flight: How many answers of one model may be pending at once.
    """

    media: MediaInfo
    models: Mapping[str, ModelAdapter]
    tracker: Callable[..., Tracker]
    settings: Mapping[str, Any] = field(default_factory=dict)
    in_flight: int = 4


class TableReader(Protocol):
    """A finished run's tables, as batches in order of frame; never all in memory at once."""

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """`pyarrow.RecordBatch`es of a table; none where the run has no such table."""
        ...

    def rows(self, table: str) -> int:
        """How many rows it has."""
        ...


class TableWriter(Protocol):
    """Takes an application's own tables."""

    def write(self, table: str, batch: Any) -> None:
        """Append a `pyarrow.RecordBatch` of the table's schema."""
        ...


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What an application makes its report from.

    Attributes:
        media: Facts about the source.
        read: The run's tables.
        write: Takes the application's own tables.
        settings: The application's settings, rules among them, as plain data.
        provenance: Versions, model, settings: stored beside every number.
        ledger: `core.ledger.Ledger` as plain data.
        background: A picture of the scene `(h, w, 3)` BGR for figures, None where no frame decoded.
        figures: Folder for pictures.
    """

    media: MediaInfo
    read: TableReader
    write: TableWriter
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    ledger: Mapping[str, Any]
    background: UInt8 | None
    figures: Path


class Application(Protocol):
    """What the platform is for: says which stages to run and what the tables mean; runs nothing itself."""

    name: str

    def defaults(self) -> Mapping[str, Any]:
        """Settings with their default values; what a user gives is checked against them."""
        ...

    def stages(self, kit: Kit) -> Sequence[Stage]:
        """The pipeline between decode and record, from `pipeline.yaml`."""
        ...

    def report(self, context: ReportContext) -> Mapping[str, Any]:
        """Make the application's tables, figures and `report.json` from stored tables; no inference."""
        ...

    def page(self, report: Mapping[str, Any], figures: Path) -> str:
        """`report.html`: one self-contained page."""
        ...


# --- the simulator ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SceneOptions:
    """How a scene is to be filmed.

    Attributes:
        seconds: Length of the clip.
        seed: Chooses everything that is left to chance.
        size: `(height, width)` in pixels, both even.
        frame_rate_hz: Frames a second.
        shake_px: Standard deviation of the camera's shake in pixels; 0 for a camera that stands still.
        noise: Standard deviation of the sensor's noise in grey levels.
        actors: How many people (players, balls, ...) take part; None for what suits the scene.
        settings: What only this scene knows, by name.
    """

    seconds: float = 20.0
    seed: int = 7
    size: tuple[int, int] = (360, 640)
    frame_rate_hz: Fraction = Fraction(25)
    shake_px: float = 0.0
    noise: float = 2.0
    actors: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class Scene(Protocol):
    """A small world that is rendered with exact ground truth; made from `SceneOptions` alone."""

    name: str

    def render(self, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
        """Write the clip and its truth into a folder; the same options give the same bytes.

        Args:
            out: The folder; made where it is not there.
            progress: Told frames done and frames in all.

        Returns:
            What was written, by role: `clip`, `gt`, `tracks`, `events`, `rules`, `camera`, `scene`, ...
        """
        ...


# --- exports ----------------------------------------------------------------------------------------------


class Export(Protocol):
    """Writes a finished run's tables in another format; one option given as a keyword each."""

    def __call__(self, folder: Path, out: Path, **options: Any) -> Path:
        """Write `out` from the result folder, whole or not at all, and give what was written."""
        ...


# --- the world outside ------------------------------------------------------------------------------------


class RunStore(Protocol):
    """Runs and what they committed. A lost race raises `ConflictError`."""

    def add(self, run: Run) -> None:
        """Store a new run; raises `ConflictError` where its id is taken."""
        ...

    def get(self, run_id: str) -> Run:
        """Raises `RunNotFoundError`."""
        ...

    def list(
        self, wanted: RunFilter | None = None, *, limit: int = 100, before: str | None = None
    ) -> Sequence[Run]:
        """Those wanted, newest first; `before` is the last id of the page before."""
        ...

    def update(self, run: Run, *, events: Sequence[RunEvent] = (), attempt: Attempt | None = None) -> Run:
        """Store a change, its events and its attempt at once; refuses an old `version` and an illegal transition."""
        ...

    def delete(self, run_id: str) -> None:
        """Forget a run and all that belongs to it; raises `ConflictError` while it is running."""
        ...


class RunJournal(Protocol):
    """What a run has committed, beside its `RunStore` and in the same database.

    A writer names its `attempt`; once a later one has begun, what it writes is refused with `ConflictError`.
    """

    def commit(
        self, run_id: str, checkpoint: Checkpoint, *, attempt: int, events: Sequence[RunEvent] = ()
    ) -> None:
        """Store a segment's checkpoint and events at once; the same segment twice is one."""
        ...

    def append(self, run_id: str, events: Sequence[RunEvent], *, attempt: int) -> Sequence[RunEvent]:
        """Store events, and give them with their cursors."""
        ...

    def checkpoints(self, run_id: str) -> Sequence[Checkpoint]:
        """Committed segments in order; only the last one need hold its snapshots."""
        ...

    def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        """The run's events with a cursor above `after`, in order."""
        ...

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """Who tried, and what came of it, in order."""
        ...


class Outbox(Protocol):
    """Stored events that have not been handed to the bus, beside the `RunJournal` and in the same database."""

    def pending(self, *, run_id: str | None = None, limit: int = 500) -> Sequence[tuple[int, RunEvent]]:
        """Number and event, in the order in which they were stored."""
        ...

    def sent(self, numbers: Sequence[int]) -> None:
        """They have reached the bus; numbers that are gone already do not matter."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """A job that one worker holds for a while.

    Attributes:
        job_id: The run, most often.
        token: Proves that it is still this worker's; nobody else's is ever the same.
        expires_s: When others may have it, by the queue's clock.
        deliveries: How often the job has been handed out, this time included.
    """

    job_id: str
    token: str
    expires_s: float
    deliveries: int = 1


class JobQueue(Protocol):
    """Hands runs to workers, at least once; the same job twice is one job."""

    def put(self, job_id: str, *, priority: int = 0, owner: str = "", topic: str = "") -> None:
        """Add a job; does nothing where it is queued or leased already."""
        ...

    def take(self, *, lease_s: float, topic: str = "") -> Lease | None:
        """Lease the next job of a topic, None where none waits.

        Highest priority first; then the owner with the fewest jobs under way, owners taking turns; then the oldest.
        """
        ...

    def extend(self, lease: Lease, *, lease_s: float) -> Lease:
        """Keep a lease; raises `ConflictError` once somebody else holds the job."""
        ...

    def finish(self, lease: Lease) -> None:
        """Take the job off the queue; raises `ConflictError` once somebody else holds it."""
        ...

    def give_back(self, lease: Lease, *, delay_s: float = 0.0) -> None:
        """Let others have the job again, after a while."""
        ...


class AccountStore(Protocol):
    """Users, keys, sessions, groups, shares and the audit: records of `core.accounts`, told apart by their class.

    Attributes:
        changes: Rises with each change that is made through this object, entries of the audit apart.
    """

    changes: int

    def add(self, *records: Record) -> None:
        """Store new records, all or none; raises `ConflictError` where an id or a unique name is taken."""
        ...

    def get(self, kind: type[R], record_id: str) -> R:
        """Raises `NotFoundError`."""
        ...

    def find(
        self, kind: type[R], *, limit: int = 100, before: str | None = None, **equals: Any
    ) -> Sequence[R]:
        """Those whose fields equal what is given, by falling id; `before` is the last id of the page before."""
        ...

    def update(self, record: R, *also: Record) -> R:
        """Store a change, and new records with it; refuses an old `version` with `ConflictError`."""
        ...

    def delete(self, record: Record, *also: Record) -> None:
        """Forget a record and what hangs on it, and store new ones with that; raises `NotFoundError`."""
        ...


class RateLimiter(Protocol):
    """Counts how often something is done. Safe to use from several threads.

    Attributes:
        waits: Whether a server has to be asked, so that an event loop must not.
    """

    waits: bool

    def take(self, key: str, rate: Rate) -> float:
        """Take one token from a bucket; 0 where there was one, else how long to wait for it, seconds."""


class WebhookStore(Protocol):
    """Addresses that are told about runs."""

    def add(self, webhook: Webhook) -> None:
        """Store a new webhook; raises `ConflictError` where its id is taken."""
        ...

    def get(self, webhook_id: str) -> Webhook:
        """Raises `NotFoundError`."""
        ...

    def list(self, *, owner: str = "", limit: int = 100, before: str | None = None) -> Sequence[Webhook]:
        """Newest first, of one user or of all; `before` is the last id of the page before."""
        ...

    def update(self, webhook: Webhook) -> Webhook:
        """Store a change; refuses an old `version` with `ConflictError`."""
        ...

    def delete(self, webhook_id: str) -> None:
        """Forget a webhook and all that was sent to it; does nothing where there is none."""
        ...


class DeliveryStore(Protocol):
    """What is on its way to webhooks, beside their `WebhookStore` and in the same database."""

    def post(self, given: Sequence[Delivery]) -> None:
        """Store deliveries that are not there yet."""
        ...

    def claim(self, *, now_s: float, lease_s: float, limit: int = 50) -> Sequence[Delivery]:
        """Give those that are due, and to nobody else for a while."""
        ...

    def settle(self, delivery: Delivery) -> None:
        """Store what came of a try; does nothing where the webhook is gone."""
        ...

    def sent(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> Sequence[Delivery]:
        """A webhook's deliveries, newest first; `before` is the last id of the page before."""
        ...

    def forget(self, *, before_s: float) -> int:
        """Drop what was delivered, or died, before a time; give how many."""
        ...


class Upkeep(Protocol):
    """Looks after the database."""

    def back_up(self, target: Path) -> Path:
        """Write a consistent copy of all that is committed; raises `ConfigError` where that is not ours to do."""
        ...

    def check(self) -> Sequence[str]:
        """Give what is wrong, in sentences; nothing where nothing is."""
        ...


class Courier(Protocol):
    """Brings a message to an address in the outside world."""

    def send(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> int:
        """Give the HTTP status of the answer; follows no redirect.

        Raises:
            AddressRefusedError: It leads where nothing may be sent.
            AdapterUnavailableError: Nobody answers.
        """
        ...


class EventBus(Protocol):
    """Carries progress to whoever listens. Publishing never waits for a slow listener."""

    def publish(self, event: RunEvent) -> None:
        """Tell every listener."""
        ...

    def subscribe(
        self, listener: Callable[[RunEvent], None], *, run_id: str | None = None
    ) -> Callable[[], None]:
        """Call `listener` for each event from now on; gives a function that ends it."""
        ...


class ObjectStore(Protocol):
    """Bytes by key, each written once."""

    def put(self, key: str, data: Iterable[bytes]) -> None:
        """Store under a new key, whole or not at all; raises `ConflictError` where the key is taken."""
        ...

    def get(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`; raises `SourceUnavailableError`."""
        ...

    def list(self, prefix: str) -> Sequence[str]:
        """Keys under a prefix, sorted."""
        ...

    def delete(self, key: str) -> None:
        """Remove a key; does nothing where there is none."""
        ...

    def sign(self, key: str, *, expires_s: float) -> str:
        """Give an address from which anybody may read the object for a while."""
        ...


@dataclass(frozen=True, slots=True)
class Lock:
    """A name that one process holds for a while."""

    name: str
    token: str
    expires_s: float


class Locks(Protocol):
    """Lets one process at a time do what is done for all of them, such as housekeeping."""

    def take(self, name: str, *, lease_s: float) -> Lock | None:
        """Hold a name for a while; None while somebody else holds it."""
        ...

    def extend(self, lock: Lock, *, lease_s: float) -> Lock:
        """Hold it longer; raises `ConflictError` where it ran out."""
        ...

    def release(self, lock: Lock) -> None:
        """Let others have it; does nothing where it ran out."""
        ...


class VideoStore(Protocol):
    """What is known of the videos that users gave to the server. A lost race raises `ConflictError`."""

    def add(self, video: Video) -> None:
        """Store a new video; raises `ConflictError` where its id is taken."""
        ...

    def get(self, video_id: str) -> Video:
        """Raises `NotFoundError`."""
        ...

    def list(
        self, wanted: VideoFilter | None = None, *, limit: int = 100, before: str | None = None
    ) -> Sequence[Video]:
        """Those wanted, newest first; `before` is the last id of the page before."""
        ...

    def update(self, video: Video) -> Video:
        """Store a change; refuses an old `version`."""
        ...

    def delete(self, video_id: str) -> None:
        """Forget a video; raises `NotFoundError`."""
        ...


class CameraStore(Protocol):
    """Cameras that a server works on until somebody removes them."""

    def add(self, camera: StoredCamera) -> None:
        """Store a new camera; raises `ConflictError` where its id is taken."""
        ...

    def all(self) -> Sequence[StoredCamera]:
        """All there are, oldest first."""
        ...

    def delete(self, camera_id: str) -> None:
        """Forget a camera; does nothing where there is none."""
        ...


class ReceiptStore(Protocol):
    """Requests that were taken under a key of the sender's choice."""

    def claim(self, receipt: Receipt) -> Receipt | None:
        """Store a new receipt, and give None; or give the one that its owner has under that key already."""
        ...

    def settle(self, receipt: Receipt) -> None:
        """Store what came of it."""
        ...

    def drop(self, owner: str, key: str) -> None:
        """Forget one; does nothing where there is none."""
        ...

    def forget(self, *, before_s: float) -> int:
        """Drop those made before a time, but for those of watched files, and say how many."""
        ...
