"""Every benchmark, one after the other: `make bench`. Takes over an hour; leave the machine alone meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from document import machine, write_section

HERE = Path(__file__).parent
SCRIPTS = ("startup.py", "tracker.py", "throughput.py", "memory.py")
PRINTERS = {"tracker.py": "tracker"}
"""Scripts that print a table and leave writing it down to us -> the page's mark."""


def measure(name: str) -> bool:
    """Run one script and write down what it printed, where it does not do so itself."""
    print(f"== {name}", flush=True)
    mark = PRINTERS.get(name)
    done = subprocess.run(
        [sys.executable, str(HERE / name)], stdout=subprocess.PIPE if mark else None, text=True
    )
    if mark and done.returncode == 0:
        print(done.stdout, flush=True)
        write_section(mark, f"{machine()}.\n\n```\npython benchmarks/{name}\n```\n\n{done.stdout}")
    return done.returncode == 0


def main() -> int:
    failed = [name for name in SCRIPTS if not measure(name)]
    print("all measured" if not failed else f"failed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
