"""Runs the real command line in processes of its own, as a user does."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "import sys; from sightline.cli.main import main; sys.exit(main())"]


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Give the environment for a process that keeps its runs under `home`.

    Where no model is named it looks for what moves, as the tests' own process does (`conftest.py`).
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
    given = {f"SIGHTLINE_{name.upper()}": value for name, value in settings.items()}
    return {**clean, "SIGHTLINE_HOME": str(home), "SIGHTLINE_MODEL": "motion", **given}


def sightline(
    *arguments: str | Path, home: Path, limit_s: float = 120, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )


def start(*arguments: str | Path, home: Path, **settings: str) -> subprocess.Popen[bytes]:
    """Start one command and come back at once."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=environment(home, **settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def results_of(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of everything that a run promises to reproduce: tables, report, page, figures."""
    kept = [folder / "report.json", folder / "report.html", *sorted((folder / "tables").glob("*"))]
    kept += sorted((folder / "figures").glob("*"))
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept
    }
