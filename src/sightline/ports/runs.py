"""Where runs are kept, and how work and progress get from one process to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sightline.core.events import RunEvent
    from sightline.core.runs import Attempt, Checkpoint, Run, RunFilter


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
