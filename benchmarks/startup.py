"""How long `import sightline` and `sightline --help` take: `python benchmarks/startup.py [--runs 15]`."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from document import machine, table, write_section

COMMANDS = (
    ("`python -c pass`", (sys.executable, "-c", "pass"), None),
    ("`import sightline`", (sys.executable, "-c", "import sightline"), 0.15),
    ("`sightline --help`", (str(Path(sys.executable).parent / "sightline"), "--help"), 0.4),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    took_s: dict[str, list[float]] = {name: [] for name, _, _ in COMMANDS}
    for _ in range(given.runs):
        for name, command, _ in COMMANDS:
            started_s = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            took_s[name].append(time.perf_counter() - started_s)
    rows = [
        [
            name,
            f"{statistics.median(took_s[name]):.3f}",
            f"{max(took_s[name]):.3f}",
            f"{goal:.2f}" if goal else "",
        ]
        for name, _, goal in COMMANDS
    ]
    text = f"{machine()}.\n\n```\npython benchmarks/startup.py --runs {given.runs}\n```\n\n"
    text += table(("command", "median, s", "slowest, s", "goal, s"), rows)
    print(text)
    if not given.no_write:
        write_section("startup", text)


if __name__ == "__main__":
    main()
