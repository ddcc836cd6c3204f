"""The doctor says in plain words what is fine, worth knowing or in the way."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError

import pytest

from sightline.core.machine import Machine
from sightline.service import doctor
from sightline.service.doctor import Level, examine
from sightline.settings import read_settings

SMALL = Machine(cores=2, memory_bytes=16_000_000_000, cpu="Some CPU", flags=frozenset({"avx2"}))


@pytest.fixture
def seen(tmp_path):
    def look(machine=SMALL, environ=None, **settings):
        given = read_settings(**({"home": tmp_path} | settings))
        findings = examine(given, machine, out=tmp_path / "out", environ=environ or {})
        return {finding.topic: finding for finding in findings}

    return look


def test_a_sound_machine_has_no_problems(seen):
    assert [one for one in seen().values() if one.level is Level.PROBLEM] == []


def test_everything_that_an_analysis_needs_is_looked_at(seen):
    topics = {
        "version",
        "processor",
        "memory",
        "video",
        "opencv",
        "runtime",
        "models",
        "home",
        "results",
        "database",
    }
    assert topics <= set(seen())


def test_a_problem_always_comes_with_a_hint(seen):
    findings = [
        *seen(runtime="abacus").values(),
        *seen(model="nobody").values(),
        *seen(min_free_bytes=10**18).values(),
        *seen(database_url="nonsense").values(),
    ]
    problems = [one for one in findings if one.level is Level.PROBLEM]
    assert {one.topic for one in problems} == {"runtime", "models", "home", "results", "database"}
    assert all(one.hint for one in problems)


def test_a_folder_that_is_a_file_is_in_the_way(seen, tmp_path):
    (tmp_path / "file").write_text("")
    finding = seen(home=tmp_path / "file" / "home")["home"]
    assert (finding.level, finding.words) == (Level.PROBLEM, f"{tmp_path / 'file'} is not a folder")


def test_folders_that_may_not_be_written_to_are_in_the_way(seen, monkeypatch):
    monkeypatch.setattr(doctor.os, "access", lambda place, mode: mode == os.F_OK and place.exists())
    findings = seen()
    for topic in ("home", "results"):
        assert findings[topic].level is Level.PROBLEM
        assert findings[topic].words.endswith("may not be written to")
        assert findings[topic].hint


def test_the_processor_is_told_with_its_precision(seen):
    words = seen()["processor"].words
    assert words == "2 of 2 cores of Some CPU (AVX2); models compute in f32"
    assert seen(threads=1)["processor"].words.startswith("1 of 2 cores")


def test_bf16_against_the_processors_will_is_noted(seen):
    finding = seen(precision="bf16")["processor"]
    assert finding.level is Level.NOTE
    assert finding.hint == "set SIGHTLINE_PRECISION=auto"


@pytest.mark.parametrize(
    ("memory_bytes", "level"), [(None, Level.NOTE), (1_000_000_000, Level.NOTE), (8_000_000_000, Level.GOOD)]
)
def test_little_memory_is_noted(seen, memory_bytes, level):
    assert seen(Machine(cores=1, memory_bytes=memory_bytes))["memory"].level is level


def test_a_misspelled_setting_is_noted(seen):
    assert "SIGHTLINE_TREADS" in seen(environ={"SIGHTLINE_TREADS": "1"})["settings"].words


def test_a_password_is_not_told(seen):
    finding = seen(database_url="postgresql+nodriver://me:secret@db/x")["database"]
    assert finding.level is Level.PROBLEM
    assert "secret" not in finding.words + finding.hint


def test_what_is_missing_says_what_it_would_bring(seen, monkeypatch):
    real = doctor.version

    def without_extras(package):
        if package in {"onnxruntime", "supervision", "trackers"}:
            raise PackageNotFoundError(package)
        return real(package)

    monkeypatch.setattr(doctor, "version", without_extras)
    finding = seen()["extras"]
    assert finding.level is Level.NOTE
    assert finding.hint.startswith("pip install 'sightline[")
    problem = seen(runtime="onnx")["runtime"]
    assert (problem.level, problem.words) == (Level.PROBLEM, "onnx is not installed")


def test_a_second_opencv_is_noted(seen, monkeypatch):
    real = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: "4.9" if name == "opencv-python" else real(name))
    finding = seen()["opencv"]
    assert "opencv-python overwrite" in finding.words
    assert finding.hint
