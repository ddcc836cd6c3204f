"""How fast the first page of many finished runs is read: `python benchmarks/runs_list.py [--runs 10000] [--url URL]`.

By default on SQLite; `--url postgresql://...` measures that server, whose database should be empty, as here one of the tests':
`python tests/servers/start.py --only postgres sh -c 'python benchmarks/runs_list.py --url $SIGHTLINE_TEST_POSTGRES_URL'`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import delete, insert, select

from document import machine, table, write_section
from sightline.adapters.sql.runs import SqlRunStore
from sightline.adapters.sql.schema.runs import run_tags, runs
from sightline.core.runs import Run, RunFilter, RunState

PAGE = 50
REPEATS = 40
COMMANDS = {
    "SQLite": "python benchmarks/runs_list.py",
    "PostgreSQL": "python tests/servers/start.py --only postgres sh -c "
    "'python benchmarks/runs_list.py --url $SIGHTLINE_TEST_POSTGRES_URL'",
}
LISTS = {
    "all": RunFilter(),
    "one state": RunFilter(state=RunState.COMPLETED),
    "one owner": RunFilter(owner="user3"),
    "one owner, 100 shared": RunFilter(
        owner="user3", shared_ids=frozenset(f"{n * 90:012x}-x" for n in range(100))
    ),
    "one app and state": RunFilter(app="football", state=RunState.COMPLETED),
    "one tag": RunFilter(tag="tag7"),
    "owner and tag": RunFilter(owner="user3", tag="tag7"),
    "a folder": RunFilter(folder="/results/17"),
    "none that fits": RunFilter(owner="user3", app="road", state=RunState.FAILED),
}


def fill(store: SqlRunStore, count: int) -> None:
    """Put the runs in, all at once: one by one would take minutes, and is not what is measured."""
    settings = {
        "app": {"min_score": 0.3, "rules": {"lines": [[0.1, 0.2, 0.3, 0.4]] * 4}},
        "model": "yolox-nano",
    }
    store.add(Run(id="pattern", state=RunState.COMPLETED, source="", app="", folder="", settings=settings))
    with store.database.writing() as connection:
        pattern = dict(connection.execute(select(runs)).mappings().one())
        connection.execute(delete(runs))
        rows = [
            pattern
            | {
                "id": f"{number:012x}-x",
                "source": f"/videos/{number}.mp4",
                "app": ("people", "football")[number % 2],
                "folder": f"/results/{number}",
                "owner": f"user{number % 20}",
                "tags": f'["tag{number % 50}"]',
                "fingerprint": f"{number:064x}",
            }
            for number in range(count)
        ]
        connection.execute(insert(runs), rows)
        connection.execute(
            insert(run_tags),
            [{"run_id": row["id"], "tag": f"tag{place % 50}"} for place, row in enumerate(rows)],
        )
        connection.exec_driver_sql("ANALYZE")  # as a server does by itself after a while


def times_ms(store: SqlRunStore, wanted: RunFilter, before: str | None) -> list[float]:
    taken = []
    for _ in range(REPEATS):
        began_s = time.perf_counter()
        store.list(wanted, limit=PAGE, before=before)
        taken.append(1000 * (time.perf_counter() - began_s))
    return taken


def measure(url: str, count: int) -> list[list[str]]:
    store = SqlRunStore(url)
    fill(store, count)
    rows = []
    for name, wanted in LISTS.items():
        first = times_ms(store, wanted, None)
        deep = times_ms(store, wanted, f"{count // 2:012x}-x")
        rows.append(
            [
                name,
                f"{min(first):.1f}",
                f"{statistics.median(first):.1f}",
                f"{sorted(first)[-2]:.1f}",
                f"{statistics.median(deep):.1f}",
            ]
        )
    store.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(given.url or f"sqlite:///{Path(folder) / 'runs.db'}", given.runs)
    kind = "PostgreSQL" if given.url else "SQLite"
    header = (
        f"{given.runs} runs on {kind}: pages of {PAGE}",
        "first: fastest, ms",
        "median, ms",
        "95th, ms",
        "5,000 further, ms",
    )
    command = COMMANDS[kind]
    load = f"load average when it ended {os.getloadavg()[0]:.1f}"
    text = f"{machine()}; {load}.\n\n```\n{command}\n```\n\n" + table(header, rows)
    print(text)
    if not given.no_write:
        write_section(f"runs-list-{kind.lower()}", text)


if __name__ == "__main__":
    main()
