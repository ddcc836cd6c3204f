"""Copies the database while it is in use, and looks whether it is sound."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sightline.adapters.sql.connection import InDatabase
from sightline.core.errors import AdapterError, ConfigError, OutputUnwritableError


class SqlUpkeep(InDatabase):
    """`Upkeep` of a SQLite file; PostgreSQL comes with its own tools, and the hints name them."""

    def back_up(self, target: Path) -> Path:
        """Write a consistent copy of all that is committed; raises `ConfigError` where that is not ours to do."""
        with self._database.reading() as connection:
            source = connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise ConfigError(
                    "PostgreSQL is backed up by its own tools",
                    hint="pg_dump --format=custom --file=sightline.dump DATABASE",
                )
            return _copied(source, target)

    def check(self) -> Sequence[str]:
        """Give what is wrong, in sentences; nothing where nothing is."""
        with self._database.reading() as connection:
            if not isinstance(connection.connection.driver_connection, sqlite3.Connection):
                connection.exec_driver_sql("SELECT count(*) FROM runs")
                return ()
            found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            strays = list(connection.exec_driver_sql("PRAGMA foreign_key_check"))
        wrong = [] if found == ["ok"] else found
        return (*wrong, *(f"a row of {row[0]} belongs to nothing" for row in strays))


def _copied(source: sqlite3.Connection, target: Path) -> Path:
    own = Path(source.execute("PRAGMA database_list").fetchone()[2])
    if target.exists() and target.samefile(
        own
    ):  # whoever has it open would go on writing to a file that is gone
        raise OutputUnwritableError(f"{target} is the database itself", hint="name another file")
    incoming = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = sqlite3.connect(incoming)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file that can be carried away
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            copy.close()
        if sound != "ok":
            raise AdapterError(f"the copy is not sound: {sound}", hint="sightline admin check")
        with incoming.open("rb") as file:
            os.fsync(file.fileno())
        incoming.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise OutputUnwritableError(
            f"the backup cannot be written to {target}: {error}", hint="name another file, or free some space"
        ) from error
    finally:
        incoming.unlink(missing_ok=True)
    return target
