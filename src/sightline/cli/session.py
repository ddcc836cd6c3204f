"""Opens the platform for a command, and lets the user stop it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import structlog

from sightline.core.errors import AdapterUnavailableError

if TYPE_CHECKING:
    from sightline.service.platform import Platform
    from sightline.settings import Settings

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 15.0
_log = structlog.get_logger("sightline.cli")


def open_settings(**given: Any) -> Settings:
    """Read the settings and set the logs up; what the command line gives wins."""
    from sightline.cli.console import note
    from sightline.cli.logs import configure_logs
    from sightline.settings import read_settings, unknown_variables

    settings = read_settings(**given)
    configure_logs(settings)
    for name in unknown_variables(os.environ):
        note(f"warning: {name} names no setting; `sightline settings` lists them")
    return settings


def open_platform(**given: Any) -> Platform:
    """Give the platform; what the command line gives wins over the environment."""
    from sightline.bootstrap import build_platform

    return build_platform(open_settings(**given))


def await_platform(asked: threading.Event) -> Platform | None:
    """Give the platform once its database server answers; None where `asked` was set before it did.

    A machine that starts brings its services up all at once, and a database may be the last. One in a file of this
    machine has nobody to wait for: what it lacks is an error.

    Raises:
        AdapterUnavailableError: A database in a file cannot be opened.
    """
    from sightline.bootstrap import build_platform

    settings, wait_s = open_settings(), _FIRST_WAIT_S
    while True:
        try:
            return build_platform(settings)
        except AdapterUnavailableError as error:
            if settings.database.startswith("sqlite"):
                raise
            _log.warning("database_awaited", error=str(error), again_in_s=wait_s)
        if asked.wait(wait_s):
            return None
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C or SIGTERM sets; a second one interrupts at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
