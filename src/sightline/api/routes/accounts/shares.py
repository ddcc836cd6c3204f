"""With whom runs and videos are shared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from sightline.api.platform import PREFIX, PlatformHere
from sightline.api.views.accounts import (
    LinkView,
    NewLinkView,
    NewLinkWanted,
    NewShare,
    SharesView,
    ShareView,
)
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal, Resource
from sightline.core.errors import AccessDeniedError, ConfigError, NotFoundError, RunNotFoundError
from sightline.service.accounts import shares
from sightline.service.accounts.access import allow
from sightline.service.pipelines.find import find_run
from sightline.service.platform import Platform
from sightline.service.videos.find import find_video

router = APIRouter(prefix=f"{PREFIX}/shares", tags=["shares"])
ShareId = Annotated[str, Path(max_length=200, pattern=r"^[\w:-]+$", description="Id of a share or link.")]
Creator = Annotated[Principal, Depends(may("shares.create"))]
Remover = Annotated[Principal, Depends(may("shares.delete"))]


@router.get(
    "",
    operation_id="list_shares",
    summary="With whom a run or video is shared",
    responses=listed(NotFoundError, RunNotFoundError),
)
def list_shares(
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("shares.read"))],
    resource: Annotated[Resource, Query(description="What kind of thing.")],
    resource_id: Annotated[str, Query(min_length=1, max_length=64, description="Its id.")],
) -> SharesView:
    """Tell its owner, and admins, which groups and links open it."""
    owner_id = _owner(platform, who, resource, resource_id)
    allow(who, "shares.read", owner_id=owner_id)
    return SharesView(
        groups=[ShareView.of(one) for one in shares.list_shares(platform, resource, resource_id)],
        links=[LinkView.of(one) for one in shares.list_links(platform, resource, resource_id)],
    )


@router.post(
    "",
    operation_id="create_share",
    summary="Share a run or video with a group",
    status_code=201,
    responses=listed(NotFoundError, RunNotFoundError, AccessDeniedError),
)
def create_share(platform: PlatformHere, who: Creator, given: NewShare) -> ShareView:
    """Let everybody in the group look at it."""
    owner_id = _owner(platform, who, given.resource, given.resource_id)
    made = shares.share(platform, who, given.resource, given.resource_id, given.group_id, owner_id=owner_id)
    return ShareView.of(made)


@router.post(
    "/links",
    operation_id="create_link",
    summary="Make a signed link to a run or video",
    status_code=201,
    responses=listed(NotFoundError, RunNotFoundError, AccessDeniedError, ConfigError),
)
def create_link(platform: PlatformHere, who: Creator, given: NewLinkWanted) -> NewLinkView:
    """Let whoever has the token look at it, with `?share=TOKEN` on the addresses that read it."""
    owner_id = _owner(platform, who, given.resource, given.resource_id)
    made = shares.add_link(
        platform, who, given.resource, given.resource_id, owner_id=owner_id, ttl_s=given.ttl_s
    )
    return NewLinkView(link=LinkView.of(made.link), token=made.token)


@router.delete(
    "/links/{share_id}",
    operation_id="revoke_link",
    summary="Take a link back",
    status_code=204,
    responses=listed(NotFoundError),
)
def revoke_link(platform: PlatformHere, who: Remover, share_id: ShareId) -> None:
    """End it at once, for everybody who has it."""
    shares.revoke_link(platform, who, share_id)


@router.delete(
    "/{share_id}",
    operation_id="delete_share",
    summary="Take a share back",
    status_code=204,
    responses=listed(NotFoundError),
)
def delete_share(platform: PlatformHere, who: Remover, share_id: ShareId) -> None:
    """Close it to the group."""
    shares.unshare(platform, who, share_id)


def _owner(platform: Platform, who: Principal, resource: Resource, resource_id: str) -> str:
    """Give whose a thing is, to those who may look at it."""
    if resource is Resource.RUN:
        return find_run(platform, who, resource_id).owner
    return find_video(platform, who, resource_id).owner
