"""docs/tour.md leads a frame through the code in the order in which the code runs."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

import pytest

from factories import make_clip
from sightline.cli.main import run

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "sightline"
# Where a frame passes, not where a stage is built.
AT_WORK = {"read", "process", "submit", "execute", "build_platform", "stages", "run"}


def stops():
    """The file that each of the tour's numbered steps begins with."""
    tour = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
    return re.findall(r"^\d+\. `src/sightline/([\w/]+\.py)`", tour, flags=re.MULTILINE)


@pytest.fixture
def visited():
    """Files of the package in the order in which one of their functions was first at work."""
    found: dict[str, None] = {}

    def entered(frame, event, _):
        if event == "call" and frame.f_code.co_name in AT_WORK:
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(SOURCE):
                found.setdefault(path.relative_to(SOURCE).as_posix())

    threading.setprofile(entered)
    sys.setprofile(entered)
    yield found
    sys.setprofile(None)
    threading.setprofile(None)


@pytest.mark.slow
def test_a_frame_comes_by_the_stops_of_the_tour_in_their_order(visited, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path / "home"))
    video = make_clip(tmp_path / "squares.mp4", frames=6).path
    out = ["--out", str(tmp_path / "out"), "--no-annotate", "--quiet", "--model", "motion"]
    assert run(["analyze", str(video), *out]) == 0
    assert len(stops()) == 10
    assert [name for name in visited if name in stops()] == stops()
