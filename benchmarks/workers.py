"""Two workers over one long video against one, a core each: `python benchmarks/workers.py [--seconds 60]`.

Prints wall time and processor time of each worker, and compares the tables with those of `sightline analyze`. On a
machine that does other work as well the wall times say little; the longest path, the larger processor time of the two
workers, says what an idle machine would do.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from clips import WEIGHTS, frames_of, need_data
from document import machine, table, write_section
from sightline.bootstrap import build_platform
from sightline.core.runs import RunState
from sightline.ports import SceneOptions
from sightline.service.cancel import cancel
from sightline.service.execute import execute
from sightline.service.jobs.enqueue import enqueue
from sightline.service.submit import AnalyzeRequest, submit
from sightline.settings import read_settings
from sightline.sim.people import PeopleScene

COMMAND = [sys.executable, "-c", "import sys; from sightline.cli.main import main; sys.exit(main())"]
LIMIT_S = 500


@dataclass(frozen=True)
class Measured:
    wall_s: float
    cpu_s: list[float]
    tables: dict[str, str]


def settings_of(home: Path) -> dict[str, Any]:
    return {"home": str(home), "segment_s": 1, "threads": 1, "precision": "f32", "share_from": 4}


def start(home: Path, core: int) -> psutil.Process:
    given = {f"SIGHTLINE_{name.upper()}": str(value) for name, value in settings_of(home).items()}
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *COMMAND, "worker", "--quiet"], env=os.environ | given
    )
    return psutil.Process(process.pid)


def cpu_s(worker: psutil.Process) -> float:
    """Processor time of a worker and of the process that its runs are in."""
    total = 0.0
    for one in (worker, *worker.children(recursive=True)):
        times = one.cpu_times()
        total += times.user + times.system
    return total


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "tables").iterdir()
    }


def until(holds: Any) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not holds():
        if time.monotonic() > deadline_s:
            sys.exit("it took too long")
        time.sleep(0.02)


def request(video: Path) -> AnalyzeRequest:
    return AnalyzeRequest(video, model=str(WEIGHTS), annotate=False)


def shared(video: Path, small: Path, count: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        platform = build_platform(read_settings(**settings_of(home)))
        workers = [start(home, core) for core in range(count)]
        try:
            while not all(worker.children() for worker in workers):  # until each has its process, warmed up
                warm = [enqueue(platform, request(small), reuse=False).run for _ in range(count)]
                until(
                    lambda ids=tuple(run.id for run in warm): all(
                        platform.runs.get(one).has_ended for one in ids
                    )
                )
            before = [cpu_s(worker) for worker in workers]
            began_s = time.monotonic()
            run = enqueue(platform, request(video), reuse=False).run
            until(lambda: platform.runs.get(run.id).has_ended)
            wall_s = time.monotonic() - began_s
            taken = [cpu_s(worker) - was for worker, was in zip(workers, before, strict=True)]
            assert platform.runs.get(run.id).state is RunState.COMPLETED, platform.runs.get(run.id).error
            return Measured(wall_s, taken, hashes(Path(run.folder)))
        finally:
            for worker in workers:
                worker.terminate()
            psutil.wait_procs(workers, timeout=30)


def alone(video: Path) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        platform = build_platform(read_settings(**settings_of(Path(folder))))
        began_s = time.monotonic()
        run = execute(platform, submit(platform, replace(request(video), out=Path(folder) / "out")).id)
        return Measured(time.monotonic() - began_s, [], hashes(Path(run.folder)))


def cancel_s(video: Path) -> float:
    """How long a working run takes to stop once somebody asks."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        platform = build_platform(read_settings(**settings_of(home)))
        worker = start(home, 0)
        try:
            run = enqueue(platform, request(video), reuse=False).run
            until(lambda: len(platform.journal.checkpoints(run.id)) > 0)
            began_s = time.monotonic()
            cancel(platform, run.id)
            until(lambda: platform.runs.get(run.id).has_ended)
            return time.monotonic() - began_s
        finally:
            worker.terminate()
            psutil.wait_procs([worker], timeout=30)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    need_data()
    with tempfile.TemporaryDirectory() as folder:
        compare(film(Path(folder) / "long", given.seconds), film(Path(folder) / "short", 2.0), given)


def film(folder: Path, seconds: float) -> Path:
    options = SceneOptions(seconds=seconds, size=(180, 320))
    return PeopleScene(options).render(folder)["clip"]


def compare(video: Path, small: Path, given: argparse.Namespace) -> None:
    one = shared(video, small, 1)
    print(one.wall_s, one.cpu_s, file=sys.stderr)
    two = shared(video, small, 2)
    print(two.wall_s, two.cpu_s, file=sys.stderr)
    plain = alone(video)
    stop_s = cancel_s(video)
    same = "the same bytes" if one.tables == two.tables == plain.tables else "DIFFERENT BYTES"
    rows = [
        ["one", f"{one.wall_s:.1f}", f"{one.cpu_s[0]:.1f}", "", ""],
        [
            "two",
            f"{two.wall_s:.1f}",
            " + ".join(f"{value:.1f}" for value in two.cpu_s),
            f"{one.wall_s / two.wall_s:.2f}",
            f"{one.cpu_s[0] / max(two.cpu_s):.2f}",
        ],
    ]
    text = (
        f"{machine()}.\n\n```\npython benchmarks/workers.py --seconds {given.seconds:g}\n```\n\n"
        f"{frames_of(video)} frames; the tables of one worker, two workers and `sightline analyze` are {same}. "
        f"A run that is told to stop has stopped after {stop_s:.2f} s.\n\n"
        + table(
            ("workers", "wall, s", "processor, s", "wall, times faster", "longest path, times shorter"), rows
        )
    )
    print(text)
    if not given.no_write:
        write_section("workers", text)
    sys.exit(same == "DIFFERENT BYTES")


if __name__ == "__main__":
    main()
