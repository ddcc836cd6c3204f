"""Several workers in one process, each with a process of its own for its runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from sightline.service.execute import this_process
from sightline.service.jobs.relay import keep_relaying
from sightline.service.jobs.work import Runner, Worker
from sightline.worker.process import RunProcess

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_log = structlog.get_logger()


class WorkerPool:
    """Carries out as many runs at once as it has slots; the cores are shared between them.

    Args:
        platform: The adapters.
        slots: How many; none at all is possible too.
        relays: Also hand stored events to the bus.
        niceness: By how much its runs give way to others when the processor is short.
        runner: Makes what carries a slot's orders out; a process of its own by default.
    """

    def __init__(
        self,
        platform: Platform,
        slots: int,
        *,
        relays: bool = False,
        niceness: int = 0,
        runner: Callable[[], Runner] | None = None,
    ) -> None:
        self._platform = platform
        self._slots = slots
        self._niceness = niceness
        self._processes: list[RunProcess] = []
        self._closing = threading.Event()
        make = runner or self._process
        self._threads = [
            threading.Thread(
                target=Worker(platform, make(), name=f"{this_process()}/{slot}", closing=self._closing).work,
                name=f"sightline-worker-{slot}",
            )
            for slot in range(slots)
        ]
        if relays:
            relay = threading.Thread(
                target=keep_relaying, args=(platform, self._closing), name="sightline-relay"
            )
            self._threads.append(relay)

    def start(self) -> None:
        """Take jobs from now on."""
        _log.info("workers_started", slots=self._slots)
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop: runs under way go back to the queue, with all that they have committed."""
        self._closing.set()
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.close()
        _log.info("workers_stopped", slots=self._slots)

    def _process(self) -> Runner:
        settings = self._platform.settings
        share = settings.threads or max(1, self._platform.machine.cores // self._slots)
        process = RunProcess(settings.model_copy(update={"threads": share, "run_niceness": self._niceness}))
        self._processes.append(process)
        return process
