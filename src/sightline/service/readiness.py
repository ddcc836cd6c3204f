"""Asks what a server depends on whether it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sightline.core.errors import SightlineError
from sightline.service.folder import free_bytes

if TYPE_CHECKING:
    from sightline.service.platform import Platform


@dataclass(frozen=True, slots=True)
class Answer:
    """What one dependency said.

    Attributes:
        name: Which.
        ok: Whether it can be worked with.
        detail: What is wrong with it; empty where nothing is.
    """

    name: str
    ok: bool
    detail: str = ""


def check_readiness(platform: Platform) -> Sequence[Answer]:
    """Ask every dependency; never raises."""
    checks: dict[str, Callable[[Platform], str]] = {"database": _database, "disk": _disk}
    services: dict[str, Callable[[Platform], str]] = {
        name: partial(_service, name=name) for name in platform.breakers
    }
    return [_asked(name, check, platform) for name, check in {**checks, **services}.items()]


def _asked(name: str, check: Callable[[Platform], str], platform: Platform) -> Answer:
    try:
        wrong = check(platform)
    except (SightlineError, OSError) as error:
        wrong = str(error)
    return Answer(name, not wrong, wrong)


def _database(platform: Platform) -> str:
    platform.runs.list(limit=1)
    return ""


def _disk(platform: Platform) -> str:
    home = platform.settings.home
    home.mkdir(parents=True, exist_ok=True)
    free, wanted = free_bytes(home), platform.settings.min_free_bytes
    return "" if free >= wanted else f"{free / 1e6:.0f} MB are free, {wanted / 1e6:.0f} MB are wanted"


def _service(platform: Platform, *, name: str) -> str:
    """Ask an outside service; while its breaker is open that costs nothing."""
    platform.breakers.ask(name)
    return platform.breakers[name].report().reason
