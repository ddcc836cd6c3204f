"""API keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.routes.accounts.users import Cursor, Limit
from sightline.api.views.accounts import KeyPage, KeyView, NewKeyView, NewKeyWanted
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal, Role
from sightline.core.errors import AccessDeniedError, ConfigError, ConflictError, NotFoundError
from sightline.service.accounts import keys

router = APIRouter(prefix=f"{PREFIX}/keys", tags=["keys"])
KeyId = Annotated[str, Path(max_length=64, pattern=r"^[\w-]+$", description="Id of a key.")]


@router.get("", operation_id="list_keys", summary="List API keys", responses=listed())
def list_keys(
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("keys.read"))],
    everybody: Annotated[bool, Query(description="Those of all users; for admins.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> KeyPage:
    """Give one page of one's own keys, or of everybody's."""
    if everybody and who.role is not Role.ADMIN:
        raise AccessDeniedError(f"{who.role} {who.name} may not see others' keys", hint="ask an admin")
    found = keys.list_keys(platform, None if everybody else who.user_id, limit=limit + 1, before=cursor)
    page = found[:limit]
    return KeyPage(
        items=[KeyView.of(key) for key in page], next_cursor=page[-1].id if len(found) > limit else None
    )


@router.post(
    "",
    operation_id="create_key",
    summary="Make an API key",
    status_code=201,
    responses=listed(ConfigError, AccessDeniedError),
)
def create_key(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("keys.create"))], given: NewKeyWanted
) -> NewKeyView:
    """Make a key of one's own; its text is shown this once."""
    made = keys.add_key(platform, who, given.name, given.scopes, ttl_s=given.ttl_s)
    return NewKeyView(key=KeyView.of(made.key), text=made.text)


@router.delete(
    "/{key_id}",
    operation_id="revoke_key",
    summary="Revoke an API key",
    responses=listed(NotFoundError, ConflictError),
)
def revoke_key(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("keys.delete"))], key_id: KeyId
) -> KeyView:
    """End it at once; it stays in the list."""
    return KeyView.of(keys.revoke_key(platform, who, key_id))
