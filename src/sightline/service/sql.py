"""Answers one SQL statement from Parquet files, and touches nothing else.

Kept light: a child process that answers for somebody on the network imports this and nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sightline.core.errors import QueryError, ResultsInvalidError

_READS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gave.

    Attributes:
        columns: Their names.
        rows: Their values, as plain Python ones.
        is_cut: There were more rows than were asked for.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    is_cut: bool = False


def answer_sql(
    files: Mapping[str, Path], statement: str, *, rows: int | None = None, memory_bytes: int | None = None
) -> Answer:
    """Answer one SELECT; each file is a view of its name.

    Args:
        files: Table -> its Parquet file.
        statement: In DuckDB's SQL.
        rows: Most rows to give; None for all.
        memory_bytes: What DuckDB may use of memory, with nothing on disk; None for whatever it takes.

    Raises:
        QueryError: The statement is wrong or wants more than reading.
        ResultsInvalidError: A file is not a table.
    """
    with duckdb.connect(":memory:") as connection:
        if memory_bytes is not None:
            connection.execute(f"SET memory_limit = '{memory_bytes}B'")
            connection.execute("SET temp_directory = ''")
            connection.execute("SET threads = 1")
        _open_tables(connection, files)
        try:
            _check_reads_only(connection, statement)
            found = connection.execute(statement)
            columns = tuple(column[0] for column in found.description or ())
            if rows is None:
                return Answer(columns, found.fetchall())
            some = found.fetchmany(rows + 1)
            return Answer(columns, some[:rows], is_cut=len(some) > rows)
        except duckdb.Error as error:
            damaged = [path for path in files.values() if str(path) in str(error)]
            if damaged:
                raise _unreadable(damaged[0]) from error
            raise QueryError(_first_lines(error), hint=f"tables: {', '.join(sorted(files))}") from None


def _open_tables(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Path]) -> None:
    """Make a view of each file, then shut every door but theirs."""
    folders = ", ".join(sorted({_quoted(str(path.parent)) for path in files.values()}))
    connection.execute(f"SET allowed_directories = [{folders}]")
    for name, path in files.items():
        view = '"' + name.replace('"', '""') + '"'
        try:
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet({_quoted(str(path))})")  # noqa: S608 - quoted
        except duckdb.Error as error:
            raise _unreadable(path) from error
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _unreadable(path: Path) -> ResultsInvalidError:
    return ResultsInvalidError(f"{path} is not a readable table", hint="run the analysis again")


def _check_reads_only(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    statements = connection.extract_statements(statement)
    if len(statements) != 1:
        raise QueryError(
            f"give one statement, got {len(statements)}", hint='as in "select count(*) from tracks"'
        )
    if statements[0].type not in _READS:
        raise QueryError(
            f"only SELECT is answered, not {statements[0].type.name}", hint="results are never changed"
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_lines(error: duckdb.Error) -> str:
    """Give what DuckDB says without its drawing of the statement."""
    lines = str(error).split("\n\nLINE ")[0].splitlines()
    return " ".join(line.strip() for line in lines if line.strip()) or "the statement failed"
