"""How long the server's event loop is busy at a stretch while a thousand listen: `python benchmarks/loop_turns.py [--no-write]`.

The application alone, without network and clients, counted in processor time of its loop's thread: what another request
waits at most before its turn comes, also on a machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from document import machine, table, write_section
from sightline.bootstrap import build_platform
from sightline.cli.logs import configure_logs
from sightline.core.events import EventKind, RunEvent
from sightline.core.runs import Run, RunState
from sightline.server.app import build_server
from sightline.settings import Settings
from sightline.testing.accounts import headers_of
from sightline.testing.memory import MemoryRunStore

_RUN = "run-1"
_TOLD = 5


class Turns:
    """Counts what each turn of the loop takes, from `begin` to `end`."""

    def __init__(self) -> None:
        self._taken_s: list[float] = []
        self._counts = False

    def begin(self) -> None:
        self._taken_s, self._counts, self._since_s = [], True, time.thread_time()
        asyncio.get_running_loop().call_soon(self._turn)

    def end(self) -> list[str]:
        """Give turns of more than 0.1 ms, the 99th of 100 of them and the longest, ms, and the sum of all, ms."""
        self._counts = False
        taken_ms = 1000 * np.array(self._taken_s)
        busy_ms = taken_ms[taken_ms > 0.1]
        return [
            f"{len(busy_ms)}",
            f"{np.percentile(busy_ms, 99):.1f}",
            f"{busy_ms.max():.1f}",
            f"{busy_ms.sum():.0f}",
        ]

    def _turn(self) -> None:
        now_s = time.thread_time()
        self._taken_s.append(now_s - self._since_s)
        self._since_s = now_s
        if self._counts:
            asyncio.get_running_loop().call_later(0, self._turn)


class Bench:
    """A run that many listen to, and how many events they were told."""

    def __init__(self, home: Path, listeners: int) -> None:
        self.listeners = listeners
        self.platform = build_platform(
            Settings(home=home, workers=0, reads_per_min=0), store=MemoryRunStore()
        )
        configure_logs(self.platform.settings)
        self.key = headers_of(self.platform)["X-API-Key"].encode()
        self.platform.runs.add(Run(_RUN, RunState.QUEUED, "v.mp4", "people", str(home / "out")))
        run = replace(self.platform.runs.get(_RUN), state=RunState.RUNNING, attempts=1)
        self.platform.runs.update(run)
        self.app = build_server(self.platform)
        self.told = 0
        self.said = asyncio.Event()

    async def listen(self) -> None:
        path = f"/api/v1/pipeline/{_RUN}/events"
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
            "headers": [(b"x-api-key", self.key)], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
        }  # fmt: skip

        async def send(message: dict[str, Any]) -> None:
            self.told += message.get("body", b"").count(b"id: ")
            if self.told % self.listeners == 0:
                self.said.set()

        await self.app(scope, asyncio.get_running_loop().create_future, send)

    def store(self, kind: EventKind) -> None:
        for event in self.platform.journal.append(_RUN, [RunEvent(_RUN, kind, "analyze", 1.0)], attempt=1):
            self.platform.bus.publish(event)

    def end(self) -> None:
        event = RunEvent(_RUN, EventKind.PIPELINE_COMPLETED, "", 2.0)
        ended = replace(self.platform.runs.get(_RUN), state=RunState.COMPLETED)
        self.platform.runs.update(ended, events=[event])
        self.platform.bus.publish(replace(event, cursor=_TOLD + 2))

    async def until_told(self, events: int) -> None:
        while self.told < events * self.listeners:
            self.said.clear()
            await self.said.wait()

    async def measure(self) -> list[list[str]]:
        end, turns = self.app.state.feed.start(), Turns()
        self.store(EventKind.STAGE_STARTED)
        tasks = [asyncio.create_task(self.listen()) for _ in range(self.listeners)]
        await self.until_told(1)
        gc.collect()
        gc.freeze()  # as the server does before its first request
        turns.begin()
        for number in range(_TOLD):
            self.store(EventKind.STAGE_PROGRESS)
            await self.until_told(number + 2)
        rows = [[f"{_TOLD} events, one after the other", *turns.end()]]
        self.end()
        turns.begin()
        await asyncio.gather(*tasks)
        end()
        return [*rows, ["the run's end, which ends every stream", *turns.end()]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        rows = asyncio.run(Bench(Path(home), given.listeners).measure())
    header = (
        f"{given.listeners} listeners are told",
        "turns over 0.1 ms",
        "99 of 100, ms",
        "longest, ms",
        "all, ms",
    )
    text = f"{machine()}.\n\n```\npython benchmarks/loop_turns.py\n```\n\n" + table(header, rows)
    print(text)
    if not given.no_write:
        write_section("loop-turns", text)


if __name__ == "__main__":
    main()
