"""Sixty jobs while everything around them breaks: each ends once, whole, and is told about without a gap."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from commandline import results_of, sightline, start

from servers.conftest import address
from servers.processes import Postgres, Redis
from sightline.bootstrap import build_platform
from sightline.core.errors import AdapterError
from sightline.core.events import EventKind
from sightline.core.runs import RunFilter, RunState
from sightline.service.jobs.enqueue import enqueue
from sightline.service.submit import AnalyzeRequest
from sightline.settings import read_settings

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]
_JOBS = 60
_LIMIT_S = 600.0
_KILL_EVERY_S = 6.0
_MOST_KILLS = 12


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chaos")
    size = ["--seconds", "1", "--seed", "3", "--size", "160x96"]
    done = sightline("simulate", "people", *size, "-o", folder, home=folder / "home")
    assert done.returncode == 0, done.stderr
    return folder / "clip.mp4"


@pytest.fixture
def servers(server_folder: Path) -> Iterator[tuple[Postgres, Redis]]:
    address("postgres")
    address("redis")
    postgres, redis = Postgres(server_folder / "postgres"), Redis(server_folder / "redis")
    with postgres:
        yield postgres, redis
        redis.stop()


def test_sixty_jobs_end_once_whatever_is_killed(
    servers: tuple[Postgres, Redis], short_clip: Path, tmp_path: Path
) -> None:
    postgres, redis = servers
    settings = {
        "database_url": postgres.url,
        "bus": "redis",
        "redis_url": redis.url,
        "lease_s": "3",
        "retry_base_s": "0.1",
        "max_attempts": "20",
        "segment_s": "0.5",
        "precision": "f32",
        "reserve_bytes": "0",
    }
    home, rng = tmp_path / "home", Random(60)
    platform = build_platform(read_settings(home=home, **settings))
    for number in range(_JOBS):  # Redis is not there yet
        request = AnalyzeRequest(short_clip, annotate=False, owner=f"u{number % 3}")
        enqueue(platform, request, reuse=False)
    workers = [start("worker", home=home, **settings) for _ in range(2)]
    deadline_s, due_s, kills = time.monotonic() + _LIMIT_S, time.monotonic() + _KILL_EVERY_S, 0
    breaks = [redis.start, postgres.kill, postgres.start, redis.kill, redis.start]
    try:
        while completed(platform) < _JOBS:
            assert time.monotonic() < deadline_s, "it took too long"
            if time.monotonic() > due_s and kills < _MOST_KILLS:
                if breaks:
                    breaks.pop(0)()
                victim = workers.pop(rng.randrange(2))
                victim.kill()
                victim.wait()
                workers.append(start("worker", home=home, **settings))
                kills, due_s = kills + 1, time.monotonic() + _KILL_EVERY_S
            time.sleep(0.2)
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    assert kills >= 3
    every = list(platform.runs.list(limit=_JOBS + 1))
    assert Counter(run.state for run in every) == {RunState.COMPLETED: _JOBS}
    assert len({tuple(results_of(Path(run.folder)).items()) for run in every}) == 1
    for run in every:
        events = platform.journal.events(run.id, limit=10_000)
        assert [event.cursor for event in events] == list(range(1, len(events) + 1))
        assert [event.kind for event in events].count(EventKind.PIPELINE_COMPLETED) == 1
    platform.runs.close()


def completed(platform: object) -> int:
    try:
        return len(platform.runs.list(RunFilter(state=RunState.COMPLETED), limit=_JOBS + 1))  # type: ignore[attr-defined]
    except AdapterError:  # the database is away
        return 0
