"""Works until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.worker.pool import WorkerPool

if TYPE_CHECKING:
    from threading import Event

    from sightline.service.platform import Platform

_LOOK_EVERY_S = 0.2


def work(platform: Platform, slots: int, asked: Event) -> None:
    """Carry queued runs out until `asked` is set; what is under way then goes back to the queue.

    Where the bus reaches other processes, stored events are handed to it from here too; a bus in memory has its
    listeners in the server, which sees to it.
    """
    pool = WorkerPool(platform, slots, relays=platform.settings.bus != "memory")
    pool.start()
    try:
        while not asked.wait(_LOOK_EVERY_S):  # in short waits, so that a second Ctrl-C is heard
            pass
    finally:
        pool.close()
