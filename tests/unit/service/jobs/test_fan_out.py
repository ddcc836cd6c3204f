"""A run shared among workers has the tables of a run done alone, to the byte."""

from __future__ import annotations

import hashlib
import itertools
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.bootstrap import build_platform
from sightline.core.errors import OutputFullError, RunCancelled
from sightline.core.runs import RunState
from sightline.service import prepare as prepare_module
from sightline.service.folder import RunFolder
from sightline.service.jobs import enqueue as enqueue_module
from sightline.service.jobs import fan_out
from sightline.service.jobs.enqueue import enqueue
from sightline.service.jobs.fan_out import can_share
from sightline.service.jobs.work import Worker, in_this_thread
from sightline.service.prepare import prepare
from sightline.service.submit import AnalyzeRequest
from sightline.settings import read_settings
from sightline.testing.fakes import FakeModel
from sightline.testing.memory import MemoryRunStore
from sightline.vision.catalog import build_model

pytestmark = pytest.mark.slow
FAILS_ON = frozenset({3, 17, 41})


@pytest.fixture(autouse=True)
def _model(monkeypatch):
    """A detector without memory that costs nothing, and fails on some frames; `motion` is itself."""

    def build(name, options, zoo):
        return build_model(name, options, zoo) if name == "motion" else FakeModel(fails_on=FAILS_ON)

    monkeypatch.setattr(prepare_module, "build_model", build)
    monkeypatch.setattr(enqueue_module, "build_model", build)


def platform_at(home: Path, **settings: object):
    given = {
        "segment_s": 0.5,
        "precision": "f32",
        "min_free_bytes": 0,
        "share_from": 2,
        "lease_s": 1,
    } | settings
    return build_platform(read_settings(home=home, **given), store=MemoryRunStore())


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "tables").glob("*.parquet"))
    }


@pytest.fixture
def video(clip):
    return clip(frames=60, gop=5).path


def request_for(video: Path, **more: object) -> AnalyzeRequest:
    return AnalyzeRequest(video, model="fake", annotate=False, min_score=0.05, **more)  # type: ignore[arg-type]


def alone(video: Path, home: Path) -> dict[str, str]:
    platform = platform_at(home, share_from=0)
    run = enqueue(platform, request_for(video)).run
    assert Worker(platform, in_this_thread(platform), name="w", closing=threading.Event()).work_once()
    assert platform.runs.get(run.id).state is RunState.COMPLETED
    return hashes(Path(run.folder))


@pytest.mark.parametrize("helpers", [0, 2])
def test_whoever_helps_the_tables_are_the_same(video, tmp_path, helpers):
    expected = alone(video, tmp_path / "alone")
    platform = platform_at(tmp_path / "shared")
    run = enqueue(platform, request_for(video)).run
    closing = threading.Event()
    workers = [
        threading.Thread(
            target=Worker(platform, in_this_thread(platform), name=f"w{n}", closing=closing).work
        )
        for n in range(helpers)
    ]
    for thread in workers:
        thread.start()
    Worker(platform, in_this_thread(platform), name="w", closing=closing).work_once()
    ended = threading.Event()
    for _ in range(600):
        if platform.runs.get(run.id).has_ended:
            break
        ended.wait(0.1)
    closing.set()
    for thread in workers:
        thread.join(timeout=60)
    assert platform.runs.get(run.id).state is RunState.COMPLETED
    assert hashes(Path(run.folder)) == expected
    assert platform.queue.take(lease_s=1, topic=run.id) is None


def test_a_shared_run_that_is_stopped_goes_on_from_what_all_have_found(video, tmp_path):
    expected = alone(video, tmp_path / "alone")
    platform = platform_at(tmp_path / "shared")
    run = enqueue(platform, request_for(video)).run
    worker = Worker(platform, in_this_thread(platform), name="w", closing=threading.Event())
    commit = platform.journal.commit

    def three(*args, **more):
        if len(platform.journal.checkpoints(run.id)) == 3:
            raise RunCancelled
        commit(*args, **more)

    platform.journal.commit = three
    assert worker.work_once()
    assert platform.runs.get(run.id).state is RunState.QUEUED
    assert len(platform.journal.checkpoints(run.id)) == 3
    platform.journal.commit = commit
    while not platform.runs.get(run.id).has_ended:
        assert worker.work_once()
    assert platform.runs.get(run.id).attempts == 2
    assert hashes(Path(run.folder)) == expected


def test_a_helper_leaves_off_when_its_turn_is_over(video, tmp_path, monkeypatch):
    platform = platform_at(tmp_path)
    run = enqueue(platform, request_for(video)).run
    folder = RunFolder(Path(run.folder))
    folder.create()
    prepared = prepare(platform, run, folder)
    prepared.source.close()
    fan_out._offer(platform, run, folder, prepared.segments)
    ticks = itertools.count()
    monkeypatch.setattr(
        fan_out, "time", SimpleNamespace(monotonic=lambda: float(next(ticks)))
    )  # a lease is a second
    fan_out.help_out(platform, run.id, lambda: False)
    found = sum(folder.found(segment.number).is_file() for segment in prepared.segments)
    assert 0 < found < len(prepared.segments)


def test_a_failure_while_looking_ends_the_run_with_its_reason(video, tmp_path, monkeypatch):
    def full(*_):
        raise OutputFullError("no room left")

    monkeypatch.setattr(RunFolder, "keep_found", full)
    platform = platform_at(tmp_path)
    run = enqueue(platform, request_for(video)).run
    Worker(platform, in_this_thread(platform), name="w", closing=threading.Event()).work_once()
    ended = platform.runs.get(run.id)
    assert (ended.state, ended.error["code"]) == (RunState.FAILED, "output_full")


@pytest.mark.parametrize(
    ("options", "shared"),
    [
        ({}, True),
        ({"camera_motion": True}, False),
        ({"model": "motion"}, False),
        ({"app": "juggling"}, True),
    ],
)
def test_runs_are_shared_where_no_memory_and_no_picture_stands_in_the_way(video, tmp_path, options, shared):
    platform = platform_at(tmp_path)
    run = enqueue(platform, replace(AnalyzeRequest(video, model="fake"), **options)).run
    prepared = prepare(platform, run, RunFolder(tmp_path / "out"))
    prepared.source.close()
    assert can_share(prepared) is shared
