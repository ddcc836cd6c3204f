"""The process that a stranger's file is looked into in, made ready before it is needed where that is known.

A Python that has its decoder loaded takes a third of a second to start: as long as a file of some hundred megabytes
takes to come. One may wait; it ends by itself when nobody needs it.
"""

from __future__ import annotations

import subprocess
import sys
import threading

_COMMAND = (sys.executable, "-I", "-m", "sightline.service.guards.probe_child")


class ProbePool:
    """Starts the processes; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: subprocess.Popen[bytes] | None = None

    def make_ready(self) -> None:
        """Have a process wait for the next file."""
        with self._lock:
            if self._ready is None or self._ready.poll() is not None:
                self._ready = _start()

    def ask(self, question: bytes, *, within_s: float) -> tuple[int, bytes]:
        """Give a process's exit status and what it answered.

        Raises:
            subprocess.TimeoutExpired: It took too long, and was killed.
        """
        with self._lock:
            waiting, self._ready = self._ready, None
        if waiting is not None:
            status, answer = _ask(waiting, question, within_s)
            if status or answer:  # else it had waited for long enough, and was gone
                return status, answer
        return _ask(_start(), question, within_s)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
    )


def _ask(process: subprocess.Popen[bytes], question: bytes, within_s: float) -> tuple[int, bytes]:
    with process:
        try:
            answer, _ = process.communicate(question, timeout=within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, answer


PROBES = ProbePool()
