"""Keeps runs, their checkpoints and their events in a SQL database.

One class is `RunStore`, `RunJournal` and `Outbox`, so that a change and what it reports commit together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, RowMapping, Select, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.schema.runs import (
    attempts,
    checkpoints,
    events,
    outbox,
    run_tags,
    runs,
    snapshots,
)
from sightline.adapters.sql.shared import newest
from sightline.core.errors import ConflictError, RunNotFoundError
from sightline.core.events import EventKind, RunEvent
from sightline.core.runs import Attempt, Checkpoint, Run, RunFilter, RunState, check_transition

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring


class SqlRunStore:
    """Runs in SQLite or PostgreSQL.

    Args:
        database: An open one, or its address.

    Raises:
        SettingsError: The address cannot be understood.
        AdapterUnavailableError: The database cannot be opened.
    """

    def __init__(self, database: Database | str) -> None:
        self.database = Database.of(database)

    @classmethod
    def wired(cls, wiring: Wiring) -> SqlRunStore:
        """Give the store for a machine's settings."""
        return cls(wiring.database())

    def close(self) -> None:
        """Let go of all connections."""
        self.database.close()

    # --- RunStore -----------------------------------------------------------------------------------------

    def add(self, run: Run) -> None:
        """Store a new run; raises `ConflictError` where its id is taken."""
        with self.database.writing() as connection:
            try:
                connection.execute(insert(runs).values(**_run_row(run)))
                _keep_tags(connection, run)
            except IntegrityError:
                raise ConflictError(f"there is already a run {run.id}") from None

    def get(self, run_id: str) -> Run:
        """Raises `RunNotFoundError`."""
        with self.database.reading() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).mappings().first()
        if row is None:
            raise _missing(run_id)
        return _run(row)

    def list(
        self, wanted: RunFilter | None = None, *, limit: int = 100, before: str | None = None
    ) -> Sequence[Run]:
        """Those wanted, newest first; `before` is the last id of the page before."""
        wanted = wanted or RunFilter()
        query = newest(
            runs,
            partial(_narrowed, wanted=wanted),
            owner=wanted.owner,
            shared_ids=wanted.shared_ids,
            limit=limit,
            before=before,
        )
        with self.database.reading() as connection:
            return [_run(row) for row in connection.execute(query).mappings()]

    def update(self, run: Run, *, events: Sequence[RunEvent] = (), attempt: Attempt | None = None) -> Run:
        """Store a change, its events and its attempt at once; refuses an old `version` and an illegal transition."""
        changed = replace(run, version=run.version + 1)
        with self.database.writing() as connection:
            held = _locked(connection, run.id)
            if held.version != run.version:
                raise ConflictError(
                    f"run {run.id} was changed by somebody else", hint="read it again and repeat the change"
                )
            if held.state != run.state:
                check_transition(RunState(held.state), run.state)
            connection.execute(update(runs).where(runs.c.id == run.id).values(**_run_row(changed)))
            if json.loads(held.tags) != list(run.tags):
                _keep_tags(connection, run)
            if attempt is not None:
                _keep_attempt(connection, run.id, attempt)
            _append(connection, run.id, events)
        return changed

    def delete(self, run_id: str) -> None:
        """Forget a run and all that belongs to it; raises `ConflictError` while it is running."""
        with self.database.writing() as connection:
            if _locked(connection, run_id).state == RunState.RUNNING:
                raise ConflictError(
                    f"run {run_id} is running", hint=f"cancel it first: sightline runs cancel {run_id}"
                )
            connection.execute(delete(runs).where(runs.c.id == run_id))

    # --- RunJournal ---------------------------------------------------------------------------------------

    def commit(
        self, run_id: str, checkpoint: Checkpoint, *, attempt: int, events: Sequence[RunEvent] = ()
    ) -> None:
        """Store a segment's checkpoint and events at once; the same segment twice is one."""
        with self.database.writing() as connection:
            _check_fence(_locked(connection, run_id), run_id, attempt)
            newest = connection.execute(
                select(func.max(checkpoints.c.segment)).where(checkpoints.c.run_id == run_id)
            ).scalar()
            if _holds(connection, run_id, checkpoint.segment):
                return
            connection.execute(insert(checkpoints).values(run_id=run_id, **_checkpoint_row(checkpoint)))
            if newest is None or checkpoint.segment > newest:
                _keep_snapshots(connection, run_id, checkpoint)
            _append(connection, run_id, events)

    def append(self, run_id: str, events: Sequence[RunEvent], *, attempt: int) -> Sequence[RunEvent]:
        """Store events, and give them with their cursors."""
        with self.database.writing() as connection:
            _check_fence(_locked(connection, run_id), run_id, attempt)
            return _append(connection, run_id, events)

    def checkpoints(self, run_id: str) -> Sequence[Checkpoint]:
        """Committed segments in order; only the last one holds its snapshots."""
        mine = select(checkpoints).where(checkpoints.c.run_id == run_id).order_by(checkpoints.c.segment)
        states = select(snapshots).where(snapshots.c.run_id == run_id).order_by(snapshots.c.stage)
        with self.database.reading() as connection:
            rows = connection.execute(mine).mappings().all()
            kept: dict[int, dict[str, bytes]] = {}
            for row in connection.execute(states).mappings():
                kept.setdefault(row["segment"], {})[row["stage"]] = bytes(row["state"])
        return [_checkpoint(row, kept.get(row["segment"], {})) for row in rows]

    def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        """The run's events with a cursor above `after`, in order."""
        query = (
            select(events)
            .where(events.c.run_id == run_id, events.c.cursor > after)
            .order_by(events.c.cursor)
            .limit(limit)
        )
        with self.database.reading() as connection:
            return [_event(row) for row in connection.execute(query).mappings()]

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """Who tried, and what came of it, in order."""
        query = select(attempts).where(attempts.c.run_id == run_id).order_by(attempts.c.number)
        with self.database.reading() as connection:
            return [_attempt(row) for row in connection.execute(query).mappings()]

    # --- Outbox -------------------------------------------------------------------------------------------

    def pending(self, *, run_id: str | None = None, limit: int = 500) -> Sequence[tuple[int, RunEvent]]:
        """Number and event, in the order in which they were stored."""
        same = (events.c.run_id == outbox.c.run_id) & (events.c.cursor == outbox.c.cursor)
        query = select(outbox.c.number, events).join(events, same).order_by(outbox.c.number).limit(limit)
        if run_id is not None:
            query = query.where(outbox.c.run_id == run_id)
        with self.database.reading() as connection:
            return [(row["number"], _event(row)) for row in connection.execute(query).mappings()]

    def sent(self, numbers: Sequence[int]) -> None:
        """They have reached the bus; numbers that are gone already do not matter."""
        if numbers:
            with self.database.writing() as connection:
                connection.execute(delete(outbox).where(outbox.c.number.in_(numbers)))


