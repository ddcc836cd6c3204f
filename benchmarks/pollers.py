"""Many who look on while one run works: `python benchmarks/pollers.py [--seconds 12] [--no-write]`.

Clients that ask for a run's status once a second each, and listeners to its events, beside an analysis on the same
cores. The analysis runs alone and watched in turn, so that each watched round has a quiet one beside it. The clients
are a process of their own; as they share the cores with the rest, the table tells what the server took of the machine
and what they did. A listener has missed nothing when it was told every cursor from the first to the last, once.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from clips import OUT
from document import machine, table, write_section
from sightline.bootstrap import build_platform
from sightline.core.accounts import LOCAL, Role
from sightline.core.events import EventKind
from sightline.ports import SceneOptions
from sightline.service.accounts.keys import add_key
from sightline.service.accounts.users import add_user
from sightline.service.cancel import cancel
from sightline.service.jobs.enqueue import enqueue
from sightline.service.submit import AnalyzeRequest
from sightline.settings import read_settings
from sightline.sim.people import PeopleScene
from upload import answers, free_port

_USERS = 10  # each has its own limit of requests a minute, as people have
_WARM_S = 2.0
_LIMIT_S = 60.0


@dataclass
class Round:
    """One stretch of one run."""

    watched: bool
    fps: float
    wall_s: float
    run_cpu_s: float
    server_cpu_s: float
    load_cpu_s: float = 0.0
    found: dict[str, Any] = field(default_factory=dict)


class Bench:
    """A server with one worker, and its database, which runs are put into."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self.given = given
        self.video = film(given.film_s)
        settings = {"home": str(folder), "segment_s": 2, "precision": "f32", "share_from": 0}
        self.platform = build_platform(read_settings(**settings))
        self.keys = [self._key(number) for number in range(_USERS)]
        self.port = free_port()
        env = os.environ | {f"SIGHTLINE_{name.upper()}": str(value) for name, value in settings.items()}
        command = [Path(sys.executable).with_name("sightline"), "serve", "--port", str(self.port)]
        words = subprocess.DEVNULL if not given.show else None
        self.server = psutil.Popen(command, env=env, stdout=words, stderr=words)
        answers(self.port)

    def _key(self, number: int) -> str:
        user = add_user(self.platform, LOCAL, f"user{number}", Role.ADMIN).user
        return add_key(self.platform, LOCAL, "load", ("*",), user_id=user.id).text

    def close(self) -> None:
        self.server.terminate()
        try:
            self.server.wait(30)
        except psutil.TimeoutExpired:
            self.server.kill()
        self.platform.runs.close()

    def round(self, *, watched: bool) -> Round:
        """Begin a run, wait until it is under way, and count its frames for a while."""
        run = enqueue(
            self.platform, AnalyzeRequest(self.video, model="motion", annotate=False), reuse=False
        ).run
        self._until(lambda: self._done(run.id) is not None)
        load = self._load(run.id) if watched else None
        time.sleep(_WARM_S)
        try:
            found = self._counted(run.id, load)
        finally:
            cancel(self.platform, run.id)
            self._until(lambda: self.platform.runs.get(run.id).has_ended)
        if load is not None:
            found.found = json.loads(load.communicate("stop\n", timeout=_LIMIT_S)[0])
            found.found["stored"] = self.platform.journal.events(run.id, limit=100_000)[-1].cursor
        return found

    def _counted(self, run_id: str, load: psutil.Popen | None) -> Round:
        worker = next(iter(self.server.children()))
        processes = [self.server, worker, *([load] if load else [])]
        before = [cpu_s(one) for one in processes]
        began = time.monotonic(), self._done(run_id)
        time.sleep(self.given.seconds)
        ended = time.monotonic(), self._done(run_id)
        took = [cpu_s(one) - was for one, was in zip(processes, before, strict=True)]
        (first_s, first), (last_s, last) = began[1], ended[1]
        return Round(
            load is not None,
            (last - first) / (last_s - first_s),
            ended[0] - began[0],
            took[1],
            took[0],
            *took[2:],
        )

    def _done(self, run_id: str) -> tuple[float, int] | None:
        """Give when how many frames were done, as last told."""
        told = self.platform.journal.events(run_id, limit=100_000)
        steps = [one for one in told if one.kind is EventKind.STAGE_PROGRESS and one.details.get("done")]
        return (steps[-1].t_s, int(steps[-1].details["done"])) if steps else None

    def _load(self, run_id: str) -> psutil.Popen:
        asked = {
            "port": self.port,
            "run": run_id,
            "keys": self.keys,
            "pollers": self.given.pollers,
            "listeners": self.given.listeners,
            "every_s": self.given.every_s,
            "limit_s": _LIMIT_S + self.given.seconds,
            "end_s": 20.0,
        }
        load = psutil.Popen(
            [sys.executable, Path(__file__).with_name("pollers_load.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        load.stdin.write(json.dumps(asked) + "\n")
        load.stdin.flush()
        assert load.stdout.readline() == "connected\n"
        return load

    def _until(self, holds: Any) -> None:
        deadline_s = time.monotonic() + _LIMIT_S
        while not holds():
            if time.monotonic() > deadline_s:
                sys.exit("it took too long")
            time.sleep(0.05)


def film(seconds: float) -> Path:
    """A long enough clip of people, rendered once and then kept."""
    folder = OUT / f"pollers-{seconds:g}s"
    clip = folder / "clip.mp4"
    if not clip.exists():
        PeopleScene(SceneOptions(seconds=seconds, size=(360, 640))).render(folder)
    return clip


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def report(rounds: list[Round], given: argparse.Namespace) -> str:
    cores = os.cpu_count() or 1
    quiet = [one for one in rounds if not one.watched]
    watched = [one for one in rounds if one.watched]
    alone, beside = np.mean([one.fps for one in quiet]), np.mean([one.fps for one in watched])
    wall_s = sum(one.wall_s for one in watched)
    shares = [
        sum(getattr(one, name) for one in watched) / wall_s
        for name in ("server_cpu_s", "load_cpu_s", "run_cpu_s")
    ]
    idle = sum(one.server_cpu_s for one in quiet) / sum(one.wall_s for one in quiet)
    took_ms = np.concatenate([one.found["took_ms"] for one in watched])
    p50, p95, p99 = np.percentile(took_ms, (50, 95, 99))
    whole = sum(one.found["listened_whole"] for one in watched if one.found["last"] == one.found["stored"])
    refused = sum(
        sum(count for code, count in one.found["statuses"].items() if code != "200") for one in watched
    )
    load = os.getloadavg()
    rows = [
        ["status, median", f"{p50:.1f} ms"],
        ["status, 95 of 100", f"{p95:.1f} ms"],
        ["status, 99 of 100", f"{p99:.1f} ms"],
        ["answers, a second", f"{len(took_ms) / wall_s:.0f} ({refused} refused)"],
        ["listeners that were told all, once", f"{whole} of {given.listeners * len(watched)}"],
        ["events that each was told", f"{sum(one.found['stored'] for one in watched)}"],
        ["analysis alone", f"{alone:.1f} frames/s"],
        ["analysis watched", f"{beside:.1f} frames/s"],
        ["slower on the clock, clients on the same cores", f"{100 * (1 - beside / alone):.1f} %"],
        ["server, cores (alone, without requests)", f"{shares[0]:.3f} ({idle:.3f})"],
        ["clients, cores", f"{shares[1]:.3f}"],
        ["analysis, cores", f"{shares[2]:.3f}"],
        ["taken from the analysis by the server", f"{100 * (shares[0] - idle) / cores:.1f} % of {cores} cores"],
    ]  # fmt: skip
    return (
        f"{machine()}; load average when it ended {load[0]:.1f}.\n\n```\npython benchmarks/pollers.py --seconds "
        f"{given.seconds:g}\n```\n\n{given.pollers} clients that ask every {given.every_s:g} s, {given.listeners} "
        f"listeners, {len(watched)} watched rounds between as many quiet ones.\n\n"
        + table(("", "measured"), rows)
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pollers", type=int, default=200)
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--every-s", type=float, default=1.0)
    parser.add_argument("--film-s", type=float, default=120.0)
    parser.add_argument("--show", action="store_true", help="the server's words too")
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), given)
        try:
            rounds = [bench.round(watched=bool(number % 2)) for number in range(2 * given.rounds)]
        finally:
            bench.close()
    text = report(rounds, given)
    print(text)
    if not given.no_write:
        write_section("pollers", text)


if __name__ == "__main__":
    main()
