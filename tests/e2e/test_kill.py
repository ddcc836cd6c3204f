"""`kill -9` at random moments, resumed each time: the results are those of an undisturbed run, to the byte."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from random import Random

import pytest
from commandline import results_of, sightline, start

pytestmark = pytest.mark.slow
_KILLS = 25
_LONGEST_S = 2.6


def analyze(clip: Path, out: Path, *options: str) -> list[str | Path]:
    return ["analyze", clip, "--out", out, "--rules", clip.parent / "rules.yaml", *options]


@pytest.fixture(scope="module")
def undisturbed(people_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    done = sightline(*analyze(people_clip, folder / "out"), home=folder / "home", segment_s="0.5")
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.mark.timeout(600)
def test_a_run_killed_25_times_ends_with_the_same_bytes(
    people_clip: Path, undisturbed: Path, tmp_path: Path
) -> None:
    home, out, rng = tmp_path / "home", tmp_path / "out", Random(25)
    killed = finished = 0
    while killed < _KILLS:
        option = "--resume" if (out / ".sightline").is_dir() else "--overwrite"
        process = start(*analyze(people_clip, out, option), home=home, segment_s="0.5")
        try:
            process.wait(timeout=rng.uniform(0.3, _LONGEST_S))
        except subprocess.TimeoutExpired:
            process.kill()
        if process.wait() == -signal.SIGKILL:  # else it had ended just before
            killed += 1
            continue
        assert process.returncode == 0
        finished += 1
        assert results_of(out) == results_of(undisturbed)
    done = sightline(*analyze(people_clip, out, "--resume"), home=home, segment_s="0.5")

    assert done.returncode == 0, done.stderr
    assert results_of(out) == results_of(undisturbed)
