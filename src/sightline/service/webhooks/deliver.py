"""Sends what is due, and decides what becomes of a delivery that failed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from sightline.core.errors import (
    AdapterUnavailableError,
    AddressRefusedError,
    ConflictError,
    NotFoundError,
)
from sightline.core.webhooks import Delivery, DeliveryState, Webhook, signed_headers
from sightline.service.webhooks.manage import secret_for

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_AT_ONCE = 20
_GONE = 410  # the address says that it wants no more, as the Standard Webhooks specification has it
_LONGEST_WAIT_S = 6 * 3600.0


def deliver_due(platform: Platform) -> int:
    """Send what is due now, each once; give how many were tried.

    A try that this process does not live to see is made again after its lease: at least once. Receivers tell a
    message that comes twice by its `webhook-id`.
    """
    settings = platform.settings
    lease_s = 2 * settings.webhook_timeout_s * _AT_ONCE
    due = platform.deliveries.claim(now_s=platform.clock.now_s(), lease_s=lease_s, limit=_AT_ONCE)
    for delivery in due:
        platform.deliveries.settle(_tried(platform, delivery))
    return len(due)


def _tried(platform: Platform, delivery: Delivery) -> Delivery:
    try:
        webhook = platform.webhooks.get(delivery.webhook_id)
    except NotFoundError:
        return replace(delivery, state=DeliveryState.DEAD, error="the webhook is gone")
    if not webhook.active:
        return replace(delivery, state=DeliveryState.DEAD, error="the webhook is not active")
    status, error = _send(platform, webhook, delivery)
    return _judged(platform, webhook, replace(delivery, status=status, error=error))


def _send(platform: Platform, webhook: Webhook, delivery: Delivery) -> tuple[int, str]:
    """Give the answer's status, 0 for none, and what was wrong."""
    body = delivery.body.encode()
    headers = signed_headers(secret_for(platform, webhook), delivery.id, body, now_s=platform.clock.now_s())
    try:
        status = platform.sender.send(
            webhook.url,
            body,
            {**headers, "content-type": "application/json", "user-agent": "sightline-webhooks"},
            timeout_s=platform.settings.webhook_timeout_s,
        )
    except (AdapterUnavailableError, AddressRefusedError) as error:
        return 0, str(error)
    return status, "" if 200 <= status < 300 else f"it answered {status}"


def _judged(platform: Platform, webhook: Webhook, tried: Delivery) -> Delivery:
    now_s, attempts = platform.clock.now_s(), tried.attempts + 1
    tried = replace(tried, attempts=attempts, updated_s=now_s)
    if not tried.error:
        return replace(tried, state=DeliveryState.DELIVERED)
    log = _log.bind(webhook=webhook.id, delivery=tried.id, attempts=attempts, error=tried.error)
    if tried.status == _GONE:
        _stop(platform, webhook, "the address answered 410: it wants no more")
    if tried.status == _GONE or attempts >= platform.settings.webhook_attempts:
        log.warning("delivery_dead")
        return replace(tried, state=DeliveryState.DEAD)
    log.info("delivery_failed")
    return replace(tried, next_s=now_s + _wait_s(platform, attempts))


def _wait_s(platform: Platform, failures: int) -> float:
    """Double with each failure; the jitter keeps those that failed together from coming back together."""
    base_s = platform.settings.webhook_retry_s * float(2 ** min(failures - 1, 20))
    return min(base_s, _LONGEST_WAIT_S) * platform.rng.uniform(0.5, 1.5)


def _stop(platform: Platform, webhook: Webhook, reason: str) -> None:
    try:
        platform.webhooks.update(replace(webhook, active=False, reason=reason))
    except ConflictError:  # its owner is changing it: that wins
        _log.info("webhook_changed_meanwhile", webhook=webhook.id)
