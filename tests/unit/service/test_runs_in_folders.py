"""One folder, one run: claims, resumes and takeovers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from factories import Clip, make_clip
from sightline.bootstrap import build_platform
from sightline.core.errors import (
    ConflictError,
    MediaTooLargeError,
    RunCancelled,
    RunNotFoundError,
    SettingsError,
)
from sightline.core.runs import Run, RunState
from sightline.service.delete import delete_run
from sightline.service.execute import execute
from sightline.service.inspect import find_by_folder, get_run
from sightline.service.platform import Platform
from sightline.service.results import Results
from sightline.service.resume import resume
from sightline.service.submit import AnalyzeRequest, submit
from sightline.settings import read_settings


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return build_platform(read_settings(home=tmp_path / "home", segment_s=0.5, min_free_bytes=0))


@pytest.fixture
def request_for(clip: Callable[..., Clip], tmp_path: Path) -> Callable[..., AnalyzeRequest]:
    video = clip(frames=40, gop=5).path

    def make(**options: object) -> AnalyzeRequest:
        return AnalyzeRequest(video=video, out=tmp_path / "out", annotate=False, **options)  # type: ignore[arg-type]

    return make


def stopped(platform: Platform, request: AnalyzeRequest) -> Run:
    """Give a run that was stopped before its end."""
    run = submit(platform, request)
    cancel = Event()
    cancel.set()
    with pytest.raises(RunCancelled):
        execute(platform, run.id, cancel=cancel)
    return platform.runs.get(run.id)


def test_a_stopped_run_is_interrupted_and_goes_on(platform, request_for, tmp_path):
    run = stopped(platform, request_for())
    assert run.state is RunState.INTERRUPTED

    done = execute(platform, resume(platform, run.id).id)

    assert done.state is RunState.COMPLETED
    assert done.attempts == 2
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_a_run_whose_process_died_can_be_resumed(platform, request_for):
    run = submit(platform, request_for())
    platform.runs.update(replace(run, state=RunState.RUNNING))

    assert resume(platform, run.id).state is RunState.QUEUED


def test_a_video_that_changed_since_is_refused(platform, request_for):
    request = request_for()
    run = stopped(platform, request)
    request.video.write_bytes(request.video.read_bytes() + b"more")

    with pytest.raises(ConflictError, match="changed since"):
        resume(platform, run.id)


def test_taking_a_folder_over_forgets_the_run_that_was_there(platform, request_for, tmp_path):
    first = stopped(platform, request_for())

    second = submit(platform, request_for(overwrite=True))

    found = find_by_folder(platform, tmp_path / "out")
    assert found is not None
    assert found.id == second.id
    with pytest.raises(RunNotFoundError):
        platform.runs.get(first.id)


def test_results_are_not_written_over_unasked(platform, request_for):
    execute(platform, submit(platform, request_for()).id)

    with pytest.raises(ConflictError, match="holds results already"):
        submit(platform, request_for())


@pytest.mark.parametrize("name", ["tables/my.csv", "figures/my.png", "highlights/my.mp4", "report.html"])
def test_files_of_somebody_else_are_not_removed_unasked(platform, request_for, tmp_path, name):
    mine = tmp_path / "out" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")

    with pytest.raises(ConflictError, match=f"holds {name.split('/')[0]} of no finished run"):
        submit(platform, request_for())
    assert mine.read_text() == "precious"


def test_a_video_that_is_itself_a_result_is_not_removed_to_make_room(platform, request_for, tmp_path):
    request = request_for(overwrite=True)
    video = tmp_path / "out" / "annotated.mp4"
    video.parent.mkdir()
    video.write_bytes(request.video.read_bytes())

    with pytest.raises(ConflictError, match="itself a result"):
        submit(platform, replace(request, video=video))
    assert video.is_file()


def test_a_limit_that_a_setting_raises_is_raised_for_every_look_at_the_video(tmp_path):
    video = make_clip(
        tmp_path / "two-days.mp4", frames=8, pts_ms=[number * 20_000_000 for number in range(8)]
    ).path
    request = AnalyzeRequest(video=video, out=tmp_path / "out", model="motion", annotate=True)
    usual = {"home": tmp_path / "home", "min_free_bytes": 0}
    with pytest.raises(MediaTooLargeError):
        submit(build_platform(read_settings(**usual)), request)

    platform = build_platform(read_settings(**usual, max_duration_s=200_000))
    assert execute(platform, submit(platform, request).id).state is RunState.COMPLETED
    assert {"annotated.mp4", "background.png"} <= set(Results(tmp_path / "out").manifest["files"])


def test_the_manifest_describes_results_alone(platform, request_for, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    os.mkfifo(tmp_path / "out" / "pipe")
    execute(platform, submit(platform, request_for()).id)

    names = set(Results(tmp_path / "out").manifest["files"])
    assert {"tables/frames.parquet", "report.json"} <= names
    assert not names & {"notes.txt", "pipe", "manifest.json"}


def test_a_setting_that_the_application_does_not_have_is_refused(platform, request_for):
    with pytest.raises(SettingsError, match="no setting colour"):
        submit(platform, request_for(settings={"colour": "red"}))


def test_deleting_with_files_leaves_what_is_not_ours(platform, request_for, tmp_path):
    run = execute(platform, submit(platform, request_for()).id)
    (tmp_path / "out" / "notes.txt").write_text("mine")

    delete_run(platform, run.id, files=True)

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]


def test_a_run_is_found_by_the_end_of_its_id(platform, request_for):
    run = submit(platform, request_for())

    assert get_run(platform, run.id[-8:]).id == run.id


def test_a_beginning_that_several_runs_have_is_told_as_that(platform, request_for, tmp_path):
    first = submit(platform, request_for())
    second = submit(platform, replace(request_for(), out=tmp_path / "second"))
    shared = first.id[:3]  # ids begin with the time
    assert second.id.startswith(shared)

    with pytest.raises(RunNotFoundError, match="several runs begin or end with"):
        get_run(platform, shared)
    with pytest.raises(RunNotFoundError, match="there is no run"):
        get_run(platform, "zzzz")
