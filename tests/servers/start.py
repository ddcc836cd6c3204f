"""Start the servers, run a command that finds them in its environment, stop them: `start.py [--only redis,s3] COMMAND`.

What is not installed is left out, and its tests skip; with SIGHTLINE_TEST_SERVERS=required that is an error.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from servers.processes import KINDS, VARIABLES, Server


def chosen(only: list[str]) -> list[str]:
    """Give the names that can start; say which cannot."""
    missing = {name: reason for name in only if (reason := KINDS[name].missing())}
    for name, reason in missing.items():
        sys.stderr.write(f"{name}: not installed: {reason}\n")
    if missing and os.environ.get("SIGHTLINE_TEST_SERVERS") == "required":
        sys.exit(1)
    return [name for name in only if name not in missing]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(KINDS), help="which servers, joined by commas")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever ends this ends the servers too
    names = chosen(given.only.split(","))
    with tempfile.TemporaryDirectory(prefix="sightline-servers-") as folder, ExitStack() as running:
        began_s = time.monotonic()
        servers: list[Server] = [KINDS[name](Path(folder) / name) for name in names]
        with ThreadPoolExecutor(max_workers=4) as pool:
            for _ in pool.map(running.enter_context, servers):
                pass
        sys.stderr.write(f"servers: {', '.join(names)}, up in {time.monotonic() - began_s:.1f} s\n")
        addresses = {VARIABLES[server.name]: server.url for server in servers}
        return subprocess.run(given.command, env={**os.environ, **addresses}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
