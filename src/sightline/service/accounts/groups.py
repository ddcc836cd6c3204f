"""Groups of users, among whom runs and videos are shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sightline.core.accounts import Group, Membership, Principal, Role, User, plain_name
from sightline.core.errors import ConflictError, NotFoundError
from sightline.service.accounts.audit import entry, new_id

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_MOST_MEMBERS = 10_000


def add_group(platform: Platform, by: Principal, name: str) -> Group:
    """Make a group without members.

    Raises:
        ConfigError: That is not a name for a group.
        ConflictError: The name is taken.
    """
    now_s = platform.clock.now_s()
    group = Group(id=new_id(now_s), name=plain_name(name), created_s=now_s)
    platform.accounts.add(
        group, entry(platform, by, "groups.change", f"group:{group.id}", created=group.name)
    )
    return group


def list_groups(platform: Platform, *, limit: int = 100, before: str | None = None) -> Sequence[Group]:
    """Newest first."""
    return platform.accounts.find(Group, limit=limit, before=before)


def delete_group(platform: Platform, by: Principal, group_id: str) -> None:
    """Forget a group; what was shared with it is not shared any more."""
    group = _get(platform, group_id)
    platform.accounts.delete(
        group, entry(platform, by, "groups.change", f"group:{group.id}", deleted=group.name)
    )


def members(platform: Platform, by: Principal, group_id: str) -> Sequence[User]:
    """Who is in a group; told to admins and to members.

    Raises:
        NotFoundError: There is no such group, or they may not know who is in it.
    """
    group = _get(platform, group_id)
    if by.role is not Role.ADMIN and group.id not in by.group_ids:
        raise _missing(group_id)
    found = platform.accounts.find(Membership, group_id=group.id, limit=_MOST_MEMBERS)
    return [platform.accounts.get(User, one.user_id) for one in found]


def add_member(platform: Platform, by: Principal, group_id: str, user_id: str) -> None:
    """Take a user into a group; one who is in it already stays.

    Raises:
        NotFoundError: There is no such group or user.
    """
    group, user = _get(platform, group_id), platform.accounts.get(User, user_id)
    told = entry(platform, by, "groups.change", f"group:{group.id}", added=user.id)
    one = Membership(f"{group.id}:{user.id}", group.id, user.id)
    try:
        platform.accounts.get(Membership, one.id)
    except NotFoundError:
        try:
            platform.accounts.add(one, told)
        except ConflictError:  # somebody else has just done the same, or deleted one of the two
            platform.accounts.get(Membership, one.id)


def remove_member(platform: Platform, by: Principal, group_id: str, user_id: str) -> None:
    """Take a user out of a group.

    Raises:
        NotFoundError: They are not in it.
    """
    one = platform.accounts.get(Membership, f"{group_id}:{user_id}")
    platform.accounts.delete(
        one, entry(platform, by, "groups.change", f"group:{one.group_id}", removed=one.user_id)
    )


def _get(platform: Platform, group_id: str) -> Group:
    try:
        return platform.accounts.get(Group, group_id)
    except NotFoundError:
        raise _missing(group_id) from None


def _missing(group_id: str) -> NotFoundError:
    return NotFoundError(f"there is no group {group_id[:80]!r}")
