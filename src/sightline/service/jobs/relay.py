"""Hands stored events to the bus.

Events commit together with what they report and wait in the outbox until they have reached the bus: at least once,
and those of one run in order. Whoever must see each exactly once follows by cursor; see `follow`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.service.platform import Platform


def relay(platform: Platform, *, run_id: str | None = None) -> int:
    """Publish what waits, of one run or of all, and give how many events that was."""
    total = 0
    while waiting := platform.outbox.pending(run_id=run_id):
        for _, event in waiting:
            platform.bus.publish(event)
        platform.outbox.sent([number for number, _ in waiting])
        total += len(waiting)
    return total
