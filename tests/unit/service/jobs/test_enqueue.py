"""Requests become queued runs, or are answered from what is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sightline.bootstrap import build_platform
from sightline.core.errors import SettingsError
from sightline.core.runs import RunState
from sightline.service.folder import MANIFEST
from sightline.service.jobs.enqueue import enqueue, fingerprint_of, resume_job
from sightline.service.jobs.relay import relay
from sightline.service.submit import AnalyzeRequest, check_request
from sightline.settings import read_settings
from sightline.testing.contracts.runs import event
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore


@pytest.fixture
def platform(tmp_path):
    return build_platform(read_settings(home=tmp_path / "home"), store=MemoryRunStore(), clock=FakeClock())


@pytest.fixture
def request_(clip):
    return AnalyzeRequest(video=clip(frames=10).path)


def finish(platform, run):
    running = platform.runs.update(replace(run, state=RunState.RUNNING))
    done = platform.runs.update(replace(running, state=RunState.COMPLETED))
    Path(run.folder).mkdir(parents=True, exist_ok=True)
    (Path(run.folder) / MANIFEST).write_text("{}")
    return done


def test_a_request_waits_in_the_queue_with_all_that_is_known_of_it(platform, request_):
    queued = enqueue(platform, replace(request_, owner="ada", priority=4, tags=("a", "b"), video_id="v1"))
    run = platform.runs.get(queued.run.id)
    assert (run.state, run.owner, run.priority, run.tags, run.video_id) == (
        RunState.QUEUED,
        "ada",
        4,
        ("a", "b"),
        "v1",
    )
    assert len(run.fingerprint) == 64
    assert Path(run.folder) == platform.settings.results / run.id
    assert platform.queue.take(lease_s=1).job_id == run.id


def test_a_wrong_request_queues_nothing(platform, request_):
    with pytest.raises(SettingsError):
        enqueue(platform, replace(request_, settings={"no_such": 1}))
    assert platform.queue.take(lease_s=1) is None
    assert platform.runs.list() == []


def test_the_same_request_is_answered_from_what_is_stored(platform, request_):
    first = enqueue(platform, request_)
    assert not enqueue(platform, request_).from_store
    done = finish(platform, first.run)
    again = enqueue(platform, request_)
    assert (again.run, again.from_store) == (done, True)


@pytest.mark.parametrize(
    "other",
    [{"stride": 2}, {"min_score": 0.9}, {"annotate": False}, {"tracker": "ocsort"}, {"model": "hog"}],
)
def test_another_setting_is_another_request(platform, request_, other):
    finish(platform, enqueue(platform, request_).run)
    assert not enqueue(platform, replace(request_, **other)).from_store


def test_nobody_is_answered_from_another_users_runs(platform, request_):
    finish(platform, enqueue(platform, replace(request_, owner="ada")).run)
    assert not enqueue(platform, replace(request_, owner="bob")).from_store


def test_results_that_are_gone_answer_nothing(platform, request_):
    done = finish(platform, enqueue(platform, request_).run)
    (Path(done.folder) / MANIFEST).unlink()
    assert not enqueue(platform, request_).from_store


def test_who_wants_a_new_run_gets_one(platform, request_):
    finish(platform, enqueue(platform, request_).run)
    assert not enqueue(platform, request_, reuse=False).from_store


def test_the_name_of_the_video_does_not_matter_but_its_bytes_do(platform, request_, clip, tmp_path):
    def fingerprint(video):
        return fingerprint_of(platform, "people", check_request(platform, AnalyzeRequest(video=video)))

    renamed = tmp_path / "other name.mp4"
    renamed.write_bytes(request_.video.read_bytes())
    assert fingerprint(renamed) == fingerprint(request_.video)
    assert fingerprint(clip("longer", frames=12).path) != fingerprint(request_.video)


def test_a_stopped_run_is_queued_again(platform, request_):
    run = enqueue(platform, replace(request_, owner="ada", tags=("x",))).run
    platform.queue.finish(platform.queue.take(lease_s=1))
    running = platform.runs.update(replace(run, state=RunState.RUNNING))
    platform.runs.update(replace(running, state=RunState.FAILED, error={"code": "x"}))

    resumed = resume_job(platform, run.id)
    assert (resumed.id, resumed.state, resumed.error) == (run.id, RunState.QUEUED, {})
    assert platform.queue.take(lease_s=1).job_id == run.id


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"checkpoints": False}, True),
        ({"warnings": ("no GPU",)}, True),
        ({"audio": True}, False),
        ({"within": (48, 64)}, False),
    ],
)
def test_only_wishes_that_change_a_result_make_another_request(platform, request_, other, same):
    finish(platform, enqueue(platform, request_).run)
    assert enqueue(platform, replace(request_, **other)).from_store is same


def test_stored_events_reach_the_bus_in_order_and_once(platform, request_):
    heard = []
    platform.bus.publish = heard.append
    run = enqueue(platform, request_).run
    for number in range(3):
        platform.journal.append(run.id, [event(run_id=run.id, n=number)], attempt=0)
    assert relay(platform) == 3
    assert relay(platform) == 0
    assert [(one.cursor, one.details["n"]) for one in heard] == [(1, 0), (2, 1), (3, 2)]


def test_a_relay_that_dies_midway_leaves_the_rest_to_the_next(platform, request_):
    heard = []
    run = enqueue(platform, request_).run
    platform.journal.append(run.id, [event(run_id=run.id, n=number) for number in range(3)], attempt=0)

    def publish(one):
        if len(heard) == 1:
            raise KeyboardInterrupt
        heard.append(one.cursor)

    platform.bus.publish = publish
    with pytest.raises(KeyboardInterrupt):
        relay(platform)
    platform.bus.publish = lambda one: heard.append(one.cursor)
    relay(platform)
    assert heard == [1, 1, 2, 3]
