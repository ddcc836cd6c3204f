"""Webhooks: where one's runs are told of, and what was sent there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.routes.accounts.users import Cursor, Limit
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import ConfigError, ConflictError, NotFoundError
from sightline.core.events import EventKind
from sightline.core.webhooks import ENDS, Delivery, DeliveryState, Webhook
from sightline.service.accounts.access import allow
from sightline.service.platform import Platform
from sightline.service.webhooks import manage

router = APIRouter(prefix=f"{PREFIX}/webhooks", tags=["webhooks"])
WebhookId = Annotated[str, Path(max_length=64, pattern=r"^[\w-]+$", description="Id of a webhook.")]
_Kinds = Annotated[list[EventKind], Field(min_length=1, max_length=len(EventKind))]


class NewWebhook(BaseModel):
    """Where to tell, and what."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        max_length=2000, description="https, or http; public unless an admin allowed its network."
    )
    kinds: _Kinds = Field(default=list(ENDS), description="Which events.")


class WebhookChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(default=None, max_length=2000)
    kinds: _Kinds | None = None
    active: bool | None = None
    new_secret: bool = Field(default=False, description="Make a new secret, which the answer shows.")


class WebhookView(BaseModel):
    """A webhook."""

    id: str
    url: str
    kinds: list[EventKind]
    active: bool
    reason: str = Field(description="Why it is not active; empty where that was chosen.")
    created_s: float
    secret: str | None = Field(default=None, description="Signs what is sent; shown when it is new.")


class WebhookPage(BaseModel):
    """Some webhooks."""

    items: list[WebhookView]
    next_cursor: str | None


class DeliveryView(BaseModel):
    """One message on its way."""

    id: str = Field(description="Its `webhook-id`.")
    pipeline_id: str
    kind: EventKind
    state: DeliveryState
    attempts: int
    status: int = Field(description="What the address answered last; 0 where nothing.")
    error: str
    created_s: float
    updated_s: float


class DeliveryPage(BaseModel):
    """Some messages."""

    items: list[DeliveryView]
    next_cursor: str | None


class Replayed(BaseModel):
    """Messages that are sent again."""

    ids: list[str]


@router.get("", operation_id="list_webhooks", summary="List webhooks", responses=listed())
def list_webhooks(
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("webhooks.read"))],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> WebhookPage:
    """Give one page of one's own, newest first."""
    found = platform.webhooks.list(owner=who.user_id, limit=limit + 1, before=cursor)
    page = found[:limit]
    return WebhookPage(
        items=[_view(one) for one in page], next_cursor=page[-1].id if len(found) > limit else None
    )


@router.post(
    "",
    operation_id="create_webhook",
    summary="Make a webhook",
    status_code=201,
    responses=listed(ConfigError, ConflictError),
)
def create_webhook(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("webhooks.create"))], given: NewWebhook
) -> WebhookView:
    """Have one's runs told of; the secret that signs it is shown this once."""
    made = manage.make_webhook(platform, owner=who.user_id, url=given.url, kinds=given.kinds)
    return _view(made, secret=manage.secret_for(platform, made))


@router.get(
    "/{webhook_id}", operation_id="get_webhook", summary="Look at a webhook", responses=listed(NotFoundError)
)
def get_webhook(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("webhooks.read"))], webhook_id: WebhookId
) -> WebhookView:
    """Give it without its secret."""
    return _view(_owned(platform, who, "webhooks.read", webhook_id))


@router.patch(
    "/{webhook_id}",
    operation_id="change_webhook",
    summary="Change a webhook",
    responses=listed(NotFoundError, ConfigError, ConflictError),
)
def change_webhook(
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("webhooks.change"))],
    webhook_id: WebhookId,
    given: WebhookChange,
) -> WebhookView:
    """Change its address, what it is told, its secret, or whether it is told anything."""
    found = _owned(platform, who, "webhooks.change", webhook_id)
    changed = manage.change_webhook(
        platform,
        found,
        url=given.url,
        kinds=given.kinds,
        active=given.active,
        new_secret=given.new_secret,
    )
    return _view(changed, secret=manage.secret_for(platform, changed) if given.new_secret else None)


@router.delete(
    "/{webhook_id}",
    operation_id="delete_webhook",
    summary="Delete a webhook",
    status_code=204,
    responses=listed(NotFoundError),
)
def delete_webhook(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("webhooks.delete"))], webhook_id: WebhookId
) -> None:
    """Forget it and all that was sent to it."""
    platform.webhooks.delete(_owned(platform, who, "webhooks.delete", webhook_id).id)


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="list_deliveries",
    summary="List what was sent to a webhook",
    responses=listed(NotFoundError),
)
def list_deliveries(
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("webhooks.read"))],
    webhook_id: WebhookId,
    state: Annotated[DeliveryState | None, Query(description="Only those; `dead` for dead letters.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """Give one page, newest first."""
    found = _owned(platform, who, "webhooks.read", webhook_id)
    sent = platform.deliveries.sent(found.id, state=state, limit=limit + 1, before=cursor)
    page = sent[:limit]
    return DeliveryPage(
        items=[_told(one) for one in page], next_cursor=page[-1].id if len(sent) > limit else None
    )


@router.post(
    "/{webhook_id}/replay",
    operation_id="replay_deliveries",
    summary="Send dead letters again",
    responses=listed(NotFoundError),
)
def replay_deliveries(
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("webhooks.change"))],
    webhook_id: WebhookId,
    delivery: Annotated[str | None, Query(max_length=64, description="Only this one.")] = None,
) -> Replayed:
    """Let all dead letters of a webhook, or one, be tried again as if they were new."""
    found = _owned(platform, who, "webhooks.change", webhook_id)
    again = manage.replay(platform, found.id, None if delivery is None else [delivery])
    return Replayed(ids=[one.id for one in again])


def _owned(platform: Platform, who: Principal, action: str, webhook_id: str) -> Webhook:
    found = platform.webhooks.get(webhook_id)
    missing = NotFoundError(f"there is no webhook {webhook_id!r}")
    allow(who, action, owner_id=found.owner, missing=missing)
    return found


def _view(webhook: Webhook, *, secret: str | None = None) -> WebhookView:
    return WebhookView(
        id=webhook.id,
        url=webhook.url,
        kinds=list(webhook.kinds),
        active=webhook.active,
        reason=webhook.reason,
        created_s=webhook.created_s,
        secret=secret,
    )


def _told(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        id=delivery.id,
        pipeline_id=delivery.run_id,
        kind=delivery.kind,
        state=delivery.state,
        attempts=delivery.attempts,
        status=delivery.status,
        error=delivery.error,
        created_s=delivery.created_s,
        updated_s=delivery.updated_s,
    )
