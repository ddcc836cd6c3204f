"""Answers SQL from a run's tables, and touches nothing else."""

from __future__ import annotations

from pathlib import Path

from sightline.service.results import Results
from sightline.service.sql import Answer, answer_sql


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
    return answer_sql(table_files(Results(folder)), statement)


def table_files(results: Results) -> dict[str, Path]:
    """Give the file of each table of a run."""
    found = {name: results.tables.path(name) for name in results.tables.names()}
    return {name: path.absolute() for name, path in found.items() if path is not None}
