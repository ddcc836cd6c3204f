"""Keeps webhooks and their deliveries in the SQL database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sightline.adapters.sql.connection import InDatabase
from sightline.adapters.sql.schema.webhooks import deliveries, webhooks
from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.events import EventKind
from sightline.core.webhooks import Delivery, DeliveryState, Webhook


class SqlWebhooks(InDatabase):
    """`WebhookStore` and `DeliveryStore` in SQLite or PostgreSQL."""

    # --- WebhookStore -------------------------------------------------------------------------------------

    def add(self, webhook: Webhook) -> None:
        """Store a new webhook; raises `ConflictError` where its id is taken."""
        with self._database.writing() as connection:
            try:
                connection.execute(insert(webhooks).values(**_webhook_row(webhook)))
            except IntegrityError:
                raise ConflictError(f"there is already a webhook {webhook.id}") from None

    def get(self, webhook_id: str) -> Webhook:
        """Raises `NotFoundError`."""
        with self._database.reading() as connection:
            row = connection.execute(select(webhooks).where(webhooks.c.id == webhook_id)).mappings().first()
        if row is None:
            raise NotFoundError(f"there is no webhook {webhook_id!r}")
        return _webhook(row)

    def list(self, *, owner: str = "", limit: int = 100, before: str | None = None) -> Sequence[Webhook]:
        """Newest first, of one user or of all; `before` is the last id of the page before."""
        query = select(webhooks).order_by(webhooks.c.id.desc()).limit(limit)
        if owner:
            query = query.where(webhooks.c.owner == owner)
        if before is not None:
            query = query.where(webhooks.c.id < before)
        with self._database.reading() as connection:
            return [_webhook(row) for row in connection.execute(query).mappings()]

    def update(self, webhook: Webhook) -> Webhook:
        """Store a change; refuses an old `version` with `ConflictError`."""
        changed = replace(webhook, version=webhook.version + 1)
        mine = (webhooks.c.id == webhook.id) & (webhooks.c.version == webhook.version)
        with self._database.writing() as connection:
            if not connection.execute(update(webhooks).where(mine).values(**_webhook_row(changed))).rowcount:
                raise ConflictError(
                    f"webhook {webhook.id} was changed or deleted by somebody else",
                    hint="read it again, then change it",
                )
        return changed

    def delete(self, webhook_id: str) -> None:
        """Forget a webhook and all that was sent to it; does nothing where there is none."""
        with self._database.writing() as connection:
            connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))

    # --- DeliveryStore ------------------------------------------------------------------------------------

    def post(self, given: Sequence[Delivery]) -> None:
        """Store deliveries that are not there yet."""
        with self._database.writing() as connection:
            self._database.lock(connection, deliveries.name)
            ids = [one.id for one in given]
            there = set(connection.scalars(select(deliveries.c.id).where(deliveries.c.id.in_(ids))))
            rows = {one.id: _delivery_row(one) for one in given if one.id not in there}
            if rows:
                connection.execute(insert(deliveries), list(rows.values()))

    def claim(self, *, now_s: float, lease_s: float, limit: int = 50) -> Sequence[Delivery]:
        """Give those that are due, and nobody else for a while."""
        due = (deliveries.c.state == DeliveryState.WAITING.value) & (deliveries.c.next_s <= now_s)
        query = select(deliveries).where(due).order_by(deliveries.c.next_s, deliveries.c.id).limit(limit)
        with self._database.reading() as connection:  # most often there is none, and that holds nobody up
            if connection.execute(select(deliveries.c.id).where(due).limit(1)).first() is None:
                return []
        with self._database.writing() as connection:
            found = [
                _delivery(row)
                for row in connection.execute(query.with_for_update(skip_locked=True)).mappings()
            ]
            ids = [one.id for one in found]
            connection.execute(
                update(deliveries).where(deliveries.c.id.in_(ids)).values(next_s=now_s + lease_s)
            )
        return found

    def settle(self, delivery: Delivery) -> None:
        """Store what came of a try; does nothing where the webhook is gone."""
        row = _delivery_row(delivery)
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**row))

    def sent(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> Sequence[Delivery]:
        """A webhook's deliveries, newest first; `before` is the last id of the page before."""
        query = select(deliveries).where(deliveries.c.webhook_id == webhook_id)
        if state is not None:
            query = query.where(deliveries.c.state == state.value)
        if before is not None:
            query = query.where(deliveries.c.id < before)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(deliveries.c.id.desc()).limit(limit)).mappings()
            return [_delivery(row) for row in rows]

    def forget(self, *, before_s: float) -> int:
        """Drop what was delivered, or died, before a time; give how many."""
        old = (deliveries.c.state != DeliveryState.WAITING.value) & (deliveries.c.updated_s < before_s)
        with self._database.writing() as connection:
            return int(connection.execute(delete(deliveries).where(old)).rowcount)


def _webhook_row(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "owner": webhook.owner,
        "url": webhook.url,
        "kinds": json.dumps([kind.value for kind in webhook.kinds]),
        "secret": webhook.seed,
        "active": webhook.active,
        "reason": webhook.reason,
        "created_s": webhook.created_s,
        "version": webhook.version,
    }


def _webhook(row: RowMapping) -> Webhook:
    plain = {name: value for name, value in row.items() if name != "secret"}
    kinds = tuple(EventKind(kind) for kind in json.loads(row["kinds"]))
    return Webhook(**{**plain, "seed": row["secret"], "kinds": kinds})


def _delivery_row(delivery: Delivery) -> dict[str, Any]:
    row = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}
    return {**row, "kind": delivery.kind.value, "state": delivery.state.value}


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(**{**row, "kind": EventKind(row["kind"]), "state": DeliveryState(row["state"])})
