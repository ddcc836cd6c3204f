"""Hands stored events to the bus.

Events commit together with what they report and wait in the outbox until they have reached the bus: at least once,
and those of one run in order. Whoever must see each exactly once follows by cursor; see `follow`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.core.errors import AdapterError, SightlineError
from sightline.service.webhooks.enqueue import enqueue as enqueue_webhooks

if TYPE_CHECKING:
    from threading import Event

    from sightline.core.events import RunEvent
    from sightline.service.platform import Platform


_log = structlog.get_logger()
_LOOK_EVERY_S = 0.2
_TROUBLE_WAIT_S = 2.0


def relay(platform: Platform, *, run_id: str | None = None) -> int:
    """Publish what waits, of one run or of all, and give how many events that was.

    Deliveries to webhooks are stored first: an event leaves the outbox when nobody can be forgotten any more.
    """
    total = 0
    while waiting := platform.outbox.pending(run_id=run_id):
        enqueue_webhooks(platform, [event for _, event in waiting])
        for _, event in waiting:
            platform.bus.publish(event)
        platform.outbox.sent([number for number, _ in waiting])
        total += len(waiting)
    return total


def tell(platform: Platform, event: RunEvent) -> None:
    """Publish what is of interest now and is not kept; a bus that is away holds up nothing and fails nothing."""
    try:
        platform.bus.publish(event)
    except AdapterError as error:
        _log.debug("not_told", kind=event.kind.value, run=event.run_id, error=str(error))


def relay_if_there(platform: Platform, run_id: str) -> None:
    """Publish what waits of one run; where the bus is away it goes on waiting, and the run does not."""
    try:
        relay(platform, run_id=run_id)
    except AdapterError as error:
        _log.debug("relay_waits", run=run_id, error=str(error))


def keep_relaying(platform: Platform, closing: Event) -> None:
    """Publish what waits, again and again until it is closed; trouble is logged and waited for, and never ends it."""
    while not closing.wait(_LOOK_EVERY_S):
        try:
            relay(platform)
        except SightlineError as error:
            _log.warning("relay_waits", code=error.code, error=str(error))
            closing.wait(_TROUBLE_WAIT_S)
