"""A job queue inside one process."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError
from sightline.core.time import Clock, SystemClock
from sightline.ports import Lease

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring


@dataclass(slots=True)
class _Job:
    """A job that waits (no token) or is held."""

    number: int
    priority: int
    owner: str
    topic: str
    deliveries: int = 0
    ready_s: float = 0.0
    token: str = ""
    expires_s: float = 0.0

    def is_held(self, now_s: float) -> bool:
        """Whether a worker holds it and is not late."""
        return bool(self.token) and self.expires_s > now_s


class MemoryQueue:
    """Hands jobs to threads of this process; forgets them when it ends.

    A lease that ran out frees its job; the late worker then meets `ConflictError`.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._jobs: dict[str, _Job] = {}
        self._turns: dict[str, int] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()

    @classmethod
    def wired(cls, wiring: Wiring) -> MemoryQueue:
        """Give the queue for a machine's settings."""
        return cls(wiring.clock)

    def put(self, job_id: str, *, priority: int = 0, owner: str = "", topic: str = "") -> None:
        """Add a job; does nothing where it is queued or leased already."""
        with self._lock:
            self._jobs.setdefault(job_id, _Job(next(self._numbers), priority, owner, topic))

    def take(self, *, lease_s: float, topic: str = "") -> Lease | None:
        """Lease a job of the highest priority, of the owner whose turn it is; None where none waits."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            working = Counter(
                job.owner for job in self._jobs.values() if job.topic == topic and job.is_held(now_s)
            )
            waiting = [
                (-job.priority, working[job.owner], self._turns.get(job.owner, 0), job.number, job_id)
                for job_id, job in self._jobs.items()
                if job.topic == topic and job.ready_s <= now_s and not job.is_held(now_s)
            ]
            if not waiting:
                return None
            job_id = min(waiting)[-1]
            job = self._jobs[job_id]
            self._turns[job.owner] = next(self._numbers)
            job.token = str(next(self._numbers))
            job.expires_s = now_s + lease_s
            job.deliveries += 1
            return Lease(job_id, job.token, job.expires_s, job.deliveries)

    def extend(self, lease: Lease, *, lease_s: float) -> Lease:
        """Keep a lease; raises `ConflictError` once somebody else holds the job."""
        with self._lock:
            job = self._held(lease)
            job.expires_s = self._clock.monotonic_s() + lease_s
            return Lease(lease.job_id, lease.token, job.expires_s, job.deliveries)

    def finish(self, lease: Lease) -> None:
        """Take the job off the queue; raises `ConflictError` once somebody else holds it."""
        with self._lock:
            self._held(lease)
            del self._jobs[lease.job_id]

    def give_back(self, lease: Lease, *, delay_s: float = 0.0) -> None:
        """Let others have the job again, after a while."""
        with self._lock:
            job = self._held(lease)
            job.token = ""
            job.ready_s = self._clock.monotonic_s() + delay_s

    def _held(self, lease: Lease) -> _Job:
        job = self._jobs.get(lease.job_id)
        if job is None or job.token != lease.token:
            raise ConflictError(f"job {lease.job_id} is no longer held by this worker")
        return job
