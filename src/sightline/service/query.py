"""Answers SQL from a run's tables, and touches nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sightline.core.errors import QueryError
from sightline.service.results import Results

_READS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gave.

    Attributes:
        columns: Their names.
        rows: Their values, as plain Python ones.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def query(folder: Path, statement: str) -> Answer:
    """Answer one SELECT; each table of the run is a view of its name.

    The statement can read the run's tables and no other file, change nothing and reach no network.

    Args:
        folder: A finished run's results.
        statement: In DuckDB's SQL.

    Raises:
        ConfigError: `folder` holds no finished run.
        QueryError: The statement is wrong or wants more than reading.
    """
    results = Results(folder)
    names = results.tables.names()
    with duckdb.connect(":memory:") as connection:
        _open_tables(connection, {name: _file(results, name) for name in names})
        try:
            _check_reads_only(connection, statement)
            found = connection.execute(statement)
            columns = tuple(column[0] for column in found.description or ())
            return Answer(columns, found.fetchall())
        except duckdb.Error as error:
            raise QueryError(_first_lines(error), hint=f"tables: {', '.join(names)}") from None


def _file(results: Results, table: str) -> Path:
    path = results.tables.path(table)
    assert path is not None, table  # noqa: S101 - `names` lists only files that are there
    return path.absolute()


def _open_tables(connection: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> None:
    """Make a view of each file, then shut every door but theirs."""
    folders = ", ".join(sorted({_quoted(str(path.parent)) for path in files.values()}))
    connection.execute(f"SET allowed_directories = [{folders}]")
    for name, path in files.items():
        view = '"' + name.replace('"', '""') + '"'
        connection.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet({_quoted(str(path))})")  # noqa: S608 - quoted
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


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
