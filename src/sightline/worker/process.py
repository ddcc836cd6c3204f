"""Carries orders out in a process apart, so that a video that kills the interpreter fails alone."""

from __future__ import annotations

import base64
import json
import pickle
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING

import structlog

from sightline.service.jobs.settle import Stop

if TYPE_CHECKING:
    from sightline.service.jobs.work import Order
    from sightline.settings import Settings

_log = structlog.get_logger()
_COMMAND = (sys.executable, "-m", "sightline.worker.child")
_LOOK_EVERY_S = 0.1
_MOST_RUNS = 50
# How long a run gets to end by itself once it is to stop; then its process is killed. What it has committed stays.
_GRACE_S = {Stop.CANCELLED: 0.8, Stop.TIMEOUT: 0.0, Stop.MEMORY: 0.0, Stop.CLOSING: 10.0, Stop.LOST: 0.0}


class RunProcess:
    """One process that carries orders out one after another; a new one takes its place when it dies.

    Args:
        settings: For the process.
        command: What to start.
    """

    def __init__(self, settings: Settings, *, command: Sequence[str] = _COMMAND) -> None:
        self._settings = settings
        self._command = tuple(command)
        self._process: subprocess.Popen[str] | None = None
        self._answers: SimpleQueue[str | None] = SimpleQueue()
        self._runs = 0

    def __call__(self, order: Order) -> None:
        """Carry an order out; come back when it has ended, or its process has."""
        process = self._ready()
        self._runs += 1
        wanted = {
            "run": order.run_id,
            "worker": order.worker,
            "tries_left": order.tries_left,
            "helps": order.helps,
        }
        if not (_say(process, wanted) and self._wait(process, order)):
            process.kill()
            self._bury(order)

    def _wait(self, process: subprocess.Popen[str], order: Order) -> bool:
        """Wait for the run's end; False where its process died, or did not stop when it was to."""
        give_up_s: float | None = None
        while (ended := self._look()) is None:
            if order.why is None:
                if self._is_too_large(process.pid):
                    order.stop(Stop.MEMORY)
                    return False
                continue
            if give_up_s is None:
                give_up_s = time.monotonic() + _GRACE_S[order.why]
                _say(process, {"stop": order.run_id})
            if order.why is Stop.LOST or time.monotonic() >= give_up_s:
                return False
        return ended

    def _is_too_large(self, pid: int) -> bool:
        most_bytes = self._settings.run_memory_bytes
        return bool(most_bytes) and resident_bytes(pid) > most_bytes

    def _look(self) -> bool | None:
        """Say whether the run has ended; False where its process has, None where neither."""
        try:
            return self._answers.get(timeout=_LOOK_EVERY_S) is not None
        except Empty:
            return None

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._forget(self._process)

    def _ready(self) -> subprocess.Popen[str]:
        """Give a process that waits; after many runs a fresh one, so that nothing piles up in it."""
        if self._process is not None and (self._process.poll() is not None or self._runs >= _MOST_RUNS):
            self.close()
        if self._process is None:
            self._process = self._start()
        return self._process

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            bufsize=1,
            start_new_session=True,  # Ctrl-C is the worker's to handle
        )
        self._runs = 0
        self._answers = SimpleQueue()
        for work in (_pass_answers, _pass_messages):
            threading.Thread(target=work, args=(process, self._answers), daemon=True).start()
        _write(process, base64.b64encode(pickle.dumps(self._settings)).decode())
        return process

    def _bury(self, order: Order) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        status = process.wait()
        self._forget(process)
        if order.why is None:
            _log.error("run_process_died", run=order.run_id, worker=order.worker, status=status)

    def _forget(self, process: subprocess.Popen[str]) -> None:
        self._process = None
        process.wait()
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                return


def resident_bytes(pid: int) -> int:
    """Give how much memory a process holds; 0 where the system does not tell, as only Linux does here."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize()


def _say(process: subprocess.Popen[str], said: dict[str, object]) -> bool:
    return _write(process, json.dumps(said))


def _write(process: subprocess.Popen[str], line: str) -> bool:
    """Write a line; False where nobody reads any more."""
    stdin: IO[str] | None = process.stdin
    try:
        if stdin is not None:
            stdin.write(line + "\n")
            stdin.flush()
    except OSError:
        return False
    return True


def _pass_answers(process: subprocess.Popen[str], answers: SimpleQueue[str | None]) -> None:
    if process.stdout is not None:
        with process.stdout as lines:
            for line in lines:
                answers.put(line)
    answers.put(None)


def _pass_messages(process: subprocess.Popen[str], _answers: SimpleQueue[str | None]) -> None:
    """Log what the process logs; what is not a log message is what a dying one says."""
    if process.stderr is None:
        return
    with process.stderr as lines:
        for line in lines:
            try:
                said = dict(json.loads(line))
                level, event = str(said.pop("level")), str(said.pop("event"))
            except (ValueError, TypeError, KeyError):
                _log.warning("run_process_said", text=line.rstrip()[:500], process=process.pid)
                continue
            log = getattr(_log, level, _log.info)
            log(event, **{key: value for key, value in said.items() if key != "exception"}, **_trace(said))


def _trace(said: dict[str, object]) -> dict[str, object]:
    return {"trace": said["exception"]} if "exception" in said else {}
