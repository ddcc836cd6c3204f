"""The audit; for admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.routes.accounts.users import Cursor, Limit
from sightline.api.views.accounts import AuditPage, AuditView
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Outcome
from sightline.service.accounts.audit import list_audit

router = APIRouter(prefix=f"{PREFIX}/audit", tags=["audit"])


@router.get(
    "",
    operation_id="list_audit",
    summary="Every change and every refusal, newest first",
    dependencies=[Depends(may("audit.read"))],
    responses=listed(),
)
def entries(
    platform: PlatformHere,
    actor_id: Annotated[str | None, Query(max_length=64, description="Only this user's.")] = None,
    action: Annotated[str | None, Query(max_length=64, description="Only this, as in `runs.delete`.")] = None,
    outcome: Annotated[Outcome | None, Query(description="Only these.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditPage:
    """Give one page."""
    wanted = {"actor_id": actor_id, "action": action, "outcome": outcome}
    equals = {name: value for name, value in wanted.items() if value is not None}
    found = list_audit(platform, limit=limit + 1, before=cursor, **equals)
    page = found[:limit]
    return AuditPage(
        items=[AuditView.of(one) for one in page], next_cursor=page[-1].id if len(found) > limit else None
    )
