"""Groups and who is in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.routes.accounts.users import Cursor, Limit, UserId
from sightline.api.views.accounts import GroupPage, GroupView, Member, MemberList, NewGroup
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import ConfigError, ConflictError, NotFoundError
from sightline.service.accounts import groups

router = APIRouter(prefix=f"{PREFIX}/groups", tags=["groups"])
GroupId = Annotated[str, Path(max_length=64, pattern=r"^[\w-]+$", description="Id of a group.")]
Changer = Annotated[Principal, Depends(may("groups.change"))]


@router.get(
    "",
    operation_id="list_groups",
    summary="List groups, newest first",
    dependencies=[Depends(may("groups.read"))],
    responses=listed(),
)
def list_groups(platform: PlatformHere, limit: Limit = 50, cursor: Cursor = None) -> GroupPage:
    """Give one page."""
    found = groups.list_groups(platform, limit=limit + 1, before=cursor)
    page = found[:limit]
    return GroupPage(
        items=[GroupView.of(one) for one in page], next_cursor=page[-1].id if len(found) > limit else None
    )


@router.post(
    "",
    operation_id="create_group",
    summary="Make a group",
    status_code=201,
    responses=listed(ConfigError, ConflictError),
)
def create_group(platform: PlatformHere, who: Changer, given: NewGroup) -> GroupView:
    """Make one without members."""
    return GroupView.of(groups.add_group(platform, who, given.name))


@router.delete(
    "/{group_id}",
    operation_id="delete_group",
    summary="Forget a group",
    status_code=204,
    responses=listed(NotFoundError),
)
def delete_group(platform: PlatformHere, who: Changer, group_id: GroupId) -> None:
    """Forget it; what was shared with it is not shared any more."""
    groups.delete_group(platform, who, group_id)


@router.get(
    "/{group_id}/members",
    operation_id="list_members",
    summary="Who is in a group",
    responses=listed(NotFoundError),
)
def list_members(
    platform: PlatformHere, who: Annotated[Principal, Depends(may("groups.read"))], group_id: GroupId
) -> MemberList:
    """Tell admins and members."""
    found = groups.members(platform, who, group_id)
    return MemberList(items=[Member(id=user.id, name=user.name) for user in found])


@router.put(
    "/{group_id}/members/{user_id}",
    operation_id="add_member",
    summary="Take a user into a group",
    status_code=204,
    responses=listed(NotFoundError),
)
def add_member(platform: PlatformHere, who: Changer, group_id: GroupId, user_id: UserId) -> None:
    """Take them in; one who is in it already stays."""
    groups.add_member(platform, who, group_id, user_id)


@router.delete(
    "/{group_id}/members/{user_id}",
    operation_id="remove_member",
    summary="Take a user out of a group",
    status_code=204,
    responses=listed(NotFoundError),
)
def remove_member(platform: PlatformHere, who: Changer, group_id: GroupId, user_id: UserId) -> None:
    """Take them out; what is shared with the group is closed to them at once."""
    groups.remove_member(platform, who, group_id, user_id)
