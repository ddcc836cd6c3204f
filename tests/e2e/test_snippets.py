"""What README, docs and examples tell people to type works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
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


def test_every_example_is_listed():
    listed = set(re.findall(r"`(\w+\.py)`", (ROOT / "examples" / "README.md").read_text(encoding="utf-8")))
    assert listed == {script.name for script in EXAMPLES}
