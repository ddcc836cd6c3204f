"""Carries queued runs out in this process, one at a time, oldest first."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from sightline.core.errors import RunCancelled, SightlineError
from sightline.core.runs import Run, RunFilter, RunState
from sightline.service.execute import execute

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_LOOK_EVERY_S = 0.5
_MOST = 1000
_log = structlog.get_logger("sightline.worker")


class EmbeddedWorkers:
    """One thread that takes what waits."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sightline-worker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a run that is being worked on is interrupted and can go on later."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                run = self._next()
                if run is not None:
                    execute(self._platform, run.id, cancel=self._stop)
                    continue
            except (SightlineError, RunCancelled) as error:
                _log.info("run_ended", error=str(error))
            self._stop.wait(_LOOK_EVERY_S)

    def _next(self) -> Run | None:
        waiting = self._platform.runs.list(RunFilter(state=RunState.QUEUED), limit=_MOST)
        return min(waiting, key=lambda run: (-run.priority, run.id), default=None)
