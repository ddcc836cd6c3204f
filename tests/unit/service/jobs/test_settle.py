"""What becomes of a run when its worker, or the process that worked on it, has ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sightline.bootstrap import build_platform
from sightline.core.errors import ConflictError
from sightline.core.events import EventKind
from sightline.core.runs import Attempt, RunState
from sightline.service.folder import MANIFEST, RunFolder, write_json
from sightline.service.jobs.settle import ANEW, OFF, Next, Stop, settle, take_up, tries_left
from sightline.settings import read_settings
from sightline.testing.contracts.runs import queued
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore


@pytest.fixture
def platform(tmp_path):
    settings = read_settings(home=tmp_path, max_attempts=3, retry_base_s=4.0, run_timeout_s=60.0)
    return build_platform(settings, store=MemoryRunStore(), clock=FakeClock())


@pytest.fixture
def run(platform, tmp_path):
    platform.runs.add(queued(folder=str(tmp_path / "out")))
    return platform.runs.get("r1")


def begin(platform, worker="w"):
    """Start the next attempt, as `execute` does."""
    run = platform.runs.get("r1")
    number = run.attempts + 1
    running = replace(run, state=RunState.RUNNING, attempts=number)
    return platform.runs.update(running, attempt=Attempt(number, worker, platform.clock.now_s()))


def outcomes(platform):
    return [attempt.outcome for attempt in platform.journal.attempts("r1")]


def ask_to_cancel(platform):
    platform.runs.update(replace(platform.runs.get("r1"), cancel_requested=True))


def test_a_queued_run_is_taken_up_as_it_is(platform, run):
    assert take_up(platform, run, 1) == run


def test_a_finished_runs_job_goes(platform, run):
    done = platform.runs.update(replace(begin(platform), state=RunState.COMPLETED))
    assert take_up(platform, done, 1) == OFF


def test_what_a_finished_runs_dead_worker_left_is_removed(platform, run):
    done = platform.runs.update(replace(begin(platform), state=RunState.COMPLETED))
    folder = RunFolder(platform.settings.home / "out")
    folder.create()
    assert take_up(platform, done, 2) == OFF
    assert folder.work.is_dir()  # no results: not this run's to touch
    write_json(folder.root / MANIFEST, {})
    with folder.locked():
        assert take_up(platform, done, 2) == OFF
        assert folder.work.is_dir()
    assert take_up(platform, done, 2) == OFF
    assert not folder.work.exists()


def test_a_stopped_runs_job_waits_a_moment_for_whoever_resumes_it(platform, run):
    failed = platform.runs.update(replace(begin(platform), state=RunState.FAILED))
    first = take_up(platform, failed, 1)
    assert isinstance(first, Next)
    assert first.delay_s < 1
    assert take_up(platform, failed, 100) == OFF


def test_a_running_run_without_its_worker_is_taken_over(platform, run):
    taken = take_up(platform, begin(platform), 2)
    assert taken.state is RunState.QUEUED
    assert outcomes(platform) == ["lost"]
    with pytest.raises(ConflictError):
        platform.journal.append("r1", [], attempt=0)


def test_a_running_run_whose_process_still_lives_is_left_to_it(platform, run):
    running = begin(platform)
    with RunFolder(platform.settings.home / "out").locked():
        assert take_up(platform, running, 2).delay_s > 0
    assert platform.runs.get("r1") == running


def test_a_run_that_was_to_be_cancelled_when_its_worker_died_is_cancelled(platform, run):
    begin(platform)
    ask_to_cancel(platform)
    assert take_up(platform, platform.runs.get("r1"), 2) == OFF
    assert platform.runs.get("r1").state is RunState.CANCELLED
    assert platform.journal.events("r1")[-1].details["state"] == "cancelled"


def test_a_run_that_costs_worker_after_worker_fails_in_the_end(platform, run):
    rounds = 0
    while platform.runs.get("r1").state is not RunState.FAILED:
        take_up(platform, begin(platform), 2)
        rounds += 1
        assert rounds < 100
    assert rounds > 10
    assert platform.runs.get("r1").error["code"] == "worker_lost"
    assert platform.journal.events("r1")[-1].kind is EventKind.PIPELINE_FAILED


def test_a_crash_is_tried_again_later_and_at_last_fails(platform, run):
    waits = []
    for _ in range(2):
        begin(platform)
        waits.append(settle(platform, "r1", platform.runs.get("r1").attempts, None).delay_s)
        assert platform.runs.get("r1").state is RunState.QUEUED
    assert 0 <= waits[0] <= 4
    assert 0 <= waits[1] <= 8
    begin(platform)
    assert settle(platform, "r1", 3, None) == OFF
    assert platform.runs.get("r1").state is RunState.FAILED
    assert outcomes(platform) == ["crashed"] * 3


def test_a_person_who_resumes_gets_all_tries_again(platform, run):
    for number in (1, 2, 3):
        begin(platform)
        settle(platform, "r1", number, None)
    failed = platform.runs.get("r1")
    last = replace(platform.journal.attempts("r1")[-1], outcome="failed")
    resumed = platform.runs.update(replace(failed, state=RunState.QUEUED), attempt=last)
    assert tries_left(platform, resumed) == 2


@pytest.mark.parametrize(
    ("stopped", "state", "outcome", "after"),
    [
        (Stop.CANCELLED, RunState.CANCELLED, "cancelled", OFF),
        (Stop.TIMEOUT, RunState.FAILED, "failed", OFF),
        (Stop.MEMORY, RunState.FAILED, "failed", OFF),
        (Stop.CLOSING, RunState.QUEUED, "interrupted", Next(0.0)),
    ],
)
def test_a_process_that_had_to_be_killed_is_accounted_for(platform, run, stopped, state, outcome, after):
    begin(platform)
    assert settle(platform, "r1", 1, stopped) == after
    assert platform.runs.get("r1").state is state
    assert outcomes(platform) == [outcome]


def test_a_run_that_took_too_much_memory_says_so(platform, run):
    begin(platform)
    settle(platform, "r1", 1, Stop.MEMORY)
    error = platform.runs.get("r1").error
    assert error["code"] == "run_memory"
    assert "SIGHTLINE_RUN_MEMORY_BYTES" in error["hint"]


def test_a_process_that_is_too_large_before_it_begins_is_not_begun_for_ever(platform, run):
    assert settle(platform, "r1", 1, Stop.MEMORY) == OFF
    failed = platform.runs.get("r1")
    assert (failed.state, failed.attempts, failed.error["code"]) == (RunState.FAILED, 1, "run_memory")
    assert outcomes(platform) == ["failed"]


def test_a_worker_that_lost_its_lease_changes_nothing(platform, run):
    running = begin(platform)
    assert settle(platform, "r1", 1, Stop.LOST) == ANEW
    assert platform.runs.get("r1") == running


def test_a_late_worker_changes_nothing(platform, run):
    begin(platform)
    take_up(platform, platform.runs.get("r1"), 2)
    second = begin(platform)
    assert settle(platform, "r1", 1, None) == ANEW
    assert platform.runs.get("r1") == second


def test_a_run_that_could_not_begin_waits(platform, run):
    assert settle(platform, "r1", 1, None).delay_s > 0
    assert platform.runs.get("r1") == run


def test_an_error_that_may_pass_waits_longer_each_time(platform, run):
    waits = []
    for _ in range(2):
        running = begin(platform)
        ended = replace(platform.journal.attempts("r1")[-1], outcome="again", error={"code": "x"})
        platform.runs.update(replace(running, state=RunState.QUEUED), attempt=ended)
        waits.append(settle(platform, "r1", running.attempts, None).delay_s)
    assert 0 <= waits[0] <= 4
    assert 0 <= waits[1] <= 8
    assert tries_left(platform, platform.runs.get("r1")) == 0
