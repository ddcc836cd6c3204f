"""Copies the database, and keeps the newest copies."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_NAME = "sightline-{:%Y%m%d-%H%M%S}.db"


def back_up(platform: Platform, *, to: Path | None = None) -> Path:
    """Write a copy of the database while it is in use: to a file, or under `backups` among the newest that are kept.

    Raises:
        ConfigError: The database is backed up by tools of its own.
        OutputUnwritableError: It cannot be written.
    """
    if to is not None:
        return platform.upkeep.back_up(to)
    folder = platform.settings.home / "backups"
    now = datetime.fromtimestamp(platform.clock.now_s(), UTC)
    made = platform.upkeep.back_up(folder / _NAME.format(now))
    old = sorted(folder.glob("sightline-*.db"))[: -platform.settings.backups_kept]
    for path in old:
        path.unlink(missing_ok=True)
    return made


def back_up_in_turn(platform: Platform) -> Path | None:
    """Do it as a chore: only where copies are wanted, and the database is a file of ours."""
    settings = platform.settings
    if not settings.backups_kept or not settings.database.startswith("sqlite:"):
        return None
    return back_up(platform)
