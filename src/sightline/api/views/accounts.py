"""Users, keys, groups, shares and the audit as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sightline.core.accounts import (
    ApiKey,
    AuditEntry,
    Group,
    Outcome,
    Quota,
    Resource,
    Role,
    Share,
    ShareLink,
    User,
)

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Scope = Annotated[str, StringConstraints(max_length=64, pattern=r"^(\*|(\*|[a-z_]+)\.(\*|[a-z_]+))$")]
_Limit = Annotated[int | None, Field(ge=0, le=1 << 53)]


def _when(t_s: float | None) -> datetime | None:
    return None if not t_s else datetime.fromtimestamp(t_s, UTC)


class Limits(BaseModel):
    """How much a user may have and do; null leaves it to the settings."""

    model_config = ConfigDict(extra="forbid")

    storage_bytes: _Limit = Field(None, description="Of videos.")
    runs_per_day: _Limit = Field(None, description="Begun in any 24 hours.")
    concurrent_runs: _Limit = Field(None, description="Queued and running at once.")

    @classmethod
    def of(cls, quota: Quota) -> Self:
        """Show a quota."""
        return cls(
            storage_bytes=quota.storage_bytes,
            runs_per_day=quota.runs_per_day,
            concurrent_runs=quota.concurrent_runs,
        )

    def to_quota(self) -> Quota:
        """Give the quota that is meant."""
        return Quota(**self.model_dump())


class UserView(BaseModel):
    """A user."""

    id: str
    name: str
    role: Role
    active: bool = Field(description="Whether they may come in.")
    has_password: bool = Field(description="Whether they have used their setup link.")
    quota: Limits
    created_at: datetime | None

    @classmethod
    def of(cls, user: User) -> Self:
        """Show a user; never a hash."""
        return cls(
            id=user.id,
            name=user.name,
            role=user.role,
            active=user.active,
            has_password=bool(user.password_hash),
            quota=Limits.of(user.quota),
            created_at=_when(user.created_s),
        )


class NewUser(BaseModel):
    """A user who is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Letters, digits and . @ + _ - or spaces; kept in lower case.")
    role: Role = Role.ANALYST


class InvitedView(BaseModel):
    """A user, and the link with which they set their password, once."""

    user: UserView
    setup_path: str = Field(description="Below the server's address; hand it over in private.")


class UserChanges(BaseModel):
    """What is to be different."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    active: bool | None = Field(None, description="False ends all their sessions at once.")


class KeyView(BaseModel):
    """An API key; its secret is never shown again."""

    id: str
    user_id: str
    name: str
    prefix: str = Field(description="How its text begins.")
    scopes: list[str]
    created_at: datetime | None
    expires_at: datetime | None = Field(description="Null for never.")
    revoked_at: datetime | None
    used_at: datetime | None = Field(description="About when it was last used.")

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Show a key."""
        return cls(
            id=key.id,
            user_id=key.user_id,
            name=key.name,
            prefix=f"sl_{key.id}",
            scopes=list(key.scopes),
            created_at=_when(key.created_s),
            expires_at=_when(key.expires_s),
            revoked_at=_when(key.revoked_s),
            used_at=_when(key.used_s),
        )


class NewKeyWanted(BaseModel):
    """A key that is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="What it is for.")
    scopes: list[Scope] = Field(
        min_length=1, max_length=50, description="As in `runs.read`, `runs.*`, `*.read` or `*`."
    )
    ttl_s: float | None = Field(
        None, gt=0, le=10 * 366 * 86_400, description="Seconds that it holds; null for ever."
    )


class NewKeyView(BaseModel):
    """A key and, this once, its text."""

    key: KeyView
    text: str = Field(description="For `X-API-Key` or `Authorization: Bearer`.")


class GroupView(BaseModel):
    """A group."""

    id: str
    name: str

    @classmethod
    def of(cls, group: Group) -> Self:
        """Show a group."""
        return cls(id=group.id, name=group.name)


class NewGroup(BaseModel):
    """A group that is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class Member(BaseModel):
    """Somebody in a group."""

    id: str
    name: str


class Shared(BaseModel):
    """What is shared."""

    model_config = ConfigDict(extra="forbid")

    resource: Resource = Field(description="`run` for a pipeline, or `video`.")
    resource_id: str = Field(min_length=1, max_length=64)


class NewShare(Shared):
    """A thing, and the group that it is to be shared with."""

    group_id: str = Field(min_length=1, max_length=64)


class NewLinkWanted(Shared):
    """A thing, and how long a link to it is to hold."""

    ttl_s: float = Field(7 * 86_400, gt=0, le=90 * 86_400, description="Seconds.")


class ShareView(BaseModel):
    """A share with a group."""

    id: str
    resource: Resource
    resource_id: str
    group_id: str

    @classmethod
    def of(cls, share: Share) -> Self:
        """Show a share."""
        return cls(
            id=share.id, resource=share.resource, resource_id=share.resource_id, group_id=share.group_id
        )


class LinkView(BaseModel):
    """A link that opens one thing to whoever has it."""

    id: str
    resource: Resource
    resource_id: str
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, link: ShareLink) -> Self:
        """Show a link; its token is never shown again."""
        return cls(
            id=link.id,
            resource=link.resource,
            resource_id=link.resource_id,
            expires_at=_when(link.expires_s),
            revoked_at=_when(link.revoked_s),
        )


class NewLinkView(BaseModel):
    """A link and, this once, its token."""

    link: LinkView
    token: str = Field(description="For `?share=` on every address that reads the thing.")


class SharesView(BaseModel):
    """With whom a thing is shared."""

    groups: list[ShareView]
    links: list[LinkView]


class AuditView(BaseModel):
    """One change, or one refusal."""

    id: str
    at: datetime | None
    actor_id: str
    actor: str
    action: str
    outcome: Outcome
    target: str
    key_id: str
    address: str
    request_id: str
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Show an entry."""
        return cls(
            id=entry.id,
            at=_when(entry.t_s),
            actor_id=entry.actor_id,
            actor=entry.actor,
            action=entry.action,
            outcome=entry.outcome,
            target=entry.target,
            key_id=entry.key_id,
            address=entry.address,
            request_id=entry.request_id,
            details=dict(entry.details),
        )


class QuotaView(BaseModel):
    """Somebody's limits, and what is used of them."""

    user_id: str
    limits: Limits = Field(description="In force; null where there is none.")
    stored_bytes: int = Field(description="Videos, uploads on their way, and results.")
    runs_today: int = Field(description="Begun in the last 24 hours.")
    runs_under_way: int


class UserPage(BaseModel):
    """Users, newest first."""

    items: list[UserView]
    next_cursor: str | None


class KeyPage(BaseModel):
    """Keys."""

    items: list[KeyView]
    next_cursor: str | None


class GroupPage(BaseModel):
    """Groups, newest first."""

    items: list[GroupView]
    next_cursor: str | None


class MemberList(BaseModel):
    """Who is in a group."""

    items: list[Member]


class AuditPage(BaseModel):
    """Entries, newest first."""

    items: list[AuditView]
    next_cursor: str | None
