"""Forks a child for each command line it reads from standard input: Sightline is imported once, not 300 times.

A line is a JSON list `[arguments, file for stderr]`; the answer is a line with the child's wait status, or `null` where
it took longer than it may. The first line is a rehearsal: what it imports, the parent imports before all others.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from sightline.cli.main import run

LIMIT_S = 20
CRASHED = 99


def child(arguments: list[str], errors: str, modules: str | None = None) -> None:
    """Run one command and end; never returns. What it imported goes to the file `modules`."""
    handle = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    status = CRASHED
    try:
        status = run(arguments)
    except BaseException:  # noqa: BLE001 - whatever it is, the test must hear of it
        traceback.print_exc()
    if modules:
        Path(modules).write_text("\n".join(sorted(sys.modules)), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def rehearse(arguments: list[str], errors: str) -> int | None:
    """Run one command in a child, then import here what it imported there; no thread starts in this process."""
    status = supervised(arguments, errors, f"{errors}.modules")
    for name in Path(f"{errors}.modules").read_text(encoding="utf-8").splitlines():
        if name not in sys.modules:
            with suppress(ImportError):
                import_module(name)
    return status


def supervised(arguments: list[str], errors: str, modules: str | None = None) -> int | None:
    """Fork, wait, and kill what takes too long."""
    pid = os.fork()
    if pid == 0:
        child(arguments, errors, modules)

    def late(_signal: int, _frame: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT_S)
    try:
        return os.waitpid(pid, 0)[1]
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return None
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    work = rehearse
    for line in sys.stdin:
        print(json.dumps(work(*json.loads(line))), flush=True)  # noqa: T201 - the answer
        work = supervised
