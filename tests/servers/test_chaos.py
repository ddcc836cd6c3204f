"""Sixty jobs while everything around them breaks: each ends once, whole, and is told about without a gap."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from commandline import results_of, sightline

from servers.chaos import CELERY, Follower, Service, SocketFollower, StreamFollower, tell
from servers.conftest import address
from servers.processes import Postgres, Redis, free_port
from sightline.bootstrap import build_platform
from sightline.core.errors import AdapterError
from sightline.core.events import EventKind
from sightline.core.runs import RunState
from sightline.service.jobs.enqueue import enqueue
from sightline.service.submit import AnalyzeRequest
from sightline.settings import read_settings
from sightline.testing.accounts import headers_of

_JOBS = 60
_LIMIT_S = 300.0
_BREAK_EVERY_S = 3.0
_MOST_BREAKS = 7
_TOLD_WITHIN_S = 30.0
pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(_LIMIT_S + 100)]


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


@pytest.fixture
def settings(servers: tuple[Postgres, Redis]) -> dict[str, str]:
    postgres, redis = servers
    return {
        "database_url": postgres.url,
        "queue": "celery",
        "broker_url": redis.url.removesuffix("0") + "1",
        "bus": "redis",
        "redis_url": redis.url,
        "lease_s": "3",
        "retry_base_s": "0.1",
        "max_attempts": "20",
        "segment_s": "0.5",
        "precision": "f32",
        "reserve_bytes": "0",
        "workers": "0",
        "reads_per_min": "0",
    }


def test_sixty_jobs_end_once_whatever_is_killed(
    servers: tuple[Postgres, Redis], settings: dict[str, str], short_clip: Path, tmp_path: Path
) -> None:
    home, port = tmp_path / "home", free_port()
    platform = build_platform(read_settings(home=home, **settings))
    request = AnalyzeRequest(short_clip, annotate=False)
    runs = [
        enqueue(platform, request, reuse=False).run.id for _ in range(_JOBS)
    ]  # the broker is not there yet
    key = headers_of(platform)["X-API-Key"]
    given: dict[str, Any] = {"folder": tmp_path, "home": home, "settings": settings}
    workers = [
        Service.sightline("worker", "worker", **given),
        Service("celery", [*CELERY, "--queues", "cpu,io", "--concurrency", "1"], **given),
    ]
    server = Service.sightline("server", "serve", "--port", str(port), **given)
    kinds = (StreamFollower, SocketFollower)
    followers = [kinds[number % 2](f"http://127.0.0.1:{port}", key, run) for number, run in enumerate(runs)]
    services = [*workers, server]
    try:
        until_all_have_ended(platform, services, workers, breaks_of(*servers, server))
        told_by_s = time.monotonic() + _TOLD_WITHIN_S
        for follower in followers:
            follower.join(max(0.0, told_by_s - time.monotonic()))
        check_runs(platform, undisturbed(short_clip, tmp_path, settings))
        check_followers(platform, followers)
    except BaseException:
        print(tell(platform, services))  # noqa: T201 - pytest shows it
        raise
    finally:
        for service in services:
            service.kill()
        platform.runs.close()


def breaks_of(postgres: Postgres, redis: Redis, server: Service) -> list[Callable[[], object]]:
    return [redis.start, postgres.kill, postgres.start, redis.kill, redis.start, server.kill]


def until_all_have_ended(
    platform: Any, services: list[Service], workers: list[Service], breaks: list[Callable[[], object]]
) -> None:
    """Kill a worker every few seconds, and break one thing more each time, until all runs have completed."""
    rng, began_s, kills = Random(60), time.monotonic(), 0
    due_s = began_s + _BREAK_EVERY_S
    while True:
        states = states_of(platform)
        assert not states[RunState.FAILED], states
        if not breaks and states[RunState.COMPLETED] == _JOBS:
            return
        assert time.monotonic() - began_s < _LIMIT_S, f"it took too long: {states}"
        if time.monotonic() > due_s and (breaks or kills < _MOST_BREAKS):
            if breaks:
                breaks.pop(0)()
            rng.choice(workers).kill()
            kills, due_s = kills + 1, time.monotonic() + _BREAK_EVERY_S
        for service in services:
            service.tend()
        time.sleep(0.2)


def states_of(platform: Any) -> Counter[RunState]:
    try:
        return Counter(run.state for run in platform.runs.list(limit=_JOBS + 1))
    except AdapterError:  # the database is away
        return Counter()


def undisturbed(clip: Path, folder: Path, settings: dict[str, str]) -> dict[str, str]:
    same = {name: settings[name] for name in ("segment_s", "precision")}
    done = sightline("analyze", clip, "--no-annotate", "-o", folder / "plain", home=folder / "own", **same)
    assert done.returncode == 0, done.stderr
    return results_of(folder / "plain")


def check_runs(platform: Any, expected: dict[str, str]) -> None:
    every = list(platform.runs.list(limit=_JOBS + 1))
    assert Counter(run.state for run in every) == {RunState.COMPLETED: _JOBS}
    for run in every:
        assert results_of(Path(run.folder)) == expected
        events = platform.journal.events(run.id, limit=10_000)
        assert [event.cursor for event in events] == list(range(1, len(events) + 1))
        assert [event.kind for event in events].count(EventKind.PIPELINE_COMPLETED) == 1


def check_followers(platform: Any, followers: list[Follower]) -> None:
    for follower in followers:
        events = platform.journal.events(follower.run_id, limit=10_000)
        told = f"{type(follower).__name__}: {follower.error}"
        assert follower.cursors == [event.cursor for event in events], told
