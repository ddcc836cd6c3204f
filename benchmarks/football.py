"""Football beside its peers, and its speed.

`python benchmarks/football.py --tracking DIR` writes a recorded match in our formats, has floodlight and databallpy
(`make peers`) read them, compares positions and distances, then times the analytics on the match tiled to 90 minutes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from sightline.analytics.football.events import find_events
from sightline.analytics.football.formation import find_formations
from sightline.analytics.football.lines import find_shape
from sightline.analytics.football.match import Match, Period, Team
from sightline.analytics.football.physical import measure_motion, measure_physical
from sightline.analytics.football.pitch_control import pitch_control
from sightline.analytics.football.pressing import pressing_intensity, velocities
from sightline.service.football.evaluate.interop import compare
from sightline.service.football.exports.source import MatchData
from sightline.service.football.exports.tracab import write_tracab
from sightline.service.football.recorded import read_recorded
from sightline.service.football.tracking.provider import load_match

PEER = Path(__file__).parent / "peers" / "football"


def tiled(match: Match, minutes: float) -> Match:
    """The match again and again, two halves."""
    times = max(1, round(minutes * 60 * float(match.frame_rate_hz) / len(match)))
    count = len(match) * times
    half = count // 2

    def again(values):
        return None if values is None else np.tile(values, (times, *[1] * (values.ndim - 1)))

    return replace(
        match,
        frames=np.arange(count),
        t_s=np.arange(count) / float(match.frame_rate_hz),
        periods=(Period(1, 0, half, 1), Period(2, half, count, 1)),
        positions_m=again(match.positions_m),
        ball_m=again(match.ball_m),
        ball_states=again(match.ball_states),
        alive=again(match.alive),
        owner=again(match.owner),
    )


def speed(match: Match) -> dict[str, object]:
    """Seconds that each part takes."""
    took: dict[str, float] = {}
    busy: dict[str, float] = {}

    def timed(name, work):
        started = time.perf_counter(), time.process_time()
        found = work()
        took[name] = round(time.perf_counter() - started[0], 2)
        busy[name] = round(time.process_time() - started[1], 2)
        return found

    rows = np.arange(0, len(match), round(float(match.frame_rate_hz)))
    timed("formations", lambda: find_formations(match, match.owner))
    motion = timed("motion", lambda: measure_motion(match))
    timed("physical", lambda: measure_physical(match, motion))
    timed("shape, 1 Hz", lambda: [find_shape(match, team, rows) for team in Team])
    ways = timed("velocities", lambda: velocities(match, motion.speeds_mps, row_s=motion.row_s))
    timed("pressing, 1 Hz", lambda: pressing_intensity(match, ways[rows], Team.HOME, rows))
    timed("pitch control, 0.2 Hz", lambda: pitch_control(match, ways, rows[::5]))
    return {
        "frames": len(match),
        "players": len(match.players),
        "seconds": took,
        "all_s": round(sum(took.values()), 2),
        "cpu_seconds": busy,
        "all_cpu_s": round(sum(busy.values()), 2),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def peers(match: Match) -> dict[str, object]:
    """What the peers read and measure, against what we wrote and measure."""
    python = PEER / ".venv" / "bin" / "python"
    if not python.exists():
        return {"not_measured": "make peers"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = compare(MatchData(match, find_events(match).events), folder)["statsbomb"]
        done = subprocess.run(
            [str(python), str(PEER / "run.py"), str(folder), str(folder / "out.npz")],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return {"not_measured": done.stderr.splitlines()[-1:]}
        with np.load(folder / "out.npz") as read:
            return {
                "positions": positions(match, read),
                "events": events(written, read),
                "distance": distance(match, read),
            }


def positions(match: Match, read) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for library, layout in (
        ("floodlight", "second_spectrum"),
        ("floodlight", "tracab"),
        ("databallpy", "tracab"),
    ):
        apart, compared = 0.0, 0
        for column, player in enumerate(match.players):
            theirs = read[f"{library}/{layout}/{player.team}_{player.jersey}"]
            ours = match.positions_m[:, column]
            apart = max(apart, float(np.nanmax(np.abs(theirs - ours))))
            compared += int((np.isfinite(theirs) == np.isfinite(ours)).all())
        found[f"{library} {layout}"] = {"largest_error_m": round(apart, 6), "players": compared}
    return found


def events(written: dict[str, dict[str, int]], read) -> dict[str, dict[str, str]]:
    """How many events of each kind a peer reads in StatsBomb's files, of those that we wrote."""
    return {
        library: {
            kind: f"{int(read[f'{library}/events/{kind}'])} of {count['written']}"
            for kind, count in written.items()
        }
        for library in ("floodlight", "databallpy")
    }


def distance(match: Match, read) -> dict[str, float]:
    errors = np.array(
        [
            one.distance_m / float(read[f"databallpy/distance/{player.team}_{player.jersey}"]) - 1
            for one in measure_physical(match)
            if one.period == 0
            for player in [match.players[one.column]]
        ]
    )
    return {
        "players": len(errors),
        "largest_error": round(float(np.abs(errors).max()), 5),
        "median_error": round(float(np.median(errors)), 5),
    }


def reading(match: Match) -> dict[str, float]:
    """What kloppy takes to read the match from a TRACAB file; runs first, so that the peak is its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tracab(MatchData(match), folder)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        load_match("tracab", folder / "tracking.dat", folder / "metadata.xml")
        busy = time.process_time() - started
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "frames": len(match),
        "cpu_ms_a_frame": round(1000 * busy / len(match), 3),
        "kib_a_frame": round(grown / len(match), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracking", type=Path, required=True, help="folder of a recorded match")
    parser.add_argument("--minutes", type=float, default=90.0)
    given = parser.parse_args()
    match = read_recorded(given.tracking).match
    first = {"reading": reading(tiled(match, 6.0))}  # before the peak of the others
    print(json.dumps({**first, "peers": peers(match), "speed": speed(tiled(match, given.minutes))}, indent=2))


if __name__ == "__main__":
    main()
