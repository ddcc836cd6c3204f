"""Opens the database, and gives its failures their names."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import StaticPool

from sightline.adapters.sql.migrations import migrate
from sightline.core.errors import AdapterError, AdapterUnavailableError, OutputFullError, SettingsError

if TYPE_CHECKING:
    from sightline.core.breaker import Breaker

_BUSY_TIMEOUT_MS = 10_000
_WRITES = "sightline_writes"
# Connections beside the five that are kept: a server's forty threads must not wait for one another's.
_MOST_MORE = 45
# How long a PostgreSQL server may be silent, seconds (the last one: milliseconds), before its connection counts as
# broken: a server or network that vanished says nothing, and would be waited for by the hour.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# A client that vanished in the middle of a transaction keeps its locks no longer.
_IDLE_IN_TRANSACTION = "SET idle_in_transaction_session_timeout = '60s'"
_REFUSALS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
"""What the database says no to: it is there, and the next one may ask."""


class Database:
    """An open database with the present layout; what keeps things in it shares one.

    Safe to use from several threads and, through the database, from several processes.

    Args:
        url: SQLAlchemy address, as in `sqlite:////home/me/sightline.db` or `sqlite://` for memory.
        breaker: Keeps callers from waiting for a server that is away; a file of this machine needs none.

    Raises:
        SettingsError: The address cannot be understood, or its driver is not installed.
        AdapterUnavailableError: The database cannot be opened.
        AdapterError: It holds another version's tables.
    """

    def __init__(self, url: str, breaker: Breaker | None = None) -> None:
        self._engine = _engine(url)
        self._breaker = breaker
        self._inside = threading.local()
        self._dispose = weakref.finalize(self, self._engine.dispose)
        with self._guarded(), named_failures(self._engine):
            if self.is_sqlite:
                _prepare_sqlite(self._engine)
            else:
                _prepare_postgres(self._engine)
            migrate(self._engine)

    @classmethod
    def of(cls, given: Database | str) -> Database:
        """Give a database for an address; an open one is itself."""
        return given if isinstance(given, Database) else cls(given)

    @property
    def is_sqlite(self) -> bool:
        """Whether one writer holds the whole database, rather than rows of it."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that changes things: all of it or nothing."""
        with self._guarded(), named_failures(self._engine), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view that never waits for a writer."""
        with self._guarded(), named_failures(self._engine), self._engine.connect() as connection:
            yield connection.execution_options(**{_WRITES: False})

    def ping(self) -> None:
        """Raises `AdapterUnavailableError` where it does not answer."""
        with self.reading() as connection:
            connection.execute(select(1))

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Ask the breaker, once however deep a thread's calls lie in one another."""
        if self._breaker is None or getattr(self._inside, "yes", False):
            yield
            return
        self._inside.yes = True
        try:
            with self._breaker.guard():
                yield
        finally:
            self._inside.yes = False

    def lock(self, connection: Connection, name: str) -> None:
        """Keep others that lock the same name waiting until the transaction ends; SQLite has one writer anyway."""
        if not self.is_sqlite:
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))

    def close(self) -> None:
        """Let go of all connections."""
        self._dispose()


class InDatabase:
    """What keeps things in a database.

    Args:
        database: An open one, or its SQLAlchemy address: that is opened when it is first needed.
    """

    def __init__(self, database: Database | str) -> None:
        self._given = database

    @cached_property
    def _database(self) -> Database:
        return Database.of(self._given)


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        if address.drivername in {"postgres", "postgresql"}:
            address = address.set(drivername="postgresql+psycopg")
        memory = address.get_backend_name() == "sqlite" and address.database in {None, "", ":memory:"}
        if memory:  # every connection would otherwise see a database of its own
            return create_engine(address, poolclass=StaticPool, connect_args={"check_same_thread": False})
        if address.get_backend_name() == "sqlite":
            return create_engine(address, max_overflow=_MOST_MORE)
        given = {name: value for name, value in _PATIENCE.items() if name not in address.query}
        return create_engine(address, pool_pre_ping=True, connect_args=given, max_overflow=_MOST_MORE)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingsError(
            f"the database address cannot be used: {str(error).splitlines()[0]}",
            hint="set SIGHTLINE_DATABASE_URL, as in sqlite:////path/to/sightline.db",
        ) from None


def _prepare_postgres(engine: Engine) -> None:
    """Have the server end transactions that nobody goes on with."""

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_IDLE_IN_TRANSACTION)
        connection.commit()


def _prepare_sqlite(engine: Engine) -> None:
    """Set each connection up, and let transactions start where SQLAlchemy says so.

    With a write-ahead log and synchronous=NORMAL a killed process loses nothing. A power cut may take back the
    last commits, never part of one: a run then re-does those segments and writes the same bytes. FULL would cost
    a disk flush per segment and protect nothing more, as the table parts beside it have the same guarantee.
    """
    if engine.url.database and engine.url.database != ":memory:":
        folder = Path(engine.url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AdapterUnavailableError(
                f"the folder of the database cannot be made: {folder}: {error.strerror}",
                hint="set SIGHTLINE_HOME to a folder you may write to",
            ) from None

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin late, and after a read
        connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        # A write that starts as a read can fail at its first change; taking the lock first waits instead.
        writes = connection.get_execution_options().get(_WRITES, True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def named_failures(engine: Engine) -> Iterator[None]:
    """Turn the database's own exceptions into those of `core.errors`."""
    try:
        yield
    except DBAPIError as error:
        text = str(error.orig).splitlines()[0] if error.orig else str(error)
        if "full" in text and "disk" in text:
            raise OutputFullError(
                "the disk of the database is full", hint="free some room, then resume the run"
            ) from error
        if isinstance(error, _REFUSALS) and not error.connection_invalidated:
            raise AdapterError(f"the database refuses that: {text}") from error
        place = engine.url.render_as_string(hide_password=True)
        raise AdapterUnavailableError(
            f"the database does not answer: {text} ({place})",
            hint="check that its folder exists and may be written to, or set SIGHTLINE_HOME",
        ) from error
    except PoolTimeoutError as error:
        raise AdapterUnavailableError(
            "the database is too busy: no connection came free", hint="try again; it may need a faster disk"
        ) from error
    except SQLAlchemyError as error:
        raise AdapterError(
            f"the database failed: {str(error).splitlines()[0]}",
            hint="`sightline admin check` looks whether the database is sound",
        ) from error
