"""Sharing a run or a video: with a group, or with whoever has a signed link, until that is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sightline.core.accounts import Group, Principal, Resource, Role, Share, ShareLink
from sightline.core.errors import AccessDeniedError, ConfigError, ConflictError, NotFoundError
from sightline.service.accounts.access import allow
from sightline.service.accounts.audit import entry, new_id
from sightline.service.accounts.authenticate import link_group
from sightline.service.accounts.tokens import Audience, issue

if TYPE_CHECKING:
    from sightline.service.platform import Platform

LONGEST_LINK_S = 90 * 86_400.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link and, this once, the token that opens it."""

    link: ShareLink
    token: str = field(repr=False)


def shared_with(platform: Platform, resource: Resource, resource_id: str) -> frozenset[str]:
    """Give the groups that a thing is shared with, that of its links' holders among them."""
    shares = platform.accounts.find(Share, resource=resource, resource_id=resource_id, limit=_MOST)
    return frozenset({link_group(resource, resource_id), *(share.group_id for share in shares)})


def shared_ids(platform: Platform, who: Principal, resource: Resource) -> frozenset[str]:
    """Give what others have shared with somebody, by group or by the link they hold."""
    mark = f"link:{resource}:"
    by_link = (group.removeprefix(mark) for group in who.group_ids if group.startswith(mark))
    by_group = (
        share.resource_id
        for group_id in who.group_ids
        for share in platform.accounts.find(Share, group_id=group_id, resource=resource, limit=_MOST)
    )
    return frozenset([*by_link, *by_group])


def share(
    platform: Platform, by: Principal, resource: Resource, resource_id: str, group_id: str, *, owner_id: str
) -> Share:
    """Let a group look at a thing; done already, it stays.

    Args:
        platform: Keeps it.
        by: Who shares; only with groups that they are in, but for admins.
        resource: What kind of thing.
        resource_id: Which one; the caller has found it, for somebody who may read it.
        group_id: With whom.
        owner_id: Whose it is.

    Raises:
        AccessDeniedError: It is not theirs to share.
        NotFoundError: There is no such group, or they are not in it.
    """
    allow(by, "shares.create", owner_id=owner_id)
    group = _group(platform, by, group_id)
    made = Share(
        id=f"{resource}:{resource_id}:{group.id}",
        resource=resource,
        resource_id=resource_id,
        group_id=group.id,
        user_id=owner_id,
        created_s=platform.clock.now_s(),
    )
    try:
        return platform.accounts.get(Share, made.id)
    except NotFoundError:
        pass
    told = entry(platform, by, "shares.create", f"{resource}:{resource_id}", group=group.name)
    try:
        platform.accounts.add(made, told)
    except ConflictError:  # somebody else has just done the same, or the group is gone
        return platform.accounts.get(Share, made.id)
    return made


def list_shares(platform: Platform, resource: Resource, resource_id: str) -> Sequence[Share]:
    """Groups that a thing is shared with."""
    return platform.accounts.find(Share, resource=resource, resource_id=resource_id, limit=_MOST)


def unshare(platform: Platform, by: Principal, share_id: str) -> None:
    """Take a share back.

    Raises:
        NotFoundError: There is none of that id that they may know of.
    """
    missing = NotFoundError(f"there is no share {share_id[:80]!r}")
    try:
        found = platform.accounts.get(Share, share_id)
    except NotFoundError:
        raise missing from None
    allow(by, "shares.delete", owner_id=found.user_id, missing=missing)
    told = entry(platform, by, "shares.delete", f"{found.resource}:{found.resource_id}", group=found.group_id)
    platform.accounts.delete(found, told)


def add_link(
    platform: Platform,
    by: Principal,
    resource: Resource,
    resource_id: str,
    *,
    owner_id: str,
    ttl_s: float,
) -> NewLink:
    """Make a link that lets whoever has it look at one thing.

    Raises:
        AccessDeniedError: It is not theirs to share.
        ConfigError: It would hold for too long, or not at all.
    """
    allow(by, "shares.create", owner_id=owner_id)
    if not 0 < ttl_s <= LONGEST_LINK_S:
        raise ConfigError(
            f"a link holds for up to {LONGEST_LINK_S / 86_400:g} days, got {ttl_s:g} s",
            hint="make a new one when it ends",
        )
    now_s = platform.clock.now_s()
    link = ShareLink(
        id=new_id(now_s),
        resource=resource,
        resource_id=resource_id,
        user_id=owner_id,
        created_s=now_s,
        expires_s=now_s + ttl_s,
    )
    platform.accounts.add(
        link, entry(platform, by, "shares.create", f"{resource}:{resource_id}", link=link.id, ttl_s=ttl_s)
    )
    return NewLink(link, issue(platform.settings, Audience.LINK, link.id, now_s=now_s, ttl_s=ttl_s))


def list_links(platform: Platform, resource: Resource, resource_id: str) -> Sequence[ShareLink]:
    """Links to a thing, newest first, those that have ended among them."""
    return platform.accounts.find(ShareLink, resource=resource, resource_id=resource_id, limit=_MOST)


def revoke_link(platform: Platform, by: Principal, link_id: str) -> None:
    """End a link at once.

    Raises:
        NotFoundError: There is none of that id that they may know of.
    """
    missing = NotFoundError(f"there is no link {link_id[:80]!r}")
    try:
        link = platform.accounts.get(ShareLink, link_id)
    except NotFoundError:
        raise missing from None
    allow(by, "shares.delete", owner_id=link.user_id, missing=missing)
    if link.revoked_s is None:
        told = entry(platform, by, "shares.delete", f"{link.resource}:{link.resource_id}", link=link.id)
        platform.accounts.update(replace(link, revoked_s=platform.clock.now_s()), told)


def _group(platform: Platform, by: Principal, group_id: str) -> Group:
    missing = NotFoundError(f"there is no group {group_id[:80]!r}")
    try:
        group = platform.accounts.get(Group, group_id)
    except NotFoundError:
        raise missing from None
    if by.role is not Role.ADMIN and group.id not in by.group_ids:
        raise missing from AccessDeniedError(f"{by.name} is not in that group")
    return group
