"""Render a clip whose truth is known, track it, and score the tracks: `python examples/evaluate_against_truth.py`."""

import subprocess
import sys
import tempfile
from pathlib import Path


def sightline(*arguments: str | Path) -> None:
    subprocess.run([Path(sys.executable).parent / "sightline", *map(str, arguments)], check=True)


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    sightline("simulate", "people", "--seconds", "4", "--size", "320x180", "-o", folder)
    sightline("analyze", folder / "clip.mp4", "--out", folder / "out", "--no-annotate", "--quiet")
    sightline("export", folder / "out", "--format", "mot", "-o", folder / "tracks.txt")
    sightline("evaluate", "mot", "--truth", folder / "truth" / "gt.txt", "--tracks", folder / "tracks.txt")
