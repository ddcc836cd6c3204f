"""Webhooks in memory, and a sender that goes nowhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.webhooks import Delivery, DeliveryState, Webhook


class MemoryWebhooks:
    """`WebhookStore` and `DeliveryStore` in dictionaries."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._webhooks: dict[str, Webhook] = {}
        self._deliveries: dict[str, Delivery] = {}

    def add(self, webhook: Webhook) -> None:
        with self._lock:
            if webhook.id in self._webhooks:
                raise ConflictError(f"there is already a webhook {webhook.id}")
            self._webhooks[webhook.id] = webhook

    def get(self, webhook_id: str) -> Webhook:
        with self._lock:
            if webhook_id not in self._webhooks:
                raise NotFoundError(f"there is no webhook {webhook_id!r}")
            return self._webhooks[webhook_id]

    def list(self, *, owner: str = "", limit: int = 100, before: str | None = None) -> Sequence[Webhook]:
        with self._lock:
            found = [
                one
                for one in self._webhooks.values()
                if owner in {"", one.owner} and (before is None or one.id < before)
            ]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def update(self, webhook: Webhook) -> Webhook:
        with self._lock:
            there = self._webhooks.get(webhook.id)
            if there is None or there.version != webhook.version:
                raise ConflictError(f"webhook {webhook.id} was changed or deleted by somebody else")
            self._webhooks[webhook.id] = replace(webhook, version=webhook.version + 1)
            return self._webhooks[webhook.id]

    def delete(self, webhook_id: str) -> None:
        with self._lock:
            self._webhooks.pop(webhook_id, None)
            mine = [one.id for one in self._deliveries.values() if one.webhook_id == webhook_id]
            for delivery_id in mine:
                del self._deliveries[delivery_id]

    def post(self, given: Sequence[Delivery]) -> None:
        with self._lock:
            for one in given:
                self._deliveries.setdefault(one.id, one)

    def claim(self, *, now_s: float, lease_s: float, limit: int = 50) -> Sequence[Delivery]:
        with self._lock:
            due = [
                one
                for one in self._deliveries.values()
                if one.state is DeliveryState.WAITING and one.next_s <= now_s
            ]
            due = sorted(due, key=lambda one: (one.next_s, one.id))[:limit]
            for one in due:
                self._deliveries[one.id] = replace(one, next_s=now_s + lease_s)
            return due

    def settle(self, delivery: Delivery) -> None:
        with self._lock:
            if delivery.id in self._deliveries:
                self._deliveries[delivery.id] = delivery

    def sent(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> Sequence[Delivery]:
        with self._lock:
            found = [
                one
                for one in self._deliveries.values()
                if one.webhook_id == webhook_id
                and state in {None, one.state}
                and (before is None or one.id < before)
            ]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def forget(self, *, before_s: float) -> int:
        with self._lock:
            old = [
                one.id
                for one in self._deliveries.values()
                if one.state is not DeliveryState.WAITING and one.updated_s < before_s
            ]
            for delivery_id in old:
                del self._deliveries[delivery_id]
            return len(old)


@dataclass
class FakeSender:
    """`WebhookSender` that notes what it was given.

    Attributes:
        answer: Gives the status for an address, or raises.
        sent: Address, body and headers of each message.
    """

    answer: Callable[[str], int] = lambda _: 200
    sent: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def send(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> int:
        self.sent.append((url, body, dict(headers)))
        return self.answer(url)
