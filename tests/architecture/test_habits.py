"""What must stay true of the project's own files."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted(
    [
        *(ROOT / "requirements").glob("*.txt"),
        *(ROOT / "benchmarks/peers").glob("*/requirements.txt"),
        ROOT / "tests/servers/requirements.txt",
    ]
)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(path):
    return {
        normal(name)
        for name in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[\w+\])?==", path.read_text(), re.MULTILINE)
    }


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_lock_names_versions_and_no_addresses(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(index|extra|find|trusted)", text, re.MULTILINE)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_lock_brings_one_opencv(path):
    assert {name for name in locked(path) if name.startswith("opencv")} <= {"opencv-python-headless"}


def test_the_locks_hold_all_that_the_project_asks_for():
    wanted = {normal(re.match(r"[\w.-]+", line)[0]) for line in PROJECT["project"]["dependencies"]}
    assert wanted <= locked(ROOT / "requirements/base.txt")
    for extra in PROJECT["project"]["optional-dependencies"].values():
        wanted |= {normal(re.match(r"[\w.-]+", line)[0]) for line in extra} - {"sightline"}
    wanted |= {normal(re.match(r"[\w.-]+", line)[0]) for line in PROJECT["dependency-groups"]["dev"]}
    assert wanted <= locked(ROOT / "requirements/dev.txt")


def test_both_locks_agree():
    versions = [
        dict(
            re.findall(
                r"^([a-z0-9-]+)==([^\s;\\]+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE
            )
        )
        for name in ("base.txt", "dev.txt")
    ]
    assert versions[0].items() <= versions[1].items()


def test_every_hash_locked_line_has_its_hashes():
    for name in ("base.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text()
        assert len(locked(ROOT / "requirements" / name)) == len(
            re.findall(r"^[a-z].* \\\n    --hash=sha256:", text, re.MULTILINE)
        )


def test_the_changelog_tells_of_this_version():
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['project']['version']}]" in log


def test_the_package_and_the_project_have_one_version():
    import sightline

    assert sightline.__version__ == PROJECT["project"]["version"]


def test_ci_runs_what_a_developer_runs():
    assert re.search(
        r"^make [-=a-z0-9 ]*check\b", (ROOT / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE
    )


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize("place", ["old", ".venv/bin/python"])
def test_make_says_in_one_line_that_a_python_is_too_old(tmp_path, place):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/dev.txt").touch()
    python = tmp_path / place
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text("#!/bin/sh\n[ $1 != -V ] || echo Python 3.10.13\nexit 1\n")
    python.chmod(0o755)
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    made = subprocess.run(
        ["make", f"PYTHON={python}", "setup"], cwd=tmp_path, env=alone, capture_output=True, text=True
    )
    assert made.returncode != 0
    assert made.stdout == ""
    told, makes_own = made.stderr.splitlines()
    shown = python if place == "old" else place
    assert told == f"Sightline needs Python 3.11 or newer; {shown} is Python 3.10.13"
    assert makes_own.startswith("make")


def packed(builder):
    return {Path(file.path).relative_to(ROOT) for file in builder(str(ROOT)).recurse_included_files()}


def test_the_source_archive_holds_the_package_and_its_docs_alone():
    names = {path.parts[0] for path in packed(SdistBuilder)} - {"pyproject.toml", ".gitignore"}
    assert names == {"CHANGELOG.md", "LICENSE", "README.md", "docs", "src"}


def test_the_wheel_holds_all_that_lies_beside_the_code():
    source = {
        path.relative_to(ROOT)
        for path in (ROOT / "src/sightline").rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    assert {".onnx", ".yaml", ".j2", ".html", ".css", ".js", ".typed"} <= {path.suffix for path in source}
    assert packed(WheelBuilder) == source
