"""Waits in tests for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(holds: Callable[[], T], seconds: float = 60) -> T:
    """Give what `holds` gives as soon as that is true; fail when the time is up."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"it took longer than {seconds} s"
        time.sleep(0.05)
    return found
