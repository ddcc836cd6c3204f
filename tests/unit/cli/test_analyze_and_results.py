"""From a video to results and what is made of them, through the command line."""

from __future__ import annotations

import csv
import io
import json
import signal
import threading
from pathlib import Path

import pytest

from factories import make_clip
from sightline.cli.main import run
from sightline.cli.session import stoppable
from sightline.core.errors import RunCancelled

pytestmark = pytest.mark.slow
RULES = """
lines:
  - name: gate
    start: [64, 0]
    end: [64, 96]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _at_home(home, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_HOME", str(home))
    monkeypatch.setenv("SIGHTLINE_PRECISION", "f32")


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("video") / "squares.mp4"
    make_clip(path, frames=40, gop=10)
    return path


@pytest.fixture(scope="module")
def results(video, home, tmp_path_factory) -> Path:
    """The folder of one finished run."""
    folder = tmp_path_factory.mktemp("out") / "squares"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTLINE_HOME", str(home))
        assert run(["analyze", str(video), "--out", str(folder), "--no-annotate", "--quiet"]) == 0
    return folder


def said_json(capsys):
    return json.loads(capsys.readouterr().out)


# --- analyze ----------------------------------------------------------------------------------------------


def test_a_folder_comes_out(results):
    assert {"manifest.json", "report.json", "report.html", "tables", "figures"} <= {
        path.name for path in results.iterdir()
    }
    assert not (results / "annotated.mp4").exists()
    assert {"frames", "detections", "tracks"} <= {path.stem for path in (results / "tables").iterdir()}


def test_the_summary_says_what_became_of_every_frame(video, tmp_path, capsys):
    assert run(["analyze", str(video), "-o", str(tmp_path / "o"), "--stride", "2", "--segment-s", "0.5"]) == 0
    said = capsys.readouterr()
    assert "frames   40: 20 looked at, 20 skipped (stride)" in said.out
    assert str(tmp_path / "o" / "report.html") in said.out
    assert str(tmp_path / "o" / "annotated.mp4") in said.out
    assert (tmp_path / "o" / "annotated.mp4").stat().st_size > 0
    assert "looking at frames" in said.err


def test_json_is_all_that_is_said_on_demand(video, tmp_path, capsys):
    assert run(["analyze", str(video), "-o", str(tmp_path / "o"), "--no-annotate", "--json"]) == 0
    said = capsys.readouterr()
    facts = json.loads(said.out)
    assert said.err == ""
    assert facts["state"] == "completed"
    assert facts["ledger"]["decoded"] == facts["rows"]["frames"] == 40


def test_quiet_is_silent(video, tmp_path, capsys):
    assert run(["analyze", str(video), "-o", str(tmp_path / "o"), "--no-annotate", "-q"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


def test_results_are_not_overwritten_unless_asked(video, results, capsys):
    before = (results / "manifest.json").read_bytes()
    assert run(["analyze", str(video), "-o", str(results)]) == 1
    assert "error[conflict]" in capsys.readouterr().err
    assert (results / "manifest.json").read_bytes() == before


def test_resuming_a_complete_run_does_nothing(video, results, capsys):
    before = (results / "manifest.json").stat().st_mtime_ns
    assert run(["analyze", str(video), "-o", str(results), "--resume"]) == 0
    assert "complete already" in capsys.readouterr().err
    assert (results / "manifest.json").stat().st_mtime_ns == before


def test_resuming_where_nothing_was_begun_begins(video, tmp_path):
    assert run(["analyze", str(video), "-o", str(tmp_path / "o"), "--no-annotate", "-q", "--resume"]) == 0
    assert (tmp_path / "o" / "manifest.json").exists()


def test_another_videos_run_is_not_resumed(results, tmp_path, capsys):
    other = tmp_path / "other.mp4"
    make_clip(other, frames=5)
    assert run(["analyze", str(other), "-o", str(results), "--resume"]) == 1
    assert "holds a run of another video" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told_before_a_server_is_asked(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_SERVER", "http://127.0.0.1:9")
    assert run(["analyze", str(tmp_path / "no.mp4")]) == 1
    assert "error[source_unavailable]: there is no file" in capsys.readouterr().err


def test_a_setting_of_the_app_is_passed_on(video, tmp_path, capsys):
    out = tmp_path / "o"
    given = ["--set", "min_score=0.25", "--no-annotate", "-q"]
    assert run(["analyze", str(video), "-o", str(out), *given]) == 0
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["provenance"]["settings"]["app"]["min_score"] == 0.25
    assert run(["analyze", str(video), "-o", str(tmp_path / "p"), "--set", "colour=red"]) == 1
    assert "error[settings_invalid]" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_a_stopped_run_tells_how_to_go_on_and_goes_on(video, tmp_path, capsys, monkeypatch):
    from sightline.service import execute as module

    real = module.execute

    def stopped(platform, run_id, *, listener, cancel):
        cancel.set()
        return real(platform, run_id, listener=listener, cancel=cancel)

    out = tmp_path / "o"
    monkeypatch.setattr(module, "execute", stopped)
    assert run(["analyze", str(video), "-o", str(out), "--no-annotate"]) == 130
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith(
        "error[cancelled]: stopped; what was done is kept. hint: go on: sightline runs resume "
    )
    assert not (out / "manifest.json").exists()
    monkeypatch.setattr(module, "execute", real)
    run_id = line.rsplit(" ", 1)[1]
    assert run(["runs", "show", run_id, "--json"]) == 0
    assert said_json(capsys)["state"] == "interrupted"
    assert run(["runs", "resume", run_id, "-q"]) == 0
    assert (out / "manifest.json").exists()


# --- runs -------------------------------------------------------------------------------------------------


def test_runs_are_listed_and_shown(video, results, capsys):
    assert run(["runs", "list", "--json", "--limit", "100"]) == 0
    listed = said_json(capsys)
    (mine,) = [one for one in listed if one["folder"] == str(results)]
    assert (mine["state"], mine["source"], mine["app"]) == ("completed", str(video), "people")
    assert run(["runs", "list", "--state", "completed"]) == 0
    assert mine["id"] in capsys.readouterr().out
    assert run(["runs", "show", mine["id"], "--events"]) == 0
    shown = capsys.readouterr().out
    assert f"run       {mine['id']}: completed, 1 attempt\n" in shown
    assert "  skip_still: false\n" in shown
    assert "None" not in shown
    assert "pipeline_completed" in shown
    assert run(["runs", "show", mine["id"], "--json"]) == 0
    assert sum(one["frames"] for one in said_json(capsys)["checkpoints"]) == 40


def test_a_complete_run_cannot_be_cancelled_or_resumed(results, capsys):
    run(["runs", "list", "--json", "--limit", "100"])
    (mine,) = [one["id"] for one in said_json(capsys) if one["folder"] == str(results)]
    for step in ("cancel", "resume"):
        assert run(["runs", step, mine]) == 1
        assert "error[illegal_transition]" in capsys.readouterr().err


@pytest.mark.parametrize("files", [False, True])
def test_a_deleted_run_is_forgotten_with_or_without_its_files(video, tmp_path, capsys, files):
    out = tmp_path / "o"
    assert run(["analyze", str(video), "-o", str(out), "--no-annotate", "--json"]) == 0
    run_id = said_json(capsys)["run"]
    assert run(["runs", "delete", run_id, *(["--files"] if files else [])]) == 0
    assert run(["runs", "show", run_id]) == 1
    assert (out / "manifest.json").exists() is not files


def test_a_waiting_run_can_be_cancelled(video, tmp_path, capsys):
    from sightline.bootstrap import build_platform
    from sightline.service.submit import AnalyzeRequest, submit

    waiting = submit(build_platform(), AnalyzeRequest(video=video, out=tmp_path / "o"))
    assert run(["runs", "cancel", waiting.id]) == 0
    assert capsys.readouterr().out == f"{waiting.id} is cancelled\n"


# --- results ----------------------------------------------------------------------------------------------


def test_tables_answer_sql_in_three_forms(results, capsys):
    statement = "select status, count(*) as frames from frames group by 1"
    assert run(["sql", str(results), statement]) == 0
    assert capsys.readouterr().out == "status    frames\ninferred  40\n"
    assert run(["sql", str(results), statement, "--csv"]) == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["status", "frames"],
        ["inferred", "40"],
    ]
    assert run(["sql", str(results), statement, "--json"]) == 0
    assert said_json(capsys) == [{"status": "inferred", "frames": 40}]


def test_results_are_exported_once(results, tmp_path, capsys):
    out = tmp_path / "tracks.txt"
    assert run(["export", str(results), "--format", "mot", "-o", str(out)]) == 0
    written = out.read_text()
    assert written
    assert run(["export", str(results), "-f", "mot", "-o", str(out)]) == 1
    assert "error[conflict]" in capsys.readouterr().err
    assert (
        run(["export", str(results), "-f", "mot", "-o", str(out), "--table", "detections", "--overwrite"])
        == 0
    )
    assert out.read_text() != written


def test_new_rules_are_applied_to_stored_tables(results, tmp_path, capsys):
    rules = tmp_path / "gate.yaml"
    rules.write_text(RULES)
    assert run(["replay", str(results), "--rules", str(rules), "--out", str(tmp_path / "again")]) == 0
    assert str(tmp_path / "again" / "report.html") in capsys.readouterr().out
    assert "gate" in (tmp_path / "again" / "report.json").read_text()
    rules.write_text("lines: [{}]")
    assert run(["replay", str(results), "--rules", str(rules), "--out", str(tmp_path / "bad")]) == 1
    assert "error[rules_invalid]" in capsys.readouterr().err


def test_json_of_an_answer_is_json_also_where_a_number_is_none(results, capsys):
    statement = (
        "select 'nan'::double as a, 'infinity'::double as b, [1, 'nan'::double] as c, blob '\\xAA' as d"
    )
    assert run(["sql", str(results), statement, "--json"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text, parse_constant=pytest.fail) == [{"a": None, "b": None, "c": [1, None], "d": "aa"}]


def test_a_replay_removes_nothing_unasked_and_never_the_first_report(results, tmp_path, capsys):
    rules = tmp_path / "gate.yaml"
    rules.write_text(RULES)
    mine = tmp_path / "mine" / "figures" / "my.png"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    report = (results / "report.json").read_bytes()
    replay = ["replay", str(results), "--rules", str(rules), "--out"]
    assert run([*replay, str(tmp_path / "mine")]) == 1
    assert run([*replay, str(results), "--overwrite"]) == 1
    assert capsys.readouterr().err.count("error[conflict]") == 2
    assert mine.read_text() == "precious"
    assert (results / "report.json").read_bytes() == report


def test_exported_tracks_scored_against_themselves_are_perfect(results, tmp_path, capsys):
    out = tmp_path / "t.txt"
    assert run(["export", str(results), "-f", "mot", "-o", str(out)]) == 0
    capsys.readouterr()
    assert run(["evaluate", "mot", "--truth", str(out), "--tracks", str(out), "--json"]) == 0
    scores = said_json(capsys)
    assert (scores["hota"], scores["mota"], scores["id_switches"]) == (1.0, 1.0, 0)
    assert run(["evaluate", "mot", "--truth", str(out), "--tracks", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:6] == ["1"] * 6


def test_detections_are_tracked_without_a_video(results, tmp_path, capsys):
    detections, tracks = tmp_path / "det.txt", tmp_path / "tracks.txt"
    assert run(["export", str(results), "-f", "mot", "--table", "detections", "-o", str(detections)]) == 0
    capsys.readouterr()
    given = ["--detections", str(detections), "--fps", "25", "-o", str(tracks)]
    assert run(["track", *given, "--json"]) == 0
    facts = said_json(capsys)
    assert facts["boxes"] == len(tracks.read_text().splitlines())
    assert run(["track", *given, "--set", "colour=red"]) == 1
    assert "error[settings_invalid]" in capsys.readouterr().err


def test_a_clip_with_its_truth_is_rendered(tmp_path, capsys):
    given = ["--seconds", "0.4", "--size", "160x120", "-o", str(tmp_path / "clip")]
    assert run(["simulate", "people", *given, "--json"]) == 0
    facts = said_json(capsys)
    assert Path(facts["clip"]).is_file()
    assert Path(facts["gt"]).is_file()


# --- stopping ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_insists(number):
    before = signal.getsignal(number)
    with stoppable() as asked:
        signal.raise_signal(number)
        assert asked.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_away_from_the_main_thread_signals_are_left_alone():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with stoppable() as asked:
            seen.append((asked.is_set(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert seen == [(False, before)]


def test_a_demo_that_is_stopped_says_so(tmp_path, capsys, monkeypatch):
    from sightline.service import demo

    def stopped(*_args, **_given):
        raise RunCancelled

    monkeypatch.setattr(demo, "demo", stopped)
    assert run(["demo", "-o", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "error[cancelled]: stopped.\n"
