"""Keeps accounts and the audit in a SQL database.

Safe to use from several threads and, through the database, from several processes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sightline.adapters.sql.connection import Database, InDatabase
from sightline.adapters.sql.schema import accounts as schema
from sightline.core.accounts import (
    ApiKey,
    AuditEntry,
    Group,
    Membership,
    Outcome,
    Quota,
    Record,
    Resource,
    Role,
    Session,
    Share,
    ShareLink,
    User,
)
from sightline.core.errors import ConflictError, NotFoundError

R = TypeVar("R", bound=Record)

_TABLES: Mapping[type, Table] = {
    User: schema.users,
    ApiKey: schema.api_keys,
    Session: schema.sessions,
    Group: schema.groups,
    Membership: schema.memberships,
    Share: schema.shares,
    ShareLink: schema.share_links,
    AuditEntry: schema.audit,
}
# How a column's text or number becomes the value again; the other columns hold what they say.
_READ: Mapping[str, Any] = {
    "role": Role,
    "resource": Resource,
    "outcome": Outcome,
    "quota": lambda text: Quota(**json.loads(text)),
    "scopes": lambda text: tuple(json.loads(text)),
    "details": json.loads,
}


class SqlAccountStore(InDatabase):
    """Accounts in SQLite or PostgreSQL; the command line has no use for them, so it never opens the database for them."""

    def __init__(self, database: Database | str) -> None:
        super().__init__(database)
        self._lock = threading.Lock()
        self.changes = 0

    def add(self, *records: Record) -> None:
        """Store new records, all or none; raises `ConflictError` where an id or a unique name is taken."""
        with self._database.writing() as connection:
            _insert(connection, records)
        self._count(*records)

    def get(self, kind: type[R], record_id: str) -> R:
        """Raises `NotFoundError`."""
        table = _TABLES[kind]
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(table.c.id == record_id)).mappings().first()
        if row is None:
            raise _missing(kind, record_id)
        return _record(kind, row)

    def find(
        self, kind: type[R], *, limit: int = 100, before: str | None = None, **equals: Any
    ) -> Sequence[R]:
        """Those whose fields equal what is given, by falling id; `before` is the last id of the page before."""
        table = _TABLES[kind]
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        for name, value in equals.items():
            query = query.where(table.c[name] == _plain(value))
        if before is not None:
            query = query.where(table.c.id < before)
        with self._database.reading() as connection:
            return [_record(kind, row) for row in connection.execute(query).mappings()]

    def update(self, record: R, *also: Record) -> R:
        """Store a change, and new records with it; refuses an old `version` with `ConflictError`."""
        if isinstance(record, AuditEntry):
            raise ConflictError("an entry of the audit is never altered")
        table = _TABLES[type(record)]
        changed = replace(record, version=record.version + 1)
        mine = table.c.id == record.id
        with self._database.writing() as connection:
            try:
                done = connection.execute(
                    update(table).where(mine, table.c.version == record.version).values(**_row(changed))
                )
            except IntegrityError:
                raise _taken(record) from None
            if done.rowcount == 0:
                if connection.execute(select(table.c.id).where(mine)).first() is None:
                    raise _missing(type(record), record.id)
                raise ConflictError(
                    f"{_word(type(record))} {record.id} was changed by somebody else",
                    hint="read it again and repeat the change",
                )
            _insert(connection, also)
        self._count(record)
        return changed

    def delete(self, record: Record, *also: Record) -> None:
        """Forget a record and what hangs on it, and store new ones with that; raises `NotFoundError`."""
        table = _TABLES[type(record)]
        with self._database.writing() as connection:
            if connection.execute(delete(table).where(table.c.id == record.id)).rowcount == 0:
                raise _missing(type(record), record.id)
            _insert(connection, also)
        self._count(record)

    def _count(self, *changed: Record) -> None:
        if any(not isinstance(one, AuditEntry) for one in changed):
            with self._lock:
                self.changes += 1


def _insert(connection: Connection, records: Sequence[Record]) -> None:
    for record in records:
        try:
            connection.execute(insert(_TABLES[type(record)]).values(**_row(record)))
        except IntegrityError:
            raise _taken(record) from None


def _row(record: Record) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(record).items()}


def _plain(value: Any) -> Any:
    """Give a field as a column holds it."""
    if isinstance(value, Enum):
        return value.value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | tuple | list) else value


def _record(kind: type[R], row: RowMapping) -> R:
    return kind(**{name: _READ[name](value) if name in _READ else value for name, value in row.items()})


def _word(kind: type) -> str:
    return _TABLES[kind].name.removesuffix("s").replace("_", " ")


def _missing(kind: type, record_id: str) -> NotFoundError:
    return NotFoundError(f"there is no {_word(kind)} {record_id[:80]!r}")


def _taken(record: Record) -> ConflictError:
    name = getattr(record, "name", record.id)
    return ConflictError(f"there is already a {_word(type(record))} {name!r}, or what it belongs to is gone")
