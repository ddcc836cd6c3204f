"""A job queue in the SQL database: nothing else has to run for several processes to share work.

Workers on several machines compare their own clocks with the times that others have written, so these must agree
to well below a lease.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.schema.queue import job_turns, jobs
from sightline.core.errors import ConflictError
from sightline.core.time import SystemClock
from sightline.ports import Lease

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring
    from sightline.core.time import Clock


class SqlQueue:
    """Hands jobs to workers of any process that opens the same database.

    A lease that ran out frees its job; the late worker then meets `ConflictError`.

    Args:
        database: An open one, or its address.
        clock: Tells the time; the machine's own by default.

    Raises:
        SettingsError: The address cannot be understood.
        AdapterUnavailableError: The database cannot be opened.
    """

    def __init__(self, database: Database | str, clock: Clock | None = None) -> None:
        self.database = Database.of(database)
        self._clock = clock or SystemClock()

    @classmethod
    def wired(cls, wiring: Wiring) -> SqlQueue:
        """Give the queue for a machine's settings."""
        return cls(wiring.database(), wiring.clock)

    def put(self, job_id: str, *, priority: int = 0, owner: str = "", topic: str = "") -> None:
        """Add a job; does nothing where it is queued or leased already."""
        row = {
            "job_id": job_id,
            "owner": owner,
            "topic": topic,
            "priority": priority,
            "ready_s": 0.0,
            "token": "",
            "expires_s": 0.0,
            "deliveries": 0,
        }
        with self.database.writing() as connection:
            self.database.lock(connection, jobs.name)
            if connection.execute(select(jobs.c.number).where(jobs.c.job_id == job_id)).first() is None:
                connection.execute(insert(jobs).values(**row))

    def take(self, *, lease_s: float, topic: str = "") -> Lease | None:
        """Lease a job of the highest priority, of the owner whose turn it is; None where none waits."""
        now_s = self._clock.now_s()
        with self.database.reading() as connection:  # idle workers ask often, and hold nobody up
            if (
                connection.execute(select(jobs.c.number).where(_is_free(topic, now_s)).limit(1)).first()
                is None
            ):
                return None
        with self.database.writing() as connection:
            self.database.lock(connection, jobs.name)
            row = connection.execute(_next_job(topic, now_s)).first()
            if row is None:
                return None
            token, expires_s = secrets.token_hex(8), now_s + lease_s
            held = {"token": token, "expires_s": expires_s, "deliveries": row.deliveries + 1}
            connection.execute(update(jobs).where(jobs.c.number == row.number).values(**held))
            if not topic:
                _end_turn(connection, row.owner)
        return Lease(row.job_id, token, expires_s, row.deliveries + 1)

    def extend(self, lease: Lease, *, lease_s: float) -> Lease:
        """Keep a lease; raises `ConflictError` once somebody else holds the job."""
        expires_s = self._clock.now_s() + lease_s
        self._change(lease, update(jobs).values(expires_s=expires_s))
        return Lease(lease.job_id, lease.token, expires_s, lease.deliveries)

    def finish(self, lease: Lease) -> None:
        """Take the job off the queue; raises `ConflictError` once somebody else holds it."""
        self._change(lease, delete(jobs))

    def give_back(self, lease: Lease, *, delay_s: float = 0.0) -> None:
        """Let others have the job again, after a while."""
        ready_s = self._clock.now_s() + delay_s
        self._change(lease, update(jobs).values(token="", expires_s=0.0, ready_s=ready_s))

    def waiting(self) -> int:
        """How many jobs could be taken now, of every topic."""
        now_s = self._clock.now_s()
        free = (jobs.c.expires_s <= now_s) & (jobs.c.ready_s <= now_s)
        with self.database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(jobs).where(free)).scalar() or 0)

    def _change(self, lease: Lease, statement: Any) -> None:
        with self.database.writing() as connection:
            mine = statement.where(jobs.c.job_id == lease.job_id, jobs.c.token == lease.token)
            if not connection.execute(mine).rowcount:
                raise ConflictError(f"job {lease.job_id} is no longer held by this worker")


def _is_free(topic: str, now_s: float) -> Any:
    """Whether a job waits, or the worker that holds it is late."""
    return (jobs.c.topic == topic) & (jobs.c.expires_s <= now_s) & (jobs.c.ready_s <= now_s)


def _next_job(topic: str, now_s: float) -> Any:
    """Choose by priority, then the owner with the fewest jobs under way, then whose turn is longest ago, then age."""
    working = (
        select(jobs.c.owner, func.count().label("count"))
        .where(jobs.c.topic == topic, jobs.c.expires_s > now_s)
        .group_by(jobs.c.owner)
        .subquery()
    )
    return (
        select(jobs.c.number, jobs.c.job_id, jobs.c.owner, jobs.c.deliveries)
        .outerjoin(working, working.c.owner == jobs.c.owner)
        .outerjoin(job_turns, job_turns.c.owner == jobs.c.owner)
        .where(_is_free(topic, now_s))
        .order_by(
            jobs.c.priority.desc(),
            func.coalesce(working.c.count, 0),
            func.coalesce(job_turns.c.turn, 0),
            jobs.c.number,
        )
        .limit(1)
    )


def _end_turn(connection: Connection, owner: str) -> None:
    turn = (connection.execute(select(func.max(job_turns.c.turn))).scalar() or 0) + 1
    if not connection.execute(update(job_turns).where(job_turns.c.owner == owner).values(turn=turn)).rowcount:
        connection.execute(insert(job_turns).values(owner=owner, turn=turn))
