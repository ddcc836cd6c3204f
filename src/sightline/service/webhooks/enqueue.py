"""Turns stored events into deliveries, one for each webhook that wants them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sightline.core.errors import RunNotFoundError
from sightline.core.webhooks import Delivery, Webhook, delivery_id

if TYPE_CHECKING:
    from sightline.core.events import RunEvent
    from sightline.core.runs import Run
    from sightline.service.platform import Platform

_MOST_WEBHOOKS = 1000


def enqueue(platform: Platform, events: Sequence[RunEvent]) -> int:
    """Store a delivery for each event and webhook of its run's owner; give how many that were.

    Called before events leave the outbox. The same event again changes nothing, so a relay that dies half way
    loses none and doubles none.
    """
    active = [one for one in platform.webhooks.list(limit=_MOST_WEBHOOKS) if one.active]
    wanted = {kind for one in active for kind in one.kinds}
    found: list[Delivery] = []
    for event in events:
        if event.kind in wanted and (run := _run_of(platform, event)) is not None:
            found += [
                _delivery(event, run, one)
                for one in active
                if event.kind in one.kinds and one.owner == run.owner
            ]
    if found:
        platform.deliveries.post(found)
    return len(found)


def _run_of(platform: Platform, event: RunEvent) -> Run | None:
    try:
        return platform.runs.get(event.run_id)
    except RunNotFoundError:  # deleted meanwhile
        return None


def _delivery(event: RunEvent, run: Run, webhook: Webhook) -> Delivery:
    told = {
        "type": event.kind.value,
        "timestamp": datetime.fromtimestamp(event.t_s, UTC).isoformat(),
        "data": {
            "pipeline_id": run.id,
            "app": run.app,
            "tags": list(run.tags),
            "stage": event.stage,
            "cursor": event.cursor,
            **dict(event.details),
        },
    }
    return Delivery(
        id=delivery_id(webhook.id, event),
        webhook_id=webhook.id,
        run_id=event.run_id,
        kind=event.kind,
        body=json.dumps(told, separators=(",", ":")),
        created_s=event.t_s,
        updated_s=event.t_s,
    )
