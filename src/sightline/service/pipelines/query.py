"""Answers SQL for somebody on the network: in a process of its own, bounded in time, memory and rows.

DuckDB's own limits do not hold for every function (`repeat` takes what it likes), so the operating system keeps them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.errors import QueryError

if TYPE_CHECKING:
    from sightline.service.results import Results

_CHILD = "sightline.service.pipelines.query_child"
_TOO_MUCH = "ask for less: fewer columns, a narrower range of frames, a sum in place of rows"


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a statement may cost.

    Attributes:
        seconds: Longest that it may take, the start of its process included.
        memory_bytes: Most memory that it may use; nothing goes to disk.
        rows: Most rows that are given.
        answer_bytes: Most bytes of the answer, as JSON.
    """

    seconds: float = 10.0
    memory_bytes: int = 512_000_000
    rows: int = 10_000
    answer_bytes: int = 16_000_000


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """What a statement gave, as JSON has it.

    Attributes:
        columns: Their names.
        rows: Their values.
        is_cut: There were more rows than the limit.
    """

    columns: list[str]
    rows: list[list[Any]]
    is_cut: bool


def bounded_query(results: Results, statement: str, limits: QueryLimits) -> PlainAnswer:
    """Answer one SELECT from a run's tables.

    Raises:
        QueryError: The statement is wrong, wants more than reading, or more than it may cost.
    """
    asked = {
        "files": {name: str(path) for name, path in results.tables.files().items()},
        "statement": statement,
        "rows": limits.rows,
        "seconds": limits.seconds,
        "memory_bytes": limits.memory_bytes,
        "answer_bytes": limits.answer_bytes,
    }
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-m", _CHILD],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=limits.seconds,
            check=False,
            cwd=Path(results.folder),
            env={},
        )
    except subprocess.TimeoutExpired:
        raise QueryError(f"the statement took longer than {limits.seconds:g} s", hint=_TOO_MUCH) from None
    if child.returncode != 0 or not child.stdout:
        raise QueryError(
            f"the statement took more than {limits.memory_bytes / 1e6:.0f} MB or broke off", hint=_TOO_MUCH
        )
    said = json.loads(child.stdout)
    if "error" in said:
        raise QueryError(said["error"], hint=said["hint"])
    return PlainAnswer(said["columns"], said["rows"], said["is_cut"])
