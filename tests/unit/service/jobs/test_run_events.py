"""Progress is told now and then, the end of a stage always; what a job tells is kept for those elsewhere."""

from __future__ import annotations

import pytest

from sightline.bootstrap import build_platform
from sightline.core.runs import Attempt, Run, RunState
from sightline.service.jobs.run_events import RunEvents
from sightline.settings import read_settings
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore


@pytest.fixture
def platform(tmp_path):
    platform = build_platform(read_settings(home=tmp_path), clock=FakeClock(5.0), store=MemoryRunStore())
    run = Run("r1", RunState.QUEUED, "/v.mp4", "people", "/out", attempts=1)
    platform.runs.add(run)
    platform.runs.update(run, attempt=Attempt(1, "here", 5.0))
    return platform


@pytest.mark.parametrize(("is_job", "kept"), [(False, 0), (True, 1)])
def test_progress_is_told_now_and_then_and_the_last_always(platform, is_job, kept):
    told = []
    events = RunEvents(platform, "r1", 1, told.append, is_job=is_job)
    for done in range(5):
        events.progress("analyze", {"done": done}, is_last=done == 4)
    assert [event.details["done"] for event in told] == [0, 4]
    assert len(platform.journal.events("r1")) == kept
