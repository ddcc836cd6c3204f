"""Forks a child for each command line it reads from standard input: Sightline is imported once, not 300 times.

A line is a JSON list `[arguments, file for stderr]`; the answer is a line with the child's wait status, or `null` where
it took longer than it may.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback

from sightline.cli.main import run

LIMIT_S = 20
CRASHED = 99


def child(arguments: list[str], errors: str) -> None:
    """Run one command and end; never returns."""
    handle = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    status = CRASHED
    try:
        status = run(arguments)
    except BaseException:  # noqa: BLE001 - whatever it is, the test must hear of it
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def supervised(arguments: list[str], errors: str) -> int | None:
    """Fork, wait, and kill what takes too long."""
    pid = os.fork()
    if pid == 0:
        child(arguments, errors)

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
    for line in sys.stdin:
        print(json.dumps(supervised(*json.loads(line))), flush=True)  # noqa: T201 - the answer
