"""Addresses that are told about runs, and what is on its way to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sightline.core.webhooks import Delivery, DeliveryState, Webhook


class WebhookStore(Protocol):
    """Addresses that are told about runs."""

    def add(self, webhook: Webhook) -> None:
        """Store a new webhook; raises `ConflictError` where its id is taken."""
        ...

    def get(self, webhook_id: str) -> Webhook:
        """Raises `NotFoundError`."""
        ...

    def list(self, *, owner: str = "", limit: int = 100, before: str | None = None) -> Sequence[Webhook]:
        """Newest first, of one user or of all; `before` is the last id of the page before."""
        ...

    def update(self, webhook: Webhook) -> Webhook:
        """Store a change; refuses an old `version` with `ConflictError`."""
        ...

    def delete(self, webhook_id: str) -> None:
        """Forget a webhook and all that was sent to it; does nothing where there is none."""
        ...


class DeliveryStore(Protocol):
    """What is on its way to webhooks, beside their `WebhookStore` and in the same database."""

    def post(self, given: Sequence[Delivery]) -> None:
        """Store deliveries that are not there yet."""
        ...

    def claim(self, *, now_s: float, lease_s: float, limit: int = 50) -> Sequence[Delivery]:
        """Give those that are due, and to nobody else for a while."""
        ...

    def settle(self, delivery: Delivery) -> None:
        """Store what came of a try; does nothing where the webhook is gone."""
        ...

    def sent(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> Sequence[Delivery]:
        """A webhook's deliveries, newest first; `before` is the last id of the page before."""
        ...

    def forget(self, *, before_s: float) -> int:
        """Drop what was delivered, or died, before a time; give how many."""
        ...


class WebhookSender(Protocol):
    """Brings a message to an address in the outside world."""

    def send(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> int:
        """Give the HTTP status of the answer; follows no redirect.

        Raises:
            AddressRefusedError: It leads where nothing may be sent.
            AdapterUnavailableError: Nobody answers.
        """
        ...
