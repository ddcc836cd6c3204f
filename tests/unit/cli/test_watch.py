"""`sightline watch`, in this process, on a home and a folder of its own."""

from __future__ import annotations

import pytest
import typer

from factories import make_clip
from sightline.bootstrap import build_platform
from sightline.cli.main import run
from sightline.cli.watch import _tell_ends
from sightline.core.runs import Run, RunState


@pytest.fixture
def inbox(monkeypatch, tmp_path):
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SIGHTLINE_WATCH_SETTLE_S", "0.2")
    monkeypatch.setenv("SIGHTLINE_MIN_FREE_BYTES", "0")
    monkeypatch.setenv("SIGHTLINE_RESERVE_BYTES", "0")
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def runs():
    platform = build_platform()
    try:
        return platform.runs.list()
    finally:
        platform.runs.close()


@pytest.mark.slow
def test_what_lies_in_a_folder_is_queued_once(inbox, capsys):
    make_clip(inbox / "a.mp4", frames=5)
    (inbox / "notes.txt").write_text("no video")
    command = ["watch", str(inbox), "--once", "--workers", "0", "--tag", "night"]
    assert run(command) == 0
    said = capsys.readouterr().err
    assert "a.mp4 is run" in said
    assert "notes.txt is left alone" in said
    assert run(command) == 0
    assert "is run" not in capsys.readouterr().err
    (found,) = runs()
    assert (found.state, found.source, found.tags[0]) == (RunState.QUEUED, str(inbox / "a.mp4"), "night")


def test_a_folder_that_is_not_there_is_named(inbox, capsys):
    assert run(["watch", str(inbox / "none"), "--once"]) == 1
    assert "there is no folder" in capsys.readouterr().err


def test_an_address_that_is_no_bucket_is_refused(inbox, capsys):
    assert run(["watch", "s3://", "--once"]) == 1
    assert "s3://bucket/key" in capsys.readouterr().err


def test_how_runs_ended_is_told_with_the_cause(tmp_path, capsys):
    done = Run("r1", RunState.COMPLETED, "/in/a.mp4", "people", "/out/r1")
    failed = Run(
        "r2", RunState.FAILED, "/in/b.mp4", "people", "/out/r2", error={"code": "x", "message": "broken"}
    )
    _tell_ends([done])
    with pytest.raises(typer.Exit) as ended:
        _tell_ends([done, failed])
    assert ended.value.exit_code == 1
    said = capsys.readouterr()
    assert said.out.split() == ["completed", "/out/r1", "completed", "/out/r1", "failed", "/out/r2"]
    assert "b.mp4: broken" in said.err
