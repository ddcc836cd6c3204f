"""What has to be done from time to time, and the thread that sees to it inside a server.

Each chore is done by one process at a time: whoever holds its lock. Under Celery, beat calls the same ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from sightline.core.errors import SightlineError
from sightline.service.housekeeping.backup import back_up_in_turn
from sightline.service.housekeeping.leftovers import remove_leftovers
from sightline.service.housekeeping.retention import apply_retention
from sightline.service.jobs.relay import relay
from sightline.service.videos.uploads import give_up_expired
from sightline.service.webhooks.deliver import deliver_due

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_LOOK_EVERY_S = 0.5
_LEASE_S = 600.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is done every so often.

    Attributes:
        name: By which it is known.
        every_s: How long after its end it is done again, seconds.
        work: Does it, and gives what a log line should say.
    """

    name: str
    every_s: float
    work: Callable[[Platform], object]


CHORES = (
    Chore("relay", 1.0, relay),
    Chore("webhooks", 1.0, deliver_due),
    Chore("uploads", 600.0, give_up_expired),
    Chore("retention", 3600.0, apply_retention),
    Chore("leftovers", 3600.0, remove_leftovers),
    Chore("backup", 86_400.0, back_up_in_turn),
)
_BY_NAME: Mapping[str, Chore] = {one.name: one for one in CHORES}


def do_chore(platform: Platform, name: str) -> bool:
    """Do a chore unless another process is at it; False where it is, or where that failed, which the log tells."""
    try:
        lock = platform.locks.take(f"chore:{name}", lease_s=_LEASE_S)
        if lock is None:
            return False
        try:
            done = _BY_NAME[name].work(platform)
        finally:
            platform.locks.release(lock)
    except SightlineError as error:
        _log.warning("chore_failed", chore=name, code=error.code, error=str(error))
        return False
    if done:
        _log.info("chore_done", chore=name, done=str(done))
    return True


class Housekeeper:
    """Does chores in a thread of its own.

    Args:
        platform: The adapters.
        chores: Which; all of them by default.
    """

    def __init__(self, platform: Platform, chores: tuple[Chore, ...] = CHORES) -> None:
        self._platform = platform
        self._due_s = {one.name: platform.clock.monotonic_s() for one in chores}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sightline-housekeeper")

    def start(self) -> None:
        """Begin; a server that restarts often must not put chores off, so each is done at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the chore that is under way."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def tend(self) -> list[str]:
        """Do what is due, and give the names."""
        done = []
        for name, due_s in self._due_s.items():
            if self._platform.clock.monotonic_s() >= due_s and not self._closing.is_set():
                do_chore(self._platform, name)
                self._due_s[name] = self._platform.clock.monotonic_s() + _BY_NAME[name].every_s
                done.append(name)
        return done

    def _work(self) -> None:
        while not self._closing.wait(_LOOK_EVERY_S):
            self.tend()
