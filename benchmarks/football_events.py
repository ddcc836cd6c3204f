"""How long events of a whole match take: the recorded sample tiled to 90 minutes.

python benchmarks/football_events.py DIR
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from sightline.analytics.football.events import find_events
from sightline.analytics.football.match import Match, Period
from sightline.service.football.recorded import read_recorded

MINUTES = 90


def tiled(match: Match, minutes: int) -> Match:
    """Repeat a match until it lasts so long, as two halves without the source's flags."""
    times = round(minutes * 60 * float(match.frame_rate_hz) / len(match))
    count = times * len(match)
    attacks = match.periods[0].home_attacks
    return replace(
        match,
        frames=np.arange(count),
        t_s=np.arange(count) / float(match.frame_rate_hz),
        periods=(Period(1, 0, count // 2, attacks), Period(2, count // 2, count, attacks)),
        positions_m=np.tile(match.positions_m, (times, 1, 1)),
        ball_m=np.tile(match.ball_m, (times, 1)),
        ball_states=np.tile(match.ball_states, times),
        alive=None,
        owner=None,
    )


def main() -> None:
    match = tiled(read_recorded(Path(sys.argv[1])).match, MINUTES)
    began_s = time.perf_counter()
    events = find_events(match)
    taken_s = time.perf_counter() - began_s
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{len(match)} frames, {len(events.events)} events, {taken_s:.1f} s, at most {most_mb:.0f} MB")


if __name__ == "__main__":
    main()
