"""Announces jobs to Celery workers; the jobs themselves stay in the SQL database.

What is announced is that there is work, not which: a worker that hears it takes the job whose turn it is, so that
priorities, leases and fair share are those of the SQL queue. An announcement that is lost, because the broker is
away or a worker died, is made again by `announce_waiting`, which Celery's beat calls; one too many does no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.adapters.sql.queue import SqlQueue
from sightline.core.errors import AdapterUnavailableError, SettingsError
from sightline.core.optional import require

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring
    from sightline.core.breaker import Breaker
    from sightline.ports import Lease

WORK = "sightline.work"
"""Name of the task that takes one job and sees to it."""
_log = structlog.get_logger()
_MOST_ANNOUNCED = 200
_CONNECT_WITHIN_S = 3.0


class Announcer:
    """Sends announcements through Celery's broker.

    Args:
        broker_url: As in `redis://host:6379/1` or `amqp://user:password@host:5672//`.
        resource: Which workers are meant: `cpu` or `gpu`.
        breaker: Keeps callers from waiting for a broker that is away.

    Raises:
        MissingDependencyError: The `celery` extra is not installed.
        SettingsError: No broker is named.
    """

    def __init__(self, broker_url: str, resource: str, breaker: Breaker) -> None:
        if not broker_url:
            raise SettingsError(
                "the Celery queue is chosen and no broker is named",
                hint="set SIGHTLINE_BROKER_URL, as in redis://127.0.0.1:6379/1",
            )
        celery = require("celery", extra="celery")
        self._failures = (require("kombu.exceptions", extra="celery").OperationalError, OSError)
        self._app = celery.Celery("sightline", broker=broker_url, set_as_current=False)
        self._app.conf.update(
            broker_connection_timeout=_CONNECT_WITHIN_S,
            broker_transport_options={"socket_connect_timeout": _CONNECT_WITHIN_S, "max_retries": 0},
            task_ignore_result=True,
        )
        self._resource = resource
        self._breaker = breaker

    def announce(self, *, expires_s: float | None = None) -> None:
        """Say that there is work; raises `AdapterUnavailableError` where the broker is away."""
        with self._breaker.guard():
            try:
                self._app.send_task(WORK, queue=self._resource, expires=expires_s, retry=False)
            except self._failures as error:
                raise AdapterUnavailableError(
                    f"the broker does not answer: {error}", hint="check SIGHTLINE_BROKER_URL and its server"
                ) from error


class CeleryQueue:
    """The SQL queue, with Celery workers told about what comes in.

    Args:
        jobs: Holds the jobs.
        announcer: Tells the workers.
    """

    def __init__(self, jobs: SqlQueue, announcer: Announcer) -> None:
        self._jobs = jobs
        self._announcer = announcer

    @classmethod
    def wired(cls, wiring: Wiring) -> CeleryQueue:
        """Make it as the settings say."""
        settings = wiring.settings
        announcer = Announcer(settings.broker_url, settings.resource, wiring.breakers.of("broker"))
        return cls(SqlQueue.wired(wiring), announcer)

    def put(self, job_id: str, *, priority: int = 0, owner: str = "", topic: str = "") -> None:
        """Add a job; does nothing where it is queued or leased already."""
        self._jobs.put(job_id, priority=priority, owner=owner, topic=topic)
        try:
            self._announcer.announce()
        except AdapterUnavailableError as error:
            _log.warning("not_announced", job=job_id, error=str(error))

    def take(self, *, lease_s: float, topic: str = "") -> Lease | None:
        """Lease a job of the highest priority, of the owner whose turn it is; None where none waits."""
        return self._jobs.take(lease_s=lease_s, topic=topic)

    def extend(self, lease: Lease, *, lease_s: float) -> Lease:
        """Keep a lease; raises `ConflictError` once somebody else holds the job."""
        return self._jobs.extend(lease, lease_s=lease_s)

    def finish(self, lease: Lease) -> None:
        """Take the job off the queue; raises `ConflictError` once somebody else holds it."""
        self._jobs.finish(lease)

    def give_back(self, lease: Lease, *, delay_s: float = 0.0) -> None:
        """Let others have the job again, after a while."""
        self._jobs.give_back(lease, delay_s=delay_s)

    def announce_waiting(self, *, expires_s: float) -> int:
        """Tell the workers again of what waits; give how many jobs that are.

        Raises:
            AdapterUnavailableError: The broker does not answer.
        """
        waiting = min(self._jobs.waiting(), _MOST_ANNOUNCED)
        for _ in range(waiting):
            self._announcer.announce(expires_s=expires_s)
        return waiting
