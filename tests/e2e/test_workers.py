"""Real workers on one database: killed, stopped, cancelled. Every job ends once, with the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from commandline import results_of, sightline, start

from factories import DATA
from sightline.bootstrap import build_platform
from sightline.core.runs import RunState
from sightline.service.cancel import cancel
from sightline.service.jobs.enqueue import enqueue
from sightline.service.platform import Platform
from sightline.service.submit import AnalyzeRequest
from sightline.settings import read_settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SETTINGS = {"segment_s": "0.5", "lease_s": "2", "retry_base_s": "0.1", "precision": "f32"}
LIMIT_S = 300


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return build_platform(read_settings(home=tmp_path / "home", **SETTINGS))


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        running.append(start("worker", home=tmp_path / "home", **SETTINGS))
        return running[-1]

    yield begin
    for worker in running:
        worker.kill()
        worker.wait()


def until(holds: Callable[[], bool], step: Callable[[], None] = lambda: None) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline_s, "it took too long"
        step()
        time.sleep(0.05)


def states(platform: Platform) -> list[RunState]:
    return [run.state for run in platform.runs.list()]


def queue(platform: Platform, clip: Path, **options: object) -> str:
    request = AnalyzeRequest(clip, rules=clip.parent / "rules.yaml", annotate=False, **options)  # type: ignore[arg-type]
    return enqueue(platform, request, reuse=False).run.id


def test_jobs_whose_workers_are_killed_end_once_with_the_same_bytes(
    platform: Platform, workers: Callable[[], subprocess.Popen[bytes]], people_clip: Path, tmp_path: Path
) -> None:
    undisturbed = sightline(
        "analyze",
        people_clip,
        "--no-annotate",
        "--rules",
        people_clip.parent / "rules.yaml",
        "-o",
        tmp_path / "plain",
        home=tmp_path / "other",
        **SETTINGS,
    )
    assert undisturbed.returncode == 0, undisturbed.stderr
    for number in range(4):
        queue(platform, people_clip, owner=f"u{number % 2}")
    rng, living, killed = Random(7), [workers(), workers()], 0
    due_s = time.monotonic() + 4

    def kill_one() -> None:
        nonlocal killed, due_s
        if killed < 4 and time.monotonic() > due_s:
            victim = living.pop(rng.randrange(2))
            victim.send_signal(signal.SIGKILL)
            living.append(workers())
            killed += 1
            due_s = time.monotonic() + rng.uniform(1.5, 4)

    until(lambda: all(run.has_ended for run in platform.runs.list()), kill_one)

    assert states(platform) == [RunState.COMPLETED] * 4
    assert killed >= 1
    expected = results_of(tmp_path / "plain")
    for run in platform.runs.list():
        assert results_of(Path(run.folder)) == expected
        events = platform.journal.events(run.id, limit=10_000)
        assert [one.cursor for one in events] == list(range(1, len(events) + 1))
        assert [one.kind.value for one in events].count("pipeline_completed") == 1
        outcomes = [one.outcome for one in platform.journal.attempts(run.id)]
        assert outcomes[-1] == "completed"
        assert set(outcomes[:-1]) <= {"lost"}


def test_a_cancelled_run_stops_within_two_seconds_and_a_stopped_worker_gives_its_run_back(
    platform: Platform, workers: Callable[[], subprocess.Popen[bytes]], people_clip: Path
) -> None:
    run_id = queue(platform, people_clip)
    worker = workers()
    until(lambda: platform.runs.get(run_id).state is RunState.RUNNING)
    asked_s = time.monotonic()
    cancel(platform, run_id)
    until(lambda: platform.runs.get(run_id).state is RunState.CANCELLED)
    assert time.monotonic() - asked_s < 60  # 2 s on a machine of its own; benchmarks/workers.py measures it

    other = queue(platform, people_clip)
    until(lambda: platform.runs.get(other).state is RunState.RUNNING)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    run = platform.runs.get(other)
    assert run.state in {RunState.QUEUED, RunState.COMPLETED}
    if run.state is RunState.QUEUED:
        assert [one.outcome for one in platform.journal.attempts(other)] == ["interrupted"]


def test_the_child_of_a_killed_worker_does_not_live_on(
    platform: Platform, workers: Callable[[], subprocess.Popen[bytes]], people_clip: Path
) -> None:
    run_id = queue(platform, people_clip)
    worker = workers()
    until(lambda: platform.runs.get(run_id).state is RunState.RUNNING)
    tasks = Path(f"/proc/{worker.pid}/task")
    children = {int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()}
    assert children
    worker.kill()
    worker.wait()
    until(lambda: not any(_alive(child) for child in children))


@pytest.mark.data
def test_a_shared_run_whose_helper_and_then_its_own_worker_are_killed_has_the_same_bytes(
    platform: Platform, workers: Callable[[], subprocess.Popen[bytes]], people_clip: Path, tmp_path: Path
) -> None:
    model = str(DATA / "weights" / "yolox_nano.onnx")
    done = sightline(
        "analyze",
        people_clip,
        "--no-annotate",
        "--model",
        model,
        "-o",
        tmp_path / "plain",
        home=tmp_path / "other",
        **SETTINGS,
    )
    assert done.returncode == 0, done.stderr
    request = AnalyzeRequest(people_clip, model=model, annotate=False)
    run_id = enqueue(platform, request, reuse=False).run.id
    own = workers()
    found = Path(platform.runs.get(run_id).folder) / ".sightline" / "found"
    until(lambda: (found.is_dir() and len(list(found.iterdir())) >= 2) or platform.runs.get(run_id).has_ended)
    helper = workers()
    until(lambda: len(platform.journal.checkpoints(run_id)) >= 4 or platform.runs.get(run_id).has_ended)
    for worker in (helper, own):
        worker.kill()
        worker.wait()
    workers()
    until(lambda: platform.runs.get(run_id).has_ended)

    run = platform.runs.get(run_id)
    assert run.state is RunState.COMPLETED
    assert results_of(Path(run.folder)) == results_of(tmp_path / "plain")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
