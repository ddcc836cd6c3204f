"""Names to implementations, by entry point, imported on first use.

A group is `sightline.<port>`; anyone's package may add to it, and the built-ins are declared the same way
in `pyproject.toml`.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sightline.core.errors import UnknownPluginError

GROUPS = {
    "models": "model family",
    "runtimes": "runtime",
    "trackers": "tracker",
    "apps": "application",
    "runs": "run store",
    "queues": "queue",
    "buses": "bus",
    "locks": "lock",
    "objects": "object store",
    "limits": "limiter",
    "scenes": "scene",
    "exports": "export format",
}
"""Group -> what one of it is called."""


@cache
def _installed() -> Any:
    """Look once at what is installed: asking for one group takes as long as for all."""
    return entry_points()


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in sorted(_installed().select(group=f"sightline.{group}"))}


def names(group: str) -> tuple[str, ...]:
    """Give the names that are installed for a group, sorted, importing nothing."""
    return tuple(_entries(group))


def load(group: str, name: str) -> Any:
    """Give the implementation of that name.

    Raises:
        UnknownPluginError: None is installed; the hint names close ones.
    """
    entries = _entries(group)
    if name not in entries:
        near = get_close_matches(name, entries, n=3)
        raise UnknownPluginError(
            f"no {GROUPS.get(group, group)} is called {name!r}",
            hint=f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(entries)}",
        )
    return entries[name].load()
