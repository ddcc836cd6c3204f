"""Keeps runs, their checkpoints and their events in a SQL database.

One class is both `RunStore` and `RunJournal`, so that a change and what it reports commit together. Safe to
use from several threads and, through the database, from several processes.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from sightline.adapters.runs.connection import open_database, reading, writing
from sightline.adapters.runs.schema import checkpoints, events, runs, snapshots
from sightline.core.errors import ConflictError, RunNotFoundError
from sightline.core.events import EventKind, RunEvent
from sightline.core.runs import Checkpoint, Run, RunState, check_transition


class SqlRunStore:
    """Runs in SQLite or PostgreSQL.

    Args:
        url: SQLAlchemy address, as in `sqlite:////home/me/sightline.db` or `sqlite://` for memory.

    Raises:
        SettingsError: The address cannot be understood.
        AdapterUnavailableError: The database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        self._dispose = weakref.finalize(self, self._engine.dispose)

    def close(self) -> None:
        """Let go of all connections."""
        self._dispose()

    # --- RunStore -----------------------------------------------------------------------------------------

    def add(self, run: Run) -> None:
        """Store a new run; raises `ConflictError` where its id is taken."""
        with writing(self._engine) as connection:
            try:
                connection.execute(insert(runs).values(**_run_row(run)))
            except IntegrityError:
                raise ConflictError(f"there is already a run {run.id}") from None

    def get(self, run_id: str) -> Run:
        """Raises `RunNotFoundError`."""
        with reading(self._engine) as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).mappings().first()
        if row is None:
            raise _missing(run_id)
        return _run(row)

    def list(
        self, *, state: RunState | None = None, limit: int = 100, before: str | None = None
    ) -> Sequence[Run]:
        """Newest first; `before` is the last id of the page before."""
        query = select(runs).order_by(runs.c.id.desc()).limit(limit)
        if state is not None:
            query = query.where(runs.c.state == state.value)
        if before is not None:
            query = query.where(runs.c.id < before)
        with reading(self._engine) as connection:
            return [_run(row) for row in connection.execute(query).mappings()]

    def update(self, run: Run, *, events: Sequence[RunEvent] = ()) -> Run:
        """Store a change and its events at once; refuses an old `version` and an illegal transition."""
        changed = replace(run, version=run.version + 1)
        with writing(self._engine) as connection:
            state, version = _locked(connection, run.id)
            if version != run.version:
                raise ConflictError(
                    f"run {run.id} was changed by somebody else", hint="read it again and repeat the change"
                )
            if state != run.state:
                check_transition(state, run.state)
            connection.execute(update(runs).where(runs.c.id == run.id).values(**_run_row(changed)))
            _append(connection, run.id, events)
        return changed

    def delete(self, run_id: str) -> None:
        """Forget a run and all that belongs to it; raises `ConflictError` while it is running."""
        with writing(self._engine) as connection:
            state, _ = _locked(connection, run_id)
            if state is RunState.RUNNING:
                raise ConflictError(f"run {run_id} is running", hint=f"sightline runs cancel {run_id}")
            connection.execute(delete(runs).where(runs.c.id == run_id))

    # --- RunJournal ---------------------------------------------------------------------------------------

    def commit(self, run_id: str, checkpoint: Checkpoint, *, events: Sequence[RunEvent] = ()) -> None:
        """Store a segment's checkpoint and events at once; the same segment twice is one."""
        with writing(self._engine) as connection:
            _locked(connection, run_id)
            newest = connection.execute(
                select(func.max(checkpoints.c.segment)).where(checkpoints.c.run_id == run_id)
            ).scalar()
            if _holds(connection, run_id, checkpoint.segment):
                return
            connection.execute(insert(checkpoints).values(run_id=run_id, **_checkpoint_row(checkpoint)))
            if newest is None or checkpoint.segment > newest:
                _keep_snapshots(connection, run_id, checkpoint)
            _append(connection, run_id, events)

    def checkpoints(self, run_id: str) -> Sequence[Checkpoint]:
        """Committed segments in order; only the last one holds its snapshots."""
        mine = select(checkpoints).where(checkpoints.c.run_id == run_id).order_by(checkpoints.c.segment)
        states = select(snapshots).where(snapshots.c.run_id == run_id).order_by(snapshots.c.stage)
        with reading(self._engine) as connection:
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
        with reading(self._engine) as connection:
            return [_event(row) for row in connection.execute(query).mappings()]


def _missing(run_id: str) -> RunNotFoundError:
    return RunNotFoundError(f"there is no run {run_id!r}", hint="`sightline runs list` shows those there are")


def _locked(connection: Connection, run_id: str) -> tuple[RunState, int]:
    """Give a run's state and version, and keep others from changing it until the transaction ends."""
    query = select(runs.c.state, runs.c.version).where(runs.c.id == run_id).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        raise _missing(run_id)
    return RunState(row.state), row.version


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


def _append(connection: Connection, run_id: str, new: Sequence[RunEvent]) -> None:
    """Number events on from the run's last one; the caller holds the run's lock."""
    if not new:
        return
    last = connection.execute(select(func.max(events.c.cursor)).where(events.c.run_id == run_id)).scalar()
    rows = [
        {
            "run_id": run_id,
            "cursor": cursor,
            "kind": event.kind.value,
            "stage": event.stage,
            "t_s": event.t_s,
            "details": _json(event.details),
        }
        for cursor, event in enumerate(new, start=(last or 0) + 1)
    ]
    connection.execute(insert(events), rows)


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
    }


def _run(row: RowMapping) -> Run:
    plain = dict(row)
    plain["state"] = RunState(plain["state"])
    plain["settings"] = json.loads(plain["settings"])
    plain["error"] = json.loads(plain["error"])
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


def _event(row: RowMapping) -> RunEvent:
    return RunEvent(
        run_id=row["run_id"],
        kind=EventKind(row["kind"]),
        stage=row["stage"],
        t_s=row["t_s"],
        details=json.loads(row["details"]),
        cursor=row["cursor"],
    )
