"""Paths on a command line: none empty, `~` at home, no result in place of what it is made of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from finished_run import finished_run
from sightline.cli.main import run
from sightline.client.stream import StreamClient
from sightline.core.errors import SettingsError

BOX = "1,-1,10,10,20,20,0.9,-1,-1,-1\n"


@pytest.fixture
def boxes(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "boxes.txt"
    path.write_text(BOX, encoding="ascii")
    return path


@pytest.mark.parametrize("out", ["boxes.txt", "./boxes.txt", "sub/../boxes.txt", "link.txt"])
def test_a_result_never_replaces_what_it_is_made_of(boxes, out, capsys):
    (boxes.parent / "sub").mkdir()
    (boxes.parent / "link.txt").symlink_to(boxes)

    assert run(["track", "--detections", "boxes.txt", "--fps", "25", "-o", out]) == 1

    assert capsys.readouterr().err.startswith(f"error[conflict]: {Path(out)} would be written over")
    assert boxes.read_text(encoding="ascii") == BOX


@pytest.mark.parametrize(
    "given",
    [
        ("export", "run", "-f", "mot", "-o", "run/tables/tracks.parquet", "--overwrite"),
        ("export", "run", "-f", "csv", "-o", "run/tables", "--overwrite"),
        ("export", "run", "-f", "csv", "-o", "run", "--overwrite"),
        ("replay", "run", "--rules", "boxes.txt", "-o", "run", "--overwrite"),
        ("analyze", "run/annotated.mp4", "-o", "run", "--overwrite"),
    ],
    ids=lambda given: " ".join(given[:4]),
)
def test_a_runs_results_stay_as_they_are(boxes, given, capsys):
    finished_run(boxes.parent / "run")
    (boxes.parent / "run" / "annotated.mp4").write_bytes(b"a video")
    before = {path: path.read_bytes() for path in (boxes.parent / "run").rglob("*") if path.is_file()}

    assert run(given) == 1

    assert capsys.readouterr().err.startswith("error[conflict]: run")
    assert before == {path: path.read_bytes() for path in (boxes.parent / "run").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (("track", "--detections", "boxes.txt", "--fps", "25", "-o", ""), "'--out' / '-o'"),
        (("track", "--detections", "boxes.txt", "--fps", "25", "--out="), "'--out' / '-o'"),
        (("simulate", "people", "-o", ""), "'--out' / '-o'"),
        (("export", "", "-f", "mot", "-o", "."), "'DIR'"),
        (("football", "report", "--provider", "tracab", "--tracking", "a", "--tracking", "", "-o", "b"), "'--tracking'"),
        (("football", "evaluate", "physical", "--sportec", "a", ""), "'--sportec'"),
        (("admin", "backup", ""), "'to'"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)  # fmt: skip
def test_an_empty_path_is_refused(boxes, given, name, capsys):
    assert run(given) == 2
    assert f"Invalid value for {name}: the path is empty." in capsys.readouterr().err
    assert [path.name for path in boxes.parent.iterdir()] == ["boxes.txt"]


def test_a_tilde_that_a_shell_leaves_is_home(boxes, monkeypatch):
    monkeypatch.setenv("HOME", str(boxes.parent / "home"))
    given = ["track", "--detections", "boxes.txt", "--fps", "25", "--out=~/tracks.txt"]
    assert run(given) == 0
    assert (boxes.parent / "home" / "tracks.txt").is_file()
    assert not Path("~").exists()


def test_a_name_that_only_begins_with_a_tilde_is_kept(boxes):
    shutil.copy(boxes, boxes.parent / "~boxes.txt")
    assert run(["track", "--detections", "~boxes.txt", "--fps", "25", "-o", "~tracks.txt"]) == 0
    assert Path("~tracks.txt").is_file()


@pytest.mark.parametrize(
    ("more", "code"),
    [((), "unsupported_format"), (("--picture", "boxes.txt"), "conflict"), (("--picture", ""), "usage")],
)
def test_a_live_file_is_a_video_and_not_its_own_picture(boxes, more, code, capsys):
    assert run(["live", "boxes.txt", *more]) in {1, 2}
    assert capsys.readouterr().err.startswith(f"error[{code}]")
    assert boxes.read_text(encoding="ascii") == BOX


@pytest.mark.parametrize("address", ["https://example.org/a.mp4", "rtsp://camera/stream"])
def test_an_address_that_is_given_for_a_video_is_named_as_it_was_typed(boxes, address, capsys):
    assert run(["analyze", address]) == 1
    assert capsys.readouterr().err.startswith(
        f"error[source_unavailable]: {address} is an address, not a file."
    )


def test_a_file_in_the_way_of_a_folder_is_named(boxes, capsys):
    assert run(["simulate", "people", "--seconds", "0.2", "-o", "boxes.txt"]) == 1
    assert "boxes.txt is a file. hint: choose another place" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["abc", "null", "[1]"])
def test_a_trackers_setting_that_is_not_a_number_is_refused(boxes, value, capsys):
    given = ["track", "--detections", "boxes.txt", "--fps", "25", "-o", "out.txt", "--set", f"lost_s={value}"]
    assert run(given) == 1
    assert capsys.readouterr().err.startswith("error[settings_invalid]: lost_s is ")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "foo"])
def test_an_address_that_is_not_a_websocket_is_refused(url):
    with pytest.raises(SettingsError, match=f"{url} is not the address of a WebSocket"):
        StreamClient(url, {}).open()


def test_a_moment_that_is_not_a_number_is_refused(boxes, capsys):
    assert run(["football", "click", "boxes.txt", "--at", "nan", "--page", "page.html"]) == 2
    assert "nan is not a moment" in capsys.readouterr().err
