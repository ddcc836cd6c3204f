"""Opens the platform for a command, and lets the user stop it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.service.platform import Platform
    from sightline.settings import Settings


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
