"""The process that answers one SQL statement; see `query.py`. It reads the question on stdin as JSON."""

from __future__ import annotations

import json
import math
import resource
import sys
from pathlib import Path
from typing import Any

import duckdb

from sightline.core.errors import QueryError
from sightline.service.pipelines.plain import plain
from sightline.service.sql import answer_sql

_PAGE_BYTES = resource.getpagesize()
_SPARE_BYTES = 512_000_000  # stacks of threads and the like: reserved, hardly used
_TOO_MUCH = "ask for less: fewer columns, a narrower range of frames, a sum in place of rows"


def bound(memory_bytes: int, seconds: float) -> None:
    """Have the operating system refuse memory beyond what is in use now and `memory_bytes`, and end it after a while."""
    with duckdb.connect(":memory:") as connection:  # its allocator sets address space aside once and for all
        connection.execute("select count(*) from range(100000)")
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most_bytes = pages * _PAGE_BYTES + memory_bytes + _SPARE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def answered(asked: dict[str, Any]) -> str:
    """Give the answer as JSON."""
    try:
        files = {name: Path(path) for name, path in asked["files"].items()}
        found = answer_sql(files, asked["statement"], rows=asked["rows"], memory_bytes=asked["memory_bytes"])
        rows = [[plain(value) for value in row] for row in found.rows]
        text = json.dumps({"columns": found.columns, "rows": rows, "is_cut": found.is_cut}, default=str)
    except QueryError as error:
        return json.dumps({"error": str(error), "hint": error.hint})
    except MemoryError:
        return json.dumps({"error": "the statement takes too much memory", "hint": _TOO_MUCH})
    if len(text) > asked["answer_bytes"]:
        return json.dumps({"error": "the answer is too long", "hint": _TOO_MUCH})
    return text


def main() -> None:
    """Answer, and end."""
    asked = json.load(sys.stdin)
    bound(asked["memory_bytes"], asked["seconds"])
    sys.stdout.write(answered(asked))


if __name__ == "__main__":
    main()
