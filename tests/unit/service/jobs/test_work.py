"""The worker's loop, with a runner that does what the test says."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from sightline.bootstrap import build_platform
from sightline.core.errors import AdapterUnavailableError
from sightline.core.runs import Attempt, RunState
from sightline.service.cancel import cancel
from sightline.service.jobs import work
from sightline.service.jobs.settle import OFF, Stop
from sightline.service.jobs.work import Order, Worker
from sightline.settings import read_settings
from sightline.testing.contracts.runs import queued
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore

SOON_S = 30


@pytest.fixture
def platform(tmp_path):
    settings = read_settings(home=tmp_path, lease_s=10, retry_base_s=0)
    return build_platform(settings, store=MemoryRunStore(), clock=FakeClock())


@pytest.fixture
def closing():
    return threading.Event()


@pytest.fixture
def enqueue(platform, tmp_path):
    def put(run_id="r1", **facts):
        platform.runs.add(queued(run_id, folder=str(tmp_path / run_id), **facts))
        platform.queue.put(run_id)

    return put


def started(platform, order):
    run = platform.runs.get(order.run_id)
    running = replace(run, state=RunState.RUNNING, attempts=order.attempt)
    return platform.runs.update(running, attempt=Attempt(order.attempt, order.worker, 1.0))


def finishing(platform, seen=None):
    def run(order):
        if seen is not None:
            seen.append(order.run_id)
        platform.runs.update(replace(started(platform, order), state=RunState.COMPLETED))

    return run


def until_stopped(platform):
    """A runner that works until it is told to stop, and leaves the run running as a killed process would."""

    def run(order):
        started(platform, order)
        assert order.stopped.wait(SOON_S)

    return run


def worker(platform, run, closing):
    return Worker(platform, run, name="w1", closing=closing)


def test_an_empty_queue_is_no_work(platform, closing):
    assert worker(platform, finishing(platform), closing).work_once() is False


def test_a_job_is_carried_out_and_gone(platform, closing, enqueue):
    enqueue()
    assert worker(platform, finishing(platform), closing).work_once()
    assert platform.runs.get("r1").state is RunState.COMPLETED
    assert platform.journal.attempts("r1")[0].worker == "w1"
    assert platform.queue.take(lease_s=1) is None


def test_a_job_is_looked_at_before_its_run_is_stored_and_kept(platform, closing, enqueue):
    platform.queue.put("r1")
    mine = worker(platform, finishing(platform), closing)
    assert mine.work_once()
    enqueue()
    platform.clock.advance(1)
    assert mine.work_once()
    assert platform.runs.get("r1").state is RunState.COMPLETED


def test_a_job_whose_run_never_comes_is_dropped(platform, closing):
    platform.queue.put("nobody")
    mine, looks = worker(platform, finishing(platform), closing), 0
    while mine.work_once():
        platform.clock.advance(1)
        looks += 1
        assert looks < 20
    assert looks > 2


def test_a_crash_is_tried_again(platform, closing, enqueue):
    enqueue()
    mine = worker(platform, lambda order: started(platform, order) and None, closing)
    for _ in range(3):
        assert mine.work_once()
    assert platform.runs.get("r1").state is RunState.FAILED
    assert platform.queue.take(lease_s=1) is None


@pytest.mark.parametrize(("took_s", "then"), [(9.0, [None]), (11.0, ["r1", "r1+0"])])
def test_a_helper_whose_turn_is_over_lets_whole_runs_go_first(
    platform, closing, enqueue, monkeypatch, took_s, then
):
    """The run helped is among them where the server that carried it out was killed: nobody else would take it up."""
    now_s = [0.0]
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    platform.runs.add(replace(queued("r1"), state=RunState.RUNNING))
    platform.queue.put("r1+0", priority=-1)

    def helping(order):
        assert order.helps
        if took_s > 10:
            platform.queue.put("r1")  # as when its lease runs out
        now_s[0] += took_s

    assert worker(platform, helping, closing).work_once()
    for job_id in then:
        lease = platform.queue.take(lease_s=10)
        assert (lease and lease.job_id) == job_id


def test_a_poison_run_holds_up_nobody(platform, closing, enqueue):
    for name in ("r1", "r2", "r3"):
        enqueue(name)

    def run(order):
        if order.run_id == "r2":
            started(platform, order)
        else:
            finishing(platform)(order)

    mine = worker(platform, run, closing)
    while mine.work_once():
        pass
    states = {name: platform.runs.get(name).state.value for name in ("r1", "r2", "r3")}
    assert states == {"r1": "completed", "r2": "failed", "r3": "completed"}


def test_the_heartbeat_stops_a_run_that_is_to_be_cancelled(platform, closing, enqueue, monkeypatch):
    monkeypatch.setattr(work, "_LOOK_EVERY_S", 0.01)
    enqueue()

    def run(order):
        started(platform, order)
        cancel(platform, "r1")
        assert order.stopped.wait(SOON_S)

    assert worker(platform, run, closing).work_once()
    assert platform.runs.get("r1").state is RunState.CANCELLED


def test_closing_gives_the_run_back(platform, closing, enqueue, monkeypatch):
    monkeypatch.setattr(work, "_LOOK_EVERY_S", 0.01)
    enqueue()
    mine = worker(platform, until_stopped(platform), closing)
    closing.set()
    assert mine.work_once()
    assert platform.runs.get("r1").state is RunState.QUEUED
    assert platform.queue.take(lease_s=1).job_id == "r1"


def test_a_worker_that_loses_its_lease_stops_at_once_and_says_nothing(
    platform, closing, enqueue, monkeypatch
):
    monkeypatch.setattr(work, "_LOOK_EVERY_S", 0.01)
    enqueue()
    orders = []

    def run(order):
        orders.append(order)
        started(platform, order)
        platform.clock.advance(11)
        assert platform.queue.take(lease_s=100).job_id == "r1"
        mine._platform.settings.__dict__["lease_s"] = 0.001  # the next heartbeat is due now
        assert order.stopped.wait(SOON_S)

    mine = worker(platform, run, closing)
    assert mine.work_once()
    assert orders[0].why is Stop.LOST
    assert platform.runs.get("r1").state is RunState.RUNNING


def test_a_lease_that_nobody_took_while_the_database_was_away_leaves_the_job(
    platform, closing, enqueue, monkeypatch
):
    monkeypatch.setattr(work, "_LOOK_EVERY_S", 0.01)
    enqueue()

    def away(_lease, *, lease_s):
        raise AdapterUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(platform.queue, "extend", away)
        patch.setitem(platform.settings.__dict__, "lease_s", 0.05)
        assert worker(platform, until_stopped(platform), closing).work_once()
    assert platform.runs.get("r1").state is RunState.RUNNING
    assert worker(platform, finishing(platform), closing).work_once()
    assert platform.runs.get("r1").state is RunState.COMPLETED


def test_a_lost_lease_is_a_stronger_reason_than_any():
    order = Order("r1", "w1", 1, 0)
    order.stop(Stop.CLOSING)
    order.stop(Stop.CANCELLED)
    assert order.why is Stop.CLOSING
    order.stop(Stop.LOST)
    assert order.why is Stop.LOST


def test_the_loop_outlives_a_queue_that_is_away(platform, closing, enqueue, monkeypatch):
    monkeypatch.setattr(work, "_TROUBLE_WAIT_S", 0.0)
    enqueue()
    troubles = [AdapterUnavailableError("away"), RuntimeError("nobody foresaw this")]
    take = platform.queue.take

    def sometimes(*, lease_s):
        if troubles:
            raise troubles.pop()
        return take(lease_s=lease_s)

    monkeypatch.setattr(platform.queue, "take", sometimes)

    def run(order):
        finishing(platform)(order)
        closing.set()

    worker(platform, run, closing).work()
    assert platform.runs.get("r1").state is RunState.COMPLETED


def test_another_queue_can_hand_runs_over_without_a_lease_of_ours(platform, closing, enqueue):
    enqueue()
    mine = worker(platform, finishing(platform), closing)
    assert mine.carry_out(platform.runs.get("r1"), lambda: None) == OFF
    assert platform.runs.get("r1").state is RunState.COMPLETED
