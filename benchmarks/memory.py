"""Whether memory stays flat over an hour of video: `python benchmarks/memory.py [--clip NAME] [--seconds 3600]`.

The clip is looped without re-encoding; one process analyses it from end to end while its resident memory is
read from outside, its children's included.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from clips import WEIGHTS, frames_of, looped, need_data, people_clips
from document import machine, table, write_section

EVERY_S = 0.5
SETTLED_SHARE = 0.2


def resident_mb(process: psutil.Process) -> float:
    """Resident memory of a process and its children."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def follow(command: list[str]) -> tuple[list[float], float]:
    """Run a program; give its memory at each look and how long it took."""
    started_s, seen = time.monotonic(), []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                seen.append(resident_mb(psutil.Process(process.pid)))
            except psutil.NoSuchProcess:
                break
            time.sleep(EVERY_S)
    if process.returncode:
        sys.exit(f"the analysis ended with exit status {process.returncode}")
    return seen, time.monotonic() - started_s


def tenths(seen: list[float]) -> list[float]:
    """Mean memory of each tenth of the run."""
    size = max(1, len(seen) // 10)
    return [sum(seen[at : at + size]) / size for at in range(0, size * 10, size) if seen[at : at + size]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clip", default="pets09_s2l1_480x360")
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    need_data()
    video = looped({clip.stem: clip for clip in people_clips()}[given.clip], at_least_s=given.seconds)
    frames = frames_of(video)
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        here = Path(__file__).parent
        command = [sys.executable, str(here / "ours.py"), str(video), str(WEIGHTS), str(answer)]
        seen, took_s = follow(command)
    parts = tenths(seen)
    settled = parts[int(len(parts) * SETTLED_SHARE) : -1] or parts
    middle = sorted(settled)[len(settled) // 2]
    drift = max(abs(part - middle) for part in settled) / middle
    rows = [["resident memory, MB", *(f"{part:.0f}" for part in parts)]]
    text = (
        f"{machine()}.\n\n```\npython benchmarks/memory.py --clip {given.clip} --seconds {given.seconds:g}\n```\n\n"
        f"{frames} frames in {took_s:.0f} s ({frames / took_s:.0f} fps); peak {max(seen):.0f} MB; from the second "
        f"tenth to the ninth it stays within ±{100 * drift:.1f} % of its median.\n\n"
        + table(("tenth of the run", *(str(number + 1) for number in range(len(parts)))), rows)
    )
    print(text)
    if not given.no_write:
        write_section("memory", text)


if __name__ == "__main__":
    main()
