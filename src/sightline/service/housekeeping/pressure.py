"""Refuses new work while there is still room for the old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.core.errors import OutputFullError
from sightline.service.folder import free_bytes

if TYPE_CHECKING:
    from sightline.service.platform import Platform


def check_room(platform: Platform, *, wanted_bytes: int = 0) -> None:
    """Refuse a new upload or run that would leave too little for those under way.

    Work under way stops, resumably, below `min_free_bytes`; new work is refused `reserve_bytes` earlier.

    Args:
        platform: The adapters.
        wanted_bytes: How much the work is known to need.

    Raises:
        OutputFullError: There is too little room.
    """
    settings = platform.settings
    needed = settings.min_free_bytes + settings.reserve_bytes + wanted_bytes
    settings.results.mkdir(parents=True, exist_ok=True)
    free = free_bytes(settings.results)
    if free < needed:
        raise OutputFullError(
            f"{free / 1e6:.0f} MB are free where results go, {needed / 1e6:.0f} MB are wanted for new work",
            hint="free some room, let retention keep less, or lower SIGHTLINE_RESERVE_BYTES",
        )
