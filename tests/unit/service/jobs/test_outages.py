"""What goes away in the middle of a run costs an attempt at most, never the run."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.bootstrap import build_platform
from sightline.core.errors import AdapterUnavailableError, ConflictError
from sightline.core.runs import RunState
from sightline.service.execute import execute
from sightline.service.folder import RunFolder
from sightline.service.jobs.enqueue import enqueue
from sightline.service.jobs.relay import keep_relaying
from sightline.service.jobs.work import Worker, in_this_thread
from sightline.service.submit import AnalyzeRequest
from sightline.settings import read_settings
from sightline.testing.memory import MemoryRunStore

pytestmark = pytest.mark.slow


class Away:
    """A bus that does not answer."""

    def publish(self, _event):
        raise AdapterUnavailableError("away")


@pytest.fixture
def platform(tmp_path):
    settings = read_settings(home=tmp_path, retry_base_s=0, min_free_bytes=0)
    return build_platform(settings, store=MemoryRunStore())


@pytest.fixture
def run(platform, clip):
    request = AnalyzeRequest(clip(frames=12, gop=5).path, model="motion", annotate=False)
    return enqueue(platform, request).run


def worker(platform):
    return Worker(platform, in_this_thread(platform), name="w", closing=threading.Event())


def outcomes(platform, run):
    return [attempt.outcome for attempt in platform.journal.attempts(run.id)]


def test_a_run_whose_end_could_not_be_stored_is_ended_by_the_next_worker(platform, run, monkeypatch):
    update, asked = platform.runs.update, []

    def away_once(changed, **more):
        if changed.state is RunState.COMPLETED and not asked:
            asked.append(changed.id)
            raise AdapterUnavailableError("away")
        return update(changed, **more)

    monkeypatch.setattr(platform.runs, "update", away_once)
    for _ in range(2):
        assert worker(platform).work_once()
    ended = platform.runs.get(run.id)
    assert (ended.state, asked) == (RunState.COMPLETED, [run.id]), ended.error
    assert outcomes(platform, run) == ["crashed", "completed"]
    assert not RunFolder(Path(run.folder)).work.exists()


@pytest.mark.parametrize("is_job", [True, False])
def test_a_bus_that_is_away_costs_no_attempt(platform, run, is_job):
    deaf = replace(platform, bus=Away())
    if is_job:
        assert worker(deaf).work_once()
    else:
        execute(deaf, run.id)
    assert outcomes(platform, run) == ["completed"]
    assert platform.outbox.pending(run_id=run.id)  # for when it is back


def test_a_relay_outlives_trouble(platform, run, monkeypatch):
    monkeypatch.setattr("sightline.service.jobs.relay._TROUBLE_WAIT_S", 0.0)
    monkeypatch.setattr("sightline.service.jobs.relay._LOOK_EVERY_S", 0.001)
    closing, pending = threading.Event(), platform.outbox.pending
    troubles = [ConflictError("changed meanwhile"), AdapterUnavailableError("away")]

    def sometimes(**wanted):
        if troubles:
            raise troubles.pop()
        closing.set()
        return pending(**wanted)

    monkeypatch.setattr(platform.outbox, "pending", sometimes)
    keep_relaying(platform, closing)
    assert not troubles
