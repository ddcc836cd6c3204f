"""Opens the run database, and gives its failures their names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from sightline.adapters.runs import schema
from sightline.core.errors import AdapterError, AdapterUnavailableError, OutputFullError, SettingsError

_BUSY_TIMEOUT_MS = 10_000
_WRITES = "sightline_writes"


def open_database(url: str) -> Engine:
    """Give an engine whose tables exist.

    Raises:
        SettingsError: The address cannot be understood, or its driver is not installed.
        AdapterUnavailableError: The database cannot be opened.
        AdapterError: It holds another version's tables.
    """
    engine = _engine(url)
    with named_failures(engine):
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        with engine.begin() as connection:
            schema.metadata.create_all(connection)
            _check_version(connection)
    return engine


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        memory = address.get_backend_name() == "sqlite" and address.database in {None, "", ":memory:"}
        if memory:  # every connection would otherwise see a database of its own
            return create_engine(address, poolclass=StaticPool, connect_args={"check_same_thread": False})
        return create_engine(address, pool_pre_ping=address.get_backend_name() != "sqlite")
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingsError(
            f"the database address cannot be used: {str(error).splitlines()[0]}",
            hint="set SIGHTLINE_DATABASE_URL, as in sqlite:////path/to/sightline.db",
        ) from None


def _prepare_sqlite(engine: Engine) -> None:
    """Set each connection up, and let transactions start where SQLAlchemy says so.

    With a write-ahead log and synchronous=NORMAL a killed process loses nothing. A power cut may take back the
    last commits, never part of one: a run then re-does those segments and writes the same bytes. FULL would cost
    a disk flush a segment and protect nothing more, as the table parts beside it have the same guarantee.
    """
    if engine.url.database and engine.url.database != ":memory:":
        folder = Path(engine.url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AdapterUnavailableError(
                f"the folder of the run database cannot be made: {folder}: {error.strerror}",
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


def _check_version(connection: Connection) -> None:
    found = connection.execute(select(schema.about.c.version)).scalar()
    if found is None:
        connection.execute(insert(schema.about).values(version=schema.VERSION))
    elif found != schema.VERSION:
        raise AdapterError(
            f"the run database has layout {found}, this version of Sightline uses {schema.VERSION}",
            hint="use the version that made it, or set SIGHTLINE_HOME to a new folder",
        )


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that changes things: all of it or nothing."""
    with named_failures(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view that never waits for a writer."""
    with named_failures(engine), engine.connect() as connection:
        yield connection.execution_options(**{_WRITES: False})


@contextmanager
def named_failures(engine: Engine) -> Iterator[None]:
    """Turn the database's own exceptions into those of `core.errors`."""
    try:
        yield
    except DBAPIError as error:
        text = str(error.orig).splitlines()[0] if error.orig else str(error)
        if "full" in text and "disk" in text:
            raise OutputFullError(
                "the disk of the run database is full", hint="free some room, then resume the run"
            ) from error
        place = engine.url.render_as_string(hide_password=True)
        raise AdapterUnavailableError(
            f"the run database does not answer: {text} ({place})",
            hint="check that its folder exists and may be written to, or set SIGHTLINE_HOME",
        ) from error
    except SQLAlchemyError as error:
        raise AdapterError(f"the run database failed: {str(error).splitlines()[0]}") from error
