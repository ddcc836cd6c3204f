"""The process in which a worker has its runs carried out, one after another: `python -m sightline.worker.child`.

The worker writes lines to its standard input: the settings, then orders, and requests to stop. It answers a line
for each run that has ended; how it ended stands in the database. When the input ends, its worker is gone and so is
it, at once. Log messages go to standard error as JSON lines, for the worker to pass on.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import pickle
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

import structlog

from sightline.core.errors import RunCancelled, SightlineError

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_ORPHANED = 3
_FAILED = 1


class _Orders:
    """What the worker wants, read by a thread so that a request to stop is heard while a run goes on."""

    def __init__(self, lines: IO[str]) -> None:
        self._lines = lines
        self._waiting: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._lock = threading.Lock()
        self._run_id = ""
        self.cancel = threading.Event()

    def listen(self) -> None:
        threading.Thread(target=self._listen, name="sightline-orders", daemon=True).start()

    def next(self) -> dict[str, Any]:
        order = self._waiting.get()
        with self._lock:
            self._run_id = order["run"]
            self.cancel = threading.Event()
        return order

    def _listen(self) -> None:
        for line in self._lines:
            said = json.loads(line)
            if "run" in said:
                self._waiting.put(said)
                continue
            with self._lock:
                if said["stop"] == self._run_id:
                    self.cancel.set()
        os._exit(_ORPHANED)  # nobody would know what becomes of the run; the next worker takes it over


def main() -> None:
    """Serve a worker until its end of the pipe closes; what nobody foresaw ends the process at once.

    An interpreter that shuts down in good order waits for threads, of the decoder's and the model's libraries too,
    and a worker would wait with it.
    """
    try:
        _serve()
    except BaseException:  # noqa: BLE001 - the process's own border: its worker sees that it is gone
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(_FAILED)


def _serve() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer
    settings = pickle.loads(base64.b64decode(sys.stdin.readline()))
    yield_to_others(settings.run_niceness)
    _log_as_json(settings.log_level)
    from sightline.bootstrap import build_platform

    platform = build_platform(settings)
    orders = _Orders(sys.stdin)
    orders.listen()
    while True:
        order = orders.next()
        _carry_out(platform, order, orders.cancel)
        answers.write(json.dumps({"ended": order["run"]}) + "\n")


def yield_to_others(niceness: int) -> None:
    """Let whoever waits for an answer have the processor first: a run takes what is left, which is most of it.

    Linux shares the processor between sessions before it does between processes, where it is set to; this process leads
    a session of its own, so that is told as well.

    Args:
        niceness: By how much, 0..19, as of nice(2).
    """
    os.nice(niceness)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(os.getpriority(os.PRIO_PROCESS, 0)), encoding="ascii")


def _carry_out(platform: Platform, order: dict[str, Any], cancel: threading.Event) -> None:
    from sightline.service.execute import execute
    from sightline.service.jobs.fan_out import help_out

    with suppress(SightlineError, RunCancelled):  # stored with the run
        if order["helps"]:
            help_out(platform, order["run"], cancel.is_set)
            return
        execute(
            platform,
            order["run"],
            cancel=cancel,
            worker=order["worker"],
            tries_left=order["tries_left"],
        )


def _log_as_json(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            min(logging.INFO, logging.getLevelName(level.upper()))
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    main()
