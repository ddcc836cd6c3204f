"""Makes, changes and looks at webhooks; replays what could not be delivered."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.webhooks import ENDS, Delivery, DeliveryState, Webhook, new_seed, secret_from
from sightline.service.accounts.tokens import derived_key
from sightline.service.submit import new_run_id

if TYPE_CHECKING:
    from sightline.core.events import EventKind
    from sightline.service.platform import Platform

_MOST = 50


def make_webhook(
    platform: Platform, *, owner: str, url: str, kinds: Sequence[EventKind] | None = None
) -> Webhook:
    """Store a new webhook with a secret of its own.

    Args:
        platform: The adapters.
        owner: About whose runs it is told.
        url: Where it is told.
        kinds: What it is told; how runs end by default.

    Raises:
        ConfigError: The address cannot be sent to.
        ConflictError: Its owner has as many as anybody may have.
    """
    if len(platform.webhooks.list(owner=owner, limit=_MOST)) >= _MOST:
        raise ConflictError(f"there are {_MOST} webhooks already", hint="delete one that is not needed")
    now_s = platform.clock.now_s()
    webhook = Webhook(
        id=new_run_id(now_s),
        owner=owner,
        url=url,
        kinds=tuple(sorted(set(ENDS if kinds is None else kinds))),
        seed=new_seed(secrets.token_bytes(24)),
        created_s=now_s,
    )
    platform.webhooks.add(webhook)
    return webhook


def secret_for(platform: Platform, webhook: Webhook) -> str:
    """Give the secret that signs what a webhook is sent; another server's key makes another one."""
    return secret_from(webhook.seed, derived_key(platform.settings, "webhook"))


def change_webhook(
    platform: Platform,
    webhook: Webhook,
    *,
    url: str | None = None,
    kinds: Sequence[EventKind] | None = None,
    active: bool | None = None,
    new_secret: bool = False,
) -> Webhook:
    """Change what is given and leave the rest; whoever makes it active again starts afresh."""
    changed = replace(
        webhook,
        url=webhook.url if url is None else url,
        kinds=webhook.kinds if kinds is None else tuple(sorted(set(kinds))),
        active=webhook.active if active is None else active,
        reason=webhook.reason if active is None else "",
        seed=new_seed(secrets.token_bytes(24)) if new_secret else webhook.seed,
    )
    return platform.webhooks.update(changed)


def replay(
    platform: Platform, webhook_id: str, delivery_ids: Sequence[str] | None = None
) -> Sequence[Delivery]:
    """Let dead deliveries be tried again, all of a webhook or those named.

    Raises:
        NotFoundError: One that is named is not among the webhook's dead.
    """
    dead = {one.id: one for one in platform.deliveries.sent(webhook_id, state=DeliveryState.DEAD, limit=1000)}
    wanted = list(dead) if delivery_ids is None else list(delivery_ids)
    if missing := [name for name in wanted if name not in dead]:
        raise NotFoundError(
            f"no dead delivery {missing[0]!r}", hint="only what could not be delivered is replayed"
        )
    now_s = platform.clock.now_s()
    again = [
        replace(dead[name], state=DeliveryState.WAITING, attempts=0, next_s=now_s, updated_s=now_s)
        for name in wanted
    ]
    for one in again:
        platform.deliveries.settle(one)
    return again
