"""Users; for admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.views.accounts import InvitedView, NewUser, UserChanges, UserPage, UserView
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import ConfigError, ConflictError, NotFoundError
from sightline.service.accounts import users

router = APIRouter(prefix=f"{PREFIX}/users", tags=["users"])
UserId = Annotated[str, Path(max_length=64, pattern=r"^[\w-]+$", description="Id of a user.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Most to give.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]


@router.get(
    "",
    operation_id="list_users",
    summary="List users, newest first",
    dependencies=[Depends(may("users.read"))],
    responses=listed(),
)
def list_users(platform: PlatformHere, limit: Limit = 50, cursor: Cursor = None) -> UserPage:
    """Give one page."""
    found = users.list_users(platform, limit=limit + 1, before=cursor)
    page = found[:limit]
    return UserPage(
        items=[UserView.of(user) for user in page], next_cursor=page[-1].id if len(found) > limit else None
    )


@router.post(
    "",
    operation_id="create_user",
    summary="Make a user",
    status_code=201,
    responses=listed(ConfigError, ConflictError),
)
def create_user(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("users.create"))], given: NewUser
) -> InvitedView:
    """Make them, without a password, and give the link with which they set one."""
    invited = users.add_user(platform, who, given.name, given.role)
    return InvitedView(user=UserView.of(invited.user), setup_path=users.setup_path(invited.setup_token))


@router.get(
    "/{user_id}",
    operation_id="get_user",
    summary="Show a user",
    dependencies=[Depends(may("users.read"))],
    responses=listed(NotFoundError),
)
def get_user(platform: PlatformHere, user_id: UserId) -> UserView:
    """Give them as they are."""
    return UserView.of(users.get_user(platform, user_id))


@router.patch(
    "/{user_id}",
    operation_id="change_user",
    summary="Change a user's role, or shut them out",
    responses=listed(NotFoundError, ConflictError),
)
def change_user(
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("users.change"))],
    user_id: UserId,
    given: UserChanges,
) -> UserView:
    """Change them; it counts from their next request on."""
    change = users.UserChange(role=given.role, active=given.active)
    return UserView.of(users.change_user(platform, who, user_id, change))


@router.post(
    "/{user_id}/invite",
    operation_id="invite_user",
    summary="Give a user a new link to set a password",
    responses=listed(NotFoundError),
)
def invite_user(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("users.change"))], user_id: UserId
) -> InvitedView:
    """Give a link for somebody who has lost the password, or the first link."""
    invited = users.invite_again(platform, who, user_id)
    return InvitedView(user=UserView.of(invited.user), setup_path=users.setup_path(invited.setup_token))


@router.delete(
    "/{user_id}",
    operation_id="delete_user",
    summary="Forget a user",
    status_code=204,
    responses=listed(NotFoundError, ConflictError),
)
def delete_user(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("users.delete"))], user_id: UserId
) -> None:
    """Forget them, their keys and sessions; their runs and videos stay, for admins."""
    users.delete_user(platform, who, user_id)
