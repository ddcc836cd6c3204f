"""Workers that share a queue on PostgreSQL: one is killed, the others finish its run, with the same tables."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from commandline import start

from servers.conftest import address
from servers.processes import Postgres
from sightline.bootstrap import build_platform
from sightline.core.runs import RunState
from sightline.service.jobs.enqueue import enqueue
from sightline.service.submit import AnalyzeRequest
from sightline.settings import read_settings
from waiting import wait_for

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(600)]
LIMIT_S = 400


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "tables").glob("*.parquet"))
    }


def test_a_killed_workers_run_is_finished_by_another(postgres_url, clip, tmp_path):
    given = {"database_url": postgres_url, "segment_s": "0.5", "lease_s": "2", "precision": "f32"}
    platform = build_platform(read_settings(home=tmp_path / "home", **given))
    request = AnalyzeRequest(clip(frames=300, gop=5).path, annotate=False)
    runs = [enqueue(platform, request, reuse=False).run.id for _ in range(2)]
    first = start("worker", home=tmp_path / "home", **given)
    wait_for(lambda: platform.journal.checkpoints(runs[0]) or platform.runs.get(runs[0]).has_ended, LIMIT_S)
    first.kill()
    first.wait()
    second = start("worker", home=tmp_path / "home", **given)
    try:
        wait_for(lambda: all(platform.runs.get(one).has_ended for one in runs), LIMIT_S)
    finally:
        second.kill()
        second.wait()

    ended = [platform.runs.get(one) for one in runs]
    assert [run.state for run in ended] == [RunState.COMPLETED] * 2
    assert hashes(Path(ended[0].folder)) == hashes(Path(ended[1].folder))
    for run in runs:
        kinds = [event.kind.value for event in platform.journal.events(run, limit=10_000)]
        assert kinds.count("pipeline_completed") == 1
    waiting = [event for _, event in platform.outbox.pending(limit=10_000)]
    assert len(waiting) == sum(len(platform.journal.events(one, limit=10_000)) for one in runs)
    platform.runs.close()


def test_a_worker_that_starts_before_its_database_waits_for_it(server_folder, clip, tmp_path):
    address("postgres")
    server, home = Postgres(server_folder / "postgres"), tmp_path / "home"
    worker = start("worker", home=home, database_url=server.url)
    try:
        log = home / "logs" / "sightline.log"
        wait_for(lambda: log.exists() and "database_awaited" in log.read_text(), LIMIT_S)
        with server:
            platform = build_platform(read_settings(home=home, database_url=server.url))
            run = enqueue(platform, AnalyzeRequest(clip(frames=10).path, annotate=False)).run.id
            wait_for(lambda: platform.runs.get(run).has_ended, LIMIT_S)
            assert platform.runs.get(run).state is RunState.COMPLETED
            platform.runs.close()
    finally:
        worker.kill()
        worker.wait()
