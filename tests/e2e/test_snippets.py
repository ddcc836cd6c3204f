"""What README, docs and examples tell people to type works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from commandline import environment

from factories import ROOT

pytestmark = pytest.mark.slow

MARKED = re.compile(r"<!-- runnable -->\n```(bash|python)\n(.*?)```", re.DOTALL)
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if MARKED.search(page.read_text())
]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def programs(folder: Path) -> dict[str, str]:
    """The environment of a user whose `sightline` and `python` are those that run this test."""
    place = str(Path(sys.executable).parent)
    return {**environment(folder / "home"), "PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}


def done(command: list[str], folder: Path) -> None:
    result = subprocess.run(
        command, cwd=folder, env=programs(folder), capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, f"{command[-1]}\n{result.stdout[-800:]}\n{result.stderr[-800:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_snippets_of_a_page_run_one_after_the_other(page, people_clip, tmp_path):
    shutil.copy(people_clip, tmp_path / "street.mp4")
    for language, code in MARKED.findall(page.read_text(encoding="utf-8")):
        if language == "bash":
            done(["bash", "-euo", "pipefail", "-c", code], tmp_path)
        else:
            done([sys.executable, "-W", "error", "-c", code], tmp_path)


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs(script, people_clip, tmp_path):
    done([sys.executable, "-W", "error", str(script), str(people_clip)], tmp_path)


@pytest.fixture
def own_application(tmp_path):
    """Where the example of an application lies as if pip had installed it; nothing is built here."""
    source, site = ROOT / "examples" / "own_application", tmp_path / "site"
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    facts = site / f"{project['name']}-{project['version']}.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    group = "sightline.apps"
    lines = [f"{name} = {place}" for name, place in project["entry-points"][group].items()]
    (facts / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]))
    shutil.copy(source / "crowding.py", site)
    return site


def test_an_application_of_ones_own_runs_by_its_name_and_keeps_to_the_contract(
    own_application, people_clip, tmp_path, monkeypatch
):
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(own_application), os.environ.get("PYTHONPATH", "")])
    )
    analyze = ["sightline", "analyze", str(people_clip), "--app", "crowding", "--no-annotate"]
    done([*analyze, "--crowd", "2", "--out", "out"], tmp_path)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert 0 < report["crowded_share"] <= 1
    refused = subprocess.run(
        [*analyze, "--crowd", "many", "--out", "no"], cwd=tmp_path, env=programs(tmp_path), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "error[settings_invalid]" in refused.stderr
    assert not (tmp_path / "no" / "tables").exists()
    (tmp_path / "test_contract.py").write_text(
        "from crowding import CrowdingApp\n"
        "from sightline.testing.contracts.application import ApplicationContract\n\n\n"
        "class TestCrowding(ApplicationContract):\n"
        "    def make(self):\n"
        "        return CrowdingApp()\n"
    )
    done([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_contract.py"], tmp_path)


def test_every_example_is_listed():
    listed = set(re.findall(r"`(\w+\.py)`", (ROOT / "examples" / "README.md").read_text(encoding="utf-8")))
    assert listed == {script.name for script in EXAMPLES}
