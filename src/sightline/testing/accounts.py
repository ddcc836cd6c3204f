"""Accounts that live in memory: the same promises as the database's, gone with the process."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sightline.core.accounts import (
    ApiKey,
    AuditEntry,
    Group,
    Membership,
    Principal,
    Record,
    Role,
    Session,
    Share,
    User,
)
from sightline.core.errors import ConflictError, NotFoundError
from sightline.service.accounts.keys import add_key
from sightline.service.accounts.users import add_user

if TYPE_CHECKING:
    from sightline.service.platform import Platform

R = TypeVar("R", bound=Record)

# Whose end is also theirs: class -> (field that names the parent, class of the parent).
_BELONGS: dict[type, tuple[tuple[str, type], ...]] = {
    ApiKey: (("user_id", User),),
    Session: (("user_id", User),),
    Membership: (("user_id", User), ("group_id", Group)),
    Share: (("group_id", Group),),
}


class MemoryAccountStore:
    """`AccountStore` in a dictionary."""

    def __init__(self) -> None:
        self._records: dict[tuple[type, str], Record] = {}
        self._lock = threading.RLock()
        self.changes = 0

    def add(self, *records: Record) -> None:
        with self._lock:
            before = dict(self._records)
            try:
                for record in records:
                    self._insert(record)
            except ConflictError:
                self._records = before
                raise
            self.changes += any(not isinstance(record, AuditEntry) for record in records)

    def get(self, kind: type[R], record_id: str) -> R:
        found = self._records.get((kind, record_id))
        if not isinstance(found, kind):
            raise NotFoundError(f"there is no {kind.__name__} {record_id[:80]!r}")
        return found

    def find(
        self, kind: type[R], *, limit: int = 100, before: str | None = None, **equals: Any
    ) -> Sequence[R]:
        with self._lock:
            mine = [record for record in self._records.values() if isinstance(record, kind)]
        found = [
            record
            for record in sorted(mine, key=lambda record: record.id, reverse=True)
            if (before is None or record.id < before)
            and all(getattr(record, name) == value for name, value in equals.items())
        ]
        return found[:limit]

    def update(self, record: R, *also: Record) -> R:
        if isinstance(record, AuditEntry):
            raise ConflictError("an entry of the audit is never altered")
        with self._lock:
            stored = self.get(type(record), record.id)
            if stored.version != record.version:
                raise ConflictError(f"{record.id} was changed by somebody else")
            self._check_name(record)
            before = dict(self._records)
            changed = replace(record, version=record.version + 1)
            self._records[type(record), record.id] = changed
            try:
                self.add(*also)
            except ConflictError:
                self._records = before
                raise
            self.changes += 1
            return changed

    def delete(self, record: Record, *also: Record) -> None:
        with self._lock:
            self.get(type(record), record.id)
            before = dict(self._records)
            del self._records[type(record), record.id]
            for key, other in before.items():
                if any(
                    kind is type(record) and getattr(other, name) == record.id
                    for name, kind in _BELONGS.get(type(other), ())
                ):
                    del self._records[key]
            try:
                self.add(*also)
            except ConflictError:
                self._records = before
                raise
            self.changes += 1

    def _insert(self, record: Record) -> None:
        if (type(record), record.id) in self._records:
            raise ConflictError(f"there is already a {type(record).__name__} {record.id}")
        for name, parent in _BELONGS.get(type(record), ()):
            if (parent, getattr(record, name)) not in self._records:
                raise ConflictError(f"what {record.id} belongs to is gone")
        self._check_name(record)
        self._records[type(record), record.id] = record

    def _check_name(self, record: Record) -> None:
        if not isinstance(record, User | Group):
            return
        for (kind, record_id), other in self._records.items():
            if kind is type(record) and record_id != record.id and getattr(other, "name", "") == record.name:
                raise ConflictError(f"there is already a {kind.__name__} {record.name!r}")


def headers_of(platform: Platform, role: Role = Role.ADMIN, *, name: str = "") -> dict[str, str]:
    """Give headers that sign a new user in, by an API key that is good for everything the role may do."""
    maker = Principal("local", "local", Role.ADMIN)
    user = add_user(platform, maker, name or f"{role}-{secrets.token_hex(4)}", role).user
    key = add_key(platform, maker, "test", ("*",), user_id=user.id)
    return {"X-API-Key": key.text}
