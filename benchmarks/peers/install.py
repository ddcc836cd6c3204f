"""Make each peer's own environment: `make peers`. Says which could not be made, and why."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
PEERS = ("supervision", "inference", "ultralytics", "football", "live")


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, whether it is there or not."""
    return HERE / peer / ".venv" / "bin" / "python"


def install(peer: str) -> str:
    """Install what the peer's file pins and nothing else; gives the reason where that failed."""
    venv.create(HERE / peer / ".venv", with_pip=True)
    pip = [
        str(python_of(peer)),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]
    done = subprocess.run([*pip, "-r", str(HERE / peer / "requirements.txt")], capture_output=True, text=True)
    return "" if done.returncode == 0 else "\n".join(done.stderr.splitlines()[-5:])


def main(peers: list[str]) -> int:
    failures = 0
    for peer in peers or PEERS:
        print(f"{peer}: installing", flush=True)
        reason = install(peer)
        failures += bool(reason)
        print(f"{peer}: {reason or 'ready'}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