def _missing(run_id: str) -> RunNotFoundError:
    return RunNotFoundError(f"there is no run {run_id!r}", hint="`sightline runs list` shows those there are")


def _narrowed(query: Select[Any], wanted: RunFilter) -> Select[Any]:
    """Narrow a list of runs down, but for whose they are; each clause has an index in the order of the list."""
    if wanted.state is not None:
        query = query.where(runs.c.state == wanted.state.value)
    if wanted.tag:
        query = query.join(run_tags, run_tags.c.run_id == runs.c.id).where(run_tags.c.tag == wanted.tag)
    if wanted.id_part:
        part = wanted.id_part
        query = query.where(
            or_(runs.c.id.startswith(part, autoescape=True), runs.c.id.endswith(part, autoescape=True))
        )
    for name in ("app", "folder", "fingerprint", "video_id"):
        if value := getattr(wanted, name):
            query = query.where(runs.c[name] == value)
    return query


def _locked(connection: Connection, run_id: str) -> Row[Any, Any, Any, Any]:
    """Give a run's state, version, attempts and tags, and keep others from changing it in this transaction."""
    columns = (runs.c.state, runs.c.version, runs.c.attempts, runs.c.tags)
    row = connection.execute(select(*columns).where(runs.c.id == run_id).with_for_update()).first()
    if row is None:
        raise _missing(run_id)
    return row


def _check_fence(held: Row[Any, Any, Any, Any], run_id: str, attempt: int) -> None:
    if held.attempts != attempt:
        raise ConflictError(
            f"attempt {attempt} at run {run_id} has been taken over",
            hint=f"attempt {held.attempts} goes on with it",
        )


