"""`models`, `doctor`, `settings` and `evaluate detection` through the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from graphs import constant_graph
from sightline.cli.main import run
from sightline.service import benchmark
from sightline.service.doctor import Finding, Level
from sightline.vision.zoo import Zoo


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def weights(tmp_path) -> Path:
    """A small network of the family `yolo`."""
    return constant_graph(tmp_path / "Best Net.onnx", {"output0": np.zeros((1, 6, 84))})


def said_json(capsys):
    return json.loads(capsys.readouterr().out)


# --- models -----------------------------------------------------------------------------------------------


def test_models_are_listed(capsys):
    assert run(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "here", "family", "licence", "what"]
    assert any(line.startswith("motion") and " yes " in line for line in lines)
    assert run(["models", "list", "--json"]) == 0
    assert {"motion", "hog"} <= {row["name"] for row in said_json(capsys) if row["installed"]}


def test_a_file_is_added_verified_and_found_changed(weights, home, capsys):
    given = ["--layout", "yolo", "--classes", "ball, player"]
    assert run(["models", "add", str(weights), *given]) == 0
    assert "sightline analyze VIDEO --model best-net" in capsys.readouterr().out
    assert run(["models", "verify"]) == 0
    assert capsys.readouterr().out.startswith("good     best-net ")
    kept = next((home / "models" / "best-net").glob("*.onnx"))
    kept.write_bytes(b"something else")
    assert run(["models", "verify", "best-net"]) == 1
    assert capsys.readouterr().out.startswith("CHANGED  best-net ")
    kept.unlink()
    assert run(["models", "verify", "best-net", "--json"]) == 1
    (check,) = said_json(capsys)
    assert (check["model"], check["good"], check["actual"]) == ("best-net", False, None)


@pytest.mark.parametrize(
    ("content", "given", "code"),
    [
        (b"not a graph", [], "weights_invalid"),
        (b"", [], "weights_invalid"),
        (None, ["--layout", "yolox"], "unknown_layout"),
        (None, ["--layout", "nosuch"], "unknown_layout"),
    ],
)
def test_what_is_no_model_is_not_kept(weights, home, capsys, content, given, code):
    if content is not None:
        weights.write_bytes(content)
    assert run(["models", "add", str(weights), *given]) == 1
    assert f"error[{code}]" in capsys.readouterr().err
    assert not (home / "models" / "best-net").exists()


def test_weights_that_ship_are_verified_like_any(capsys):
    assert run(["models", "verify"]) == 0
    assert "good     sightline-football-n" in capsys.readouterr().out


def test_a_model_that_is_elsewhere_is_shown_from_the_manifest(capsys):
    assert run(["models", "show", "yolox-nano"]) == 0
    out = capsys.readouterr().out
    assert "licence      Apache-2.0" in out
    assert "installed    no" in out
    assert re.search(r"^files +yolox_nano\.onnx, https://\S+, [0-9a-f]{64}, 3\.7 MB$", out, re.MULTILINE)


def test_a_model_that_is_here_is_opened_and_shown(capsys):
    assert run(["models", "show", "motion", "--json"]) == 0
    facts = said_json(capsys)
    assert (facts["family"], facts["task"]) == ("motion", "detect")


def test_damaged_weights_are_one_line(weights, capsys):
    weights.write_bytes(b"not a graph")
    assert run(["models", "show", str(weights), "--layout", "yolox"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error[weights_invalid]: ")
    assert said.err.count("\n") == 1


def test_a_download_is_shown_as_it_comes(monkeypatch, capsys, tmp_path):
    def pull(self, name, *, trust, progress):
        assert (name, trust) == ("yolox-nano", True)
        for have in range(0, 3_660_093, 100_000):
            progress("yolox_nano.onnx", have, 3_660_092)
        progress("other.bin", 12_000_000, None)
        return tmp_path / "yolox_nano.onnx"

    monkeypatch.setattr(Zoo, "pull", pull)
    assert run(["models", "pull", "yolox-nano", "--trust"]) == 0
    said = capsys.readouterr()
    assert said.out == f"yolox-nano is in {tmp_path / 'yolox_nano.onnx'}\n"
    lines = said.err.splitlines()
    assert 10 <= len(lines) <= 12
    assert lines[0] == "yolox_nano.onnx: 0 B of 3.7 MB"
    assert lines[-1] == "other.bin: 12.0 MB"


@pytest.mark.slow
def test_a_model_is_measured(capsys):
    given = ["bench", "motion", "--precisions", "f32", "--threads", "1", "--seconds", "0.1"]
    assert run(["models", *given, "--json"]) == 0
    (pace,) = said_json(capsys)
    assert (pace["precision"], pace["threads"]) == ("f32", 1)
    assert pace["fps"] > 0
    assert run(["models", *given]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == [
        *("precision", "threads", "ms", "alone", "ms", "a", "frame", "fps")
    ]


@pytest.mark.parametrize("option", [["--precisions", "f64"], ["--precisions", ","], ["--threads", "0"]])
def test_a_bench_of_nonsense_is_refused(option, capsys):
    assert run(["models", "bench", "motion", *option]) == 2
    assert capsys.readouterr().err.startswith("error[usage]: ")


# --- this machine -----------------------------------------------------------------------------------------


def test_the_doctor_speaks_plainly(capsys):
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ok    version    Sightline ")
    assert "BAD" not in out


def test_the_doctors_status_tells_of_problems(monkeypatch, capsys):
    monkeypatch.setenv("SIGHTLINE_MODEL", "nobody")
    assert run(["doctor", "--json"]) == 1
    findings = said_json(capsys)
    assert [one["topic"] for one in findings if one["level"] == "problem"] == ["models"]


def test_the_doctor_measures_on_demand(monkeypatch, capsys):
    measured = [Finding("decoding", Level.GOOD, "about 500 frames a second")]
    monkeypatch.setattr(benchmark, "measure_machine", lambda *_: measured)
    assert run(["doctor", "--measure"]) == 0
    assert "ok    decoding   about 500 frames a second" in capsys.readouterr().out


def test_settings_are_shown_without_passwords(monkeypatch, capsys):
    monkeypatch.setenv("SIGHTLINE_DATABASE_URL", "postgresql://me:hunter2@db/runs")
    assert run(["settings"]) == 0
    out = capsys.readouterr().out
    assert "postgresql://me:***@db/runs" in out
    assert run(["settings", "--json"]) == 0
    assert "hunter2" not in out + capsys.readouterr().out


# --- evaluate detection -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_detector_is_scored_on_pictures(tmp_path, capsys):
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    for number in range(2):
        cv2.imwrite(str(images / f"{number}.png"), np.full((128, 96, 3), 90, np.uint8))
        (labels / f"{number}.txt").write_text("0 0.5 0.5 0.4 0.8\n")
    given = ["--model", "hog", "--images", str(images), "--labels", str(labels)]
    assert run(["evaluate", "detection", *given]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 pictures"
    assert lines[1].split() == ["class", "objects", "boxes", "AP50", "AP50-95"]
    assert lines[-1].split()[:2] == ["all", "2"]
    assert run(["evaluate", "detection", *given, "--limit", "1", "--json"]) == 0
    assert said_json(capsys)["images"] == 1
