"""Brings a database's tables to the present layout.

A new database gets the tables of `schema` at once; an older one goes through `versions`, a revision after the
other. A test holds the two ways to the same result. Looking costs one query where nothing is to be done: Alembic
is imported for an upgrade alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from sightline.adapters.sql.schema import metadata
from sightline.core.errors import AdapterError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_VERSIONS = Path(__file__).parent / "versions"
_FIRST = "0001"
_LOCK = 7_205_759  # any number, the same for all processes that open the database
# Alembic's own table, which is no part of the layout.
_alembic = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def head() -> str:
    """Give the newest revision, from the files' names."""
    return max(path.name[1:5] for path in _VERSIONS.glob("r[0-9][0-9][0-9][0-9]_*.py"))


def migrate(engine: Engine) -> None:
    """Make or upgrade the tables; of several processes that open a database at once, one does.

    Raises:
        AdapterError: The database was made by a newer version, or by none that is known.
    """
    wanted = head()
    if _quick_look(engine) == wanted:
        return
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:  # rebuilding a table would delete what refers to it; a transaction cannot turn this off
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        try:
            with connection.begin():
                if not sqlite:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                _bring_to(connection, wanted)
        finally:
            if sqlite:
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


def _quick_look(engine: Engine) -> str | None:
    """Give the database's revision, None where it says none."""
    try:
        with engine.connect() as connection:
            reader = connection.execution_options(sightline_writes=False)
            return reader.execute(select(_alembic.c.version_num)).scalar()
    except DBAPIError:
        return None


def _bring_to(connection: Connection, wanted: str) -> None:
    found = revision_of(connection)
    if found == wanted:
        return
    if found is None:
        metadata.create_all(connection)
        stamp(connection, wanted)
    elif found > wanted:
        raise AdapterError(
            f"the database has layout {found}, this version of Sightline knows {wanted}",
            hint="use the version that made it, or set SIGHTLINE_HOME to a new folder",
        )
    else:
        upgrade(connection, wanted)


def revision_of(connection: Connection) -> str | None:
    """Give a database's revision, None for one without our tables; the first layout is adopted.

    Raises:
        AdapterError: Its tables are of no known layout.
    """
    tables = set(inspect(connection).get_table_names())
    if _alembic.name in tables:
        found: str | None = connection.execute(select(_alembic.c.version_num)).scalar()
        if found is not None:
            return found
    if "sightline_schema" not in tables:
        return None
    layout = connection.exec_driver_sql("SELECT version FROM sightline_schema").scalar()
    if layout != 1:
        raise AdapterError(
            f"the database has layout {layout} of an unknown version of Sightline",
            hint="set SIGHTLINE_HOME to a new folder",
        )
    stamp(connection, _FIRST)
    return _FIRST


def stamp(connection: Connection, revision: str) -> None:
    """Write down a revision."""
    _alembic.create(connection, checkfirst=True)
    connection.execute(insert(_alembic).values(version_num=revision))


def upgrade(connection: Connection, wanted: str) -> None:
    """Run the revisions up to `wanted` in the connection's transaction."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(_VERSIONS.parent), version_locations=[str(_VERSIONS)])

    def revisions(found: Any, _context: Any) -> Any:
        return script._upgrade_revs(wanted, found)  # noqa: SLF001 - as Alembic's own command does

    with EnvironmentContext(Config(), script, fn=revisions, destination_rev=wanted) as steps:
        steps.configure(connection=connection, target_metadata=metadata)
        steps.run_migrations()
