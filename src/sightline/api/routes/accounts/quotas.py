"""Limits on what each user may have and do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.routes.accounts.users import UserId
from sightline.api.views.accounts import Limits, QuotaView
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import ConflictError, NotFoundError
from sightline.service.accounts import quotas, users
from sightline.service.accounts.access import allow
from sightline.service.platform import Platform

router = APIRouter(prefix=f"{PREFIX}/quotas", tags=["quotas"])
Reader = Annotated[Principal, Depends(may("quotas.read"))]


@router.get("", operation_id="my_quota", summary="One's own limits, and what is used", responses=listed())
def my_quota(platform: PlatformHere, who: Reader) -> QuotaView:
    """Say how much is left."""
    return _shown(platform, who.user_id)


@router.get(
    "/{user_id}",
    operation_id="get_quota",
    summary="A user's limits, and what is used",
    responses=listed(NotFoundError),
)
def get_quota(platform: PlatformHere, who: Reader, user_id: UserId) -> QuotaView:
    """Say how much somebody has left."""
    missing = NotFoundError(f"there is no user {user_id!r}")
    allow(who, "quotas.read", owner_id=user_id, missing=missing)
    users.get_user(platform, user_id)
    return _shown(platform, user_id)


@router.put(
    "/{user_id}",
    operation_id="change_quota",
    summary="Set a user's limits",
    responses=listed(NotFoundError, ConflictError),
)
def change_quota(
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("quotas.change"))],
    user_id: UserId,
    given: Limits,
) -> QuotaView:
    """Set them; they count from the next run or upload on."""
    users.change_user(platform, who, user_id, users.UserChange(quota=given.to_quota()))
    return _shown(platform, user_id)


def _shown(platform: Platform, user_id: str) -> QuotaView:
    used = quotas.usage_of(platform, user_id)
    return QuotaView(
        user_id=user_id,
        limits=Limits.of(quotas.quota_of(platform, user_id)),
        stored_bytes=quotas.stored_bytes(platform, user_id),
        runs_today=used.runs_today,
        runs_under_way=used.runs_under_way,
    )
