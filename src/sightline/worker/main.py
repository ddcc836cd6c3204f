"""Works until it is told to stop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sightline.service.jobs.relay import keep_relaying
from sightline.worker.pool import WorkerPool

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_LOOK_EVERY_S = 0.2


def work(platform: Platform, slots: int, asked: threading.Event) -> None:
    """Carry queued runs out until `asked` is set; what is under way then goes back to the queue.

    Where the bus reaches other processes, stored events are handed to it from here too; a bus in memory has its
    listeners in the server, which sees to it.
    """
    pool = WorkerPool(platform, slots)
    relays = threading.Thread(target=keep_relaying, args=(platform, asked), name="sightline-relay")
    pool.start()
    if platform.settings.bus != "memory":
        relays.start()
    try:
        while not asked.wait(_LOOK_EVERY_S):  # in short waits, so that a second Ctrl-C is heard
            pass
    finally:
        asked.set()
        pool.close()
        if relays.is_alive():
            relays.join()
