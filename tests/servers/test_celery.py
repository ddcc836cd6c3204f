"""The Celery queue on real brokers, and real Celery workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from commandline import environment, results_of

from servers.processes import free_port
from sightline.adapters.queue.celery import Announcer, CeleryQueue
from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.queue import SqlQueue
from sightline.bootstrap import build_platform
from sightline.core.breaker import Breaker, BreakerState
from sightline.core.errors import SettingsError
from sightline.core.runs import RunState
from sightline.core.time import SystemClock
from sightline.service.jobs.enqueue import enqueue
from sightline.service.submit import AnalyzeRequest
from sightline.settings import read_settings
from sightline.testing.contracts import JobQueueContract
from sightline.worker.celery import QUEUES, make_app

_LIMIT_S = 120.0
_SHOWN = {"worker-online", "task-received", "task-started", "task-succeeded"}


class _Celery(JobQueueContract):
    broker = ""

    @pytest.fixture(autouse=True)
    def _closed(self):
        self.opened: list[Any] = []
        yield
        for one in self.opened:
            one.close()

    def make(self, folder: Path, clock: Any) -> Any:
        database = Database(f"sqlite:///{folder / 'jobs.db'}")
        announcer = Announcer(self.broker, f"test-{uuid4().hex[:8]}", Breaker("broker", SystemClock()))
        queue = CeleryQueue(SqlQueue(database, clock), announcer)
        self.opened.append(database)
        return queue


@pytest.mark.server
class TestCeleryQueueOnRedis(_Celery):
    @pytest.fixture(autouse=True)
    def _broker(self, redis_url):
        self.broker = redis_url


@pytest.mark.server
class TestCeleryQueueOnRabbitmq(_Celery):
    @pytest.fixture(autouse=True)
    def _broker(self, amqp_url):
        self.broker = amqp_url


class TestCeleryQueueWithoutItsBroker(_Celery):
    """Whatever the broker does, the jobs are safe."""

    @pytest.fixture(autouse=True)
    def _broker(self):
        self.broker = f"redis://127.0.0.1:{free_port()}/0"


def test_a_broker_that_is_away_opens_the_breaker_and_loses_no_job(tmp_path):
    database, breaker = Database(f"sqlite:///{tmp_path / 'jobs.db'}"), Breaker("broker", SystemClock())
    announcer = Announcer(f"redis://127.0.0.1:{free_port()}/0", "cpu", breaker)
    queue = CeleryQueue(SqlQueue(database), announcer)
    for number in range(5):
        queue.put(f"job{number}")
    assert breaker.report().state is BreakerState.OPEN
    assert [queue.take(lease_s=10).job_id for _ in range(5)] == [f"job{number}" for number in range(5)]
    database.close()


def test_workers_without_a_broker_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="SIGHTLINE_QUEUE=celery"):
        make_app(read_settings(home=tmp_path))
    with pytest.raises(SettingsError, match="no broker"):
        Announcer("", "cpu", Breaker("broker", SystemClock()))


def test_what_is_meant_for_one_queue_reaches_no_other(tmp_path):
    app = make_app(read_settings(home=tmp_path, queue="celery", broker_url="memory://"))
    reached = {(queue.exchange.name, queue.routing_key) for queue in app.amqp.queues.values()}
    assert reached == {(name, name) for name in QUEUES}


def celery(*arguments: str, home: Path, **settings: str) -> subprocess.Popen[bytes]:
    log = (home.parent / f"celery-{uuid4().hex[:6]}.log").open("wb")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "sightline.worker.celery", *arguments],
            env={**environment(home, **settings), "C_FORCE_ROOT": "1"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


class Overheard:
    """Listens to what workers tell the broker of themselves: what Flower and `celery events` show."""

    def __init__(self, app: Any) -> None:
        self._seen: set[str] = set()
        self._connection = app.connection()
        handlers = {"*": lambda event: self._seen.add(event["type"])}
        self._receiver = app.events.Receiver(self._connection, handlers=handlers)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        with self._connection:
            while not self._receiver.should_stop:
                with suppress(TimeoutError):
                    self._receiver.capture(limit=None, timeout=0.5, wakeup=False)

    def kinds(self, wanted: set[str]) -> set[str]:
        """Give what was heard, once that is all that is wanted or it took too long."""
        deadline_s = time.monotonic() + 20
        while not self._seen >= wanted and time.monotonic() < deadline_s:
            time.sleep(0.05)
        self._receiver.should_stop = True  # workers say something all the time, so no timeout ends it
        self._thread.join(30)
        return self._seen


@pytest.fixture(params=["redis", "amqp"])
def broker(request) -> str:
    return request.getfixturevalue(f"{request.param}_url")


@pytest.mark.slow
@pytest.mark.server
def test_a_run_is_carried_out_by_a_celery_worker(broker, postgres_url, people_clip, tmp_path):
    settings = {"queue": "celery", "broker_url": broker, "database_url": postgres_url, "precision": "f32"}
    home = tmp_path / "home"
    platform = build_platform(read_settings(home=home, **settings))
    request = AnalyzeRequest(people_clip, annotate=False, owner="ada")
    run = enqueue(platform, request).run
    told = Overheard(make_app(platform.settings))
    worker = celery("worker", "--beat", "--queues", "cpu,io", "--concurrency", "2", home=home, **settings)
    try:
        deadline_s = time.monotonic() + _LIMIT_S
        while not platform.runs.get(run.id).has_ended:
            assert time.monotonic() < deadline_s, "it took too long"
            assert worker.poll() is None, "the worker ended"
            time.sleep(0.1)
        heard = told.kinds(_SHOWN)
    finally:
        told.kinds(set())
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    ended = platform.runs.get(run.id)
    assert ended.state is RunState.COMPLETED, ended.error
    assert results_of(Path(ended.folder))
    platform.runs.close()
    assert heard >= _SHOWN
