"""Every benchmark, one after the other: `make bench`. Takes most of an hour; leave the machine alone meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = ("startup.py", "tracker.py", "throughput.py", "memory.py")


def main() -> int:
    failed = []
    for name in SCRIPTS:
        if not (HERE / name).exists():
            continue
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, str(HERE / name)]).returncode:
            failed.append(name)
    print("all measured" if not failed else f"failed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
