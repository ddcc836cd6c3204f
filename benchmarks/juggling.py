"""How fast juggling is analysed: time to clip length, 720p at 60 frames a second, all of `analyze` but the drawing.

    python benchmarks/juggling.py --seconds 10

Prints the ratio for the whole command's work (index, decode, find balls, tables, report); below 1 is faster than real
time. The machine's load goes into it: run it on an idle one.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from sightline.bootstrap import build_platform
from sightline.service.execute import execute
from sightline.service.simulate import simulate
from sightline.service.submit import AnalyzeRequest, submit
from sightline.settings import Settings


def main() -> None:
    """Film a clip, analyse it, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--siteswap", default="531")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        made = simulate(
            "juggling",
            root / "scene",
            seconds=chosen.seconds,
            seed=3,
            size=(720, 1280),
            fps=60,
            settings={"siteswap": chosen.siteswap},
        )
        platform = build_platform(Settings())
        cpu, wall = time.process_time(), time.perf_counter()
        request = AnalyzeRequest(video=made.clip, app="juggling", out=root / "out", annotate=False)
        execute(platform, submit(platform, request).id)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    load = os.getloadavg()[0]
    print(
        f"{wall / chosen.seconds:.2f} of the clip's length, {cpu / chosen.seconds:.2f} CPU seconds a second "
        f"({platform.machine.cores} cores, load {load:.1f})"
    )


if __name__ == "__main__":
    main()