def _keep_tags(connection: Connection, run: Run) -> None:
    connection.execute(delete(run_tags).where(run_tags.c.run_id == run.id))
    if run.tags:
        connection.execute(insert(run_tags), [{"run_id": run.id, "tag": tag} for tag in run.tags])


def _keep_attempt(connection: Connection, run_id: str, attempt: Attempt) -> None:
    mine = (attempts.c.run_id == run_id) & (attempts.c.number == attempt.number)
    row = {
        "worker": attempt.worker,
        "started_s": attempt.started_s,
        "ended_s": attempt.ended_s,
        "outcome": attempt.outcome,
        "error": _json(attempt.error),
    }
    if not connection.execute(update(attempts).where(mine).values(**row)).rowcount:
        connection.execute(insert(attempts).values(run_id=run_id, number=attempt.number, **row))


def _holds(connection: Connection, run_id: str, segment: int) -> bool:
    query = select(checkpoints.c.segment).where(
        checkpoints.c.run_id == run_id, checkpoints.c.segment == segment
    )
    return connection.execute(query).first() is not None


def _keep_snapshots(connection: Connection, run_id: str, checkpoint: Checkpoint) -> None:
    """Replace the run's snapshots by the newest checkpoint's."""
    connection.execute(delete(snapshots).where(snapshots.c.run_id == run_id))
    rows = [
        {"run_id": run_id, "segment": checkpoint.segment, "stage": stage, "state": state}
        for stage, state in checkpoint.snapshots.items()
    ]
    if rows:
        connection.execute(insert(snapshots), rows)


def _append(connection: Connection, run_id: str, new: Sequence[RunEvent]) -> Sequence[RunEvent]:
    """Number events on from the run's last one, for the bus too; the caller holds the run's lock."""
    if not new:
        return ()
    last = connection.execute(select(func.max(events.c.cursor)).where(events.c.run_id == run_id)).scalar()
    numbered = [
        replace(event, run_id=run_id, cursor=cursor)
        for cursor, event in enumerate(new, start=(last or 0) + 1)
    ]
    rows = [
        {
            "run_id": run_id,
            "cursor": event.cursor,
            "kind": event.kind.value,
            "stage": event.stage,
            "t_s": event.t_s,
            "details": _json(event.details),
        }
        for event in numbered
    ]
    connection.execute(insert(events), rows)
    connection.execute(insert(outbox), [{"run_id": run_id, "cursor": event.cursor} for event in numbered])
    return numbered


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), sort_keys=True)


def _run_row(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "state": run.state.value,
        "source": run.source,
        "app": run.app,
        "folder": run.folder,
        "settings": _json(run.settings),
        "created_s": run.created_s,
        "updated_s": run.updated_s,
        "attempts": run.attempts,
        "cancel_requested": run.cancel_requested,
        "error": _json(run.error),
        "version": run.version,
        "owner": run.owner,
        "priority": run.priority,
        "tags": json.dumps(run.tags),
        "video_id": run.video_id,
        "fingerprint": run.fingerprint,
    }


def _run(row: RowMapping) -> Run:
    plain = dict(row)
    plain["state"] = RunState(plain["state"])
    plain["settings"] = json.loads(plain["settings"])
    plain["error"] = json.loads(plain["error"])
    plain["tags"] = tuple(json.loads(plain["tags"]))
    return Run(**plain)


def _checkpoint_row(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "segment": checkpoint.segment,
        "frames": checkpoint.frames,
        "parts": _json(checkpoint.parts),
    }


def _checkpoint(row: RowMapping, kept: Mapping[str, bytes]) -> Checkpoint:
    return Checkpoint(
        segment=row["segment"], frames=row["frames"], snapshots=kept, parts=json.loads(row["parts"])
    )


def _attempt(row: RowMapping) -> Attempt:
    plain = {name: row[name] for name in ("number", "worker", "started_s", "ended_s", "outcome")}
    return Attempt(**plain, error=json.loads(row["error"]))


def _event(row: RowMapping) -> RunEvent:
    return RunEvent(
        run_id=row["run_id"],
        kind=EventKind(row["kind"]),
        stage=row["stage"],
        t_s=row["t_s"],
        details=json.loads(row["details"]),
        cursor=row["cursor"],
    )
