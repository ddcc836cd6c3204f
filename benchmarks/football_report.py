"""How long a full match report from tracking data takes, and how much memory.

    python benchmarks/football_report.py FOLDER --minutes 90
    python benchmarks/football_report.py FOLDER --minutes 90 --through tracab

`FOLDER` holds a recorded match (see `service.football.recorded`); it is repeated until it is long enough. With
`--through` it is written as that provider's files first, and what is timed is `sightline football report` on them, from
start to exit: reading, figures, drawn highlights and all.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from sightline.analytics.football.match import Match, Period
from sightline.service.football.exports.second_spectrum import write_second_spectrum
from sightline.service.football.exports.source import MatchData
from sightline.service.football.exports.tracab import write_tracab
from sightline.service.football.recorded import read_recorded
from sightline.service.football.report import report_on_match


def tiled(match: Match, minutes: float) -> Match:
    """Repeat a match until it lasts so long, as two halves; the sides are switched at half-time."""
    count = round(minutes * 60 * float(match.frame_rate_hz))
    rows = np.arange(count) % len(match)
    half = count // 2
    turn = np.where(np.arange(count) < half, 1.0, -1.0)
    attacks = match.periods[0].home_attacks
    ball = match.ball_m[rows] * np.stack([turn, turn, np.ones(count)], axis=1)
    return replace(
        match,
        frames=np.arange(count),
        t_s=np.arange(count) / float(match.frame_rate_hz),
        periods=(Period(1, 0, half, attacks), Period(2, half, count, -attacks)),
        positions_m=match.positions_m[rows] * turn[:, None, None],
        ball_m=ball,
        ball_states=match.ball_states[rows],
        alive=None if match.alive is None else match.alive[rows],
        owner=None if match.owner is None else match.owner[rows],
    )


COMMAND = [sys.executable, "-c", "import sys; from sightline.cli.main import main; sys.exit(main())"]
FILES = {
    "tracab": (write_tracab, "tracking.dat", "metadata.xml"),
    "secondspectrum": (write_second_spectrum, "tracking.jsonl", "meta.json"),
}


def inside(match: Match, folder: Path) -> dict[str, float]:
    """Time the report of a match in memory."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    report_on_match(match, folder / "report", source={"name": "tiled"})
    return {
        "wall_s": round(time.perf_counter() - began_s, 1),
        "cpu_s": round(time.process_time() - began_cpu_s, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def through(provider: str, match: Match, folder: Path) -> dict[str, float]:
    """Time the command on a provider's files, in a process of its own."""
    write, tracking, meta = FILES[provider]
    write(MatchData(match), folder)
    given = ["--provider", provider, "--tracking", folder / tracking, "--meta", folder / meta]
    began_s = time.perf_counter()
    subprocess.run(
        [*COMMAND, "football", "report", *given, "--out", folder / "report", "--quiet"], check=True
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "wall_s": round(time.perf_counter() - began_s, 1),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--through", choices=sorted(FILES), help="write and read this provider's files")
    given = parser.parse_args()
    match = tiled(read_recorded(given.folder).match, given.minutes)
    with tempfile.TemporaryDirectory() as out:
        folder = Path(out)
        took = through(given.through, match, folder) if given.through else inside(match, folder)
    facts = {"minutes": given.minutes, "frames": len(match), "players": len(match.players)}
    print(json.dumps(facts | took))


if __name__ == "__main__":
    main()
