"""Who may use a server, and what is kept about them.

Every record is frozen, checked at birth, and has an `id` and a `version` that rises with each change. Secrets never
lie in one: passwords and tokens are there as hashes alone, and those stay out of `repr`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from unicodedata import normalize

from sightline.core.errors import ConfigError

_NAME = re.compile(r"[^\W_][\w.@+ -]{0,62}[^\W_]|[^\W_]")
_SCOPE = re.compile(r"\*|(\*|[a-z_]+)\.(\*|[a-z_]+)")
EVERYTHING = frozenset({"*"})
READ_ONLY = frozenset({"*.read"})


class Role(StrEnum):
    """What a user is trusted with: everything, running analyses, or looking at what is theirs and shared."""

    ADMIN = "admin"
    ANALYST = "analyst"
    VIEWER = "viewer"


def plain_name(name: str) -> str:
    """Give a name as it is compared and kept: composed letters, in lower case."""
    return normalize("NFKC", name).casefold().strip()


def check_name(name: str, what: str) -> None:
    """Refuse a name that would break a line of a log, a header or a page.

    Raises:
        ConfigError: It is empty, longer than 64 characters, or holds others than letters, digits and `.@+_ -`.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"not a name for a {what}: {name[:80]!r}",
            hint="1 to 64 letters, digits and . @ + _ - or spaces, beginning and ending with a letter or digit",
        )


def _check_plain(name: str) -> None:
    if name != plain_name(name):
        raise ConfigError(f"names are kept in lower case, got {name!r}", hint=f"write {plain_name(name)!r}")


def check_scopes(scopes: frozenset[str] | tuple[str, ...]) -> None:
    """Refuse what is not a scope.

    Raises:
        ConfigError: One is not written as in `runs.read`, `runs.*`, `*.read` or `*`, or there is none.
    """
    wrong = sorted(scope for scope in scopes if not _SCOPE.fullmatch(scope))
    if wrong or not scopes:
        raise ConfigError(
            f"not a scope: {', '.join(wrong)[:80]!r}" if wrong else "no scope was given",
            hint="as in runs.read, runs.*, *.read or *",
        )


LINK_MARK = "link:"
"""How the ids begin of those who hold a share link; no user's id does."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking.

    Attributes:
        user_id: The user behind the request.
        name: Their name, for logs and the audit.
        role: What they are trusted with.
        scopes: Actions that the way they signed in is good for, as in `runs.read`, `runs.*`, `*.read` or `*`.
        group_ids: Groups they belong to.
        key_id: The API key they used, None where they signed in.
        session_id: The session they signed in to, None where they used a key.
        address: Where the request comes from, for the audit; empty on this machine.
        request_id: Finds the request in the logs, else empty.
    """

    user_id: str
    name: str
    role: Role
    scopes: frozenset[str] = EVERYTHING
    group_ids: frozenset[str] = frozenset()
    key_id: str | None = None
    session_id: str | None = None
    address: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        check_scopes(self.scopes)

    @property
    def is_link(self) -> bool:
        """Whether they hold a share link, and are nobody in particular."""
        return self.user_id.startswith(LINK_MARK)

    def covers(self, action: str) -> bool:
        """Whether the way they signed in is good for an action; their role is another matter."""
        subject, _, verb = action.partition(".")
        return not self.scopes.isdisjoint({"*", action, f"{subject}.*", f"*.{verb}", "*.*"})


LOCAL = Principal("local", "local", Role.ADMIN)
"""Whoever uses the command line on this machine: the files are theirs anyway."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How much a user may have and do; None means that there is no limit.

    Attributes:
        storage_bytes: Of videos.
        runs_per_day: Started in any 24 hours.
        concurrent_runs: Queued and running at once.
    """

    storage_bytes: int | None = None
    runs_per_day: int | None = None
    concurrent_runs: int | None = None

    def __post_init__(self) -> None:
        for name in ("storage_bytes", "runs_per_day", "concurrent_runs"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ConfigError(
                    f"{name} must be >= 0, got {value}", hint="0 allows none; null has no limit"
                )


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a name and a password of their own.

    Attributes:
        id: Unique for ever; a new user of an old name has another one.
        name: What they sign in with; unique, and as `plain_name` gives it.
        role: What they are trusted with.
        password_hash: Argon2id; empty while none has been set.
        active: False once an admin has shut them out.
        quota: Limits of their own; what it leaves open is decided by the settings.
        created_s: Wall clock, seconds since the Unix epoch.
        password_s: When the password was set; 0 while none has been.
        version: Rises with each change; a write with an old one loses.
    """

    id: str
    name: str
    role: Role
    password_hash: str = field(default="", repr=False)
    active: bool = True
    quota: Quota = field(default_factory=Quota)
    created_s: float = 0.0
    password_s: float = 0.0
    version: int = 0

    def __post_init__(self) -> None:
        check_name(self.name, "user")
        _check_plain(self.name)
        if self.password_hash and not self.password_hash.startswith("$argon2id$"):
            raise ConfigError("a password is kept as an Argon2id hash, never as it is")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Lets a program act for a user, for the scopes that were given to it.

    Attributes:
        id: Also the visible part of the key, after `sl_`.
        user_id: Whose it is.
        name: What it is for.
        secret_sha256: Of its secret part, hexadecimal.
        scopes: Actions that it is good for.
        created_s: Wall clock, seconds since the Unix epoch.
        expires_s: Likewise; None for never.
        revoked_s: Likewise; None while it holds.
        used_s: About when it was last used; 0 for never.
        version: Rises with each change.
    """

    id: str
    user_id: str
    name: str
    secret_sha256: str = field(repr=False)
    scopes: tuple[str, ...]
    created_s: float = 0.0
    expires_s: float | None = None
    revoked_s: float | None = None
    used_s: float = 0.0
    version: int = 0

    def __post_init__(self) -> None:
        check_name(self.name, "key")
        check_scopes(self.scopes)

    def holds(self, now_s: float) -> bool:
        """Whether it has been neither revoked nor left to expire."""
        return self.revoked_s is None and (self.expires_s is None or now_s < self.expires_s)


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in and all refresh tokens that followed from it: only the newest of them holds.

    Attributes:
        id: Also the first part of its refresh tokens.
        user_id: Who signed in.
        secret_sha256: Of the newest refresh token's secret part, hexadecimal.
        created_s: Wall clock, seconds since the Unix epoch.
        expires_s: When its newest refresh token expires.
        revoked_s: When it was ended; None while it holds.
        reason: Why it was ended.
        version: Rises with each rotation.
    """

    id: str
    user_id: str
    secret_sha256: str = field(repr=False)
    created_s: float = 0.0
    expires_s: float = 0.0
    revoked_s: float | None = None
    reason: str = ""
    version: int = 0

    def holds(self, now_s: float) -> bool:
        """Whether it has been neither ended nor left to expire."""
        return self.revoked_s is None and now_s < self.expires_s


@dataclass(frozen=True, slots=True)
class Group:
    """Users among whom things are shared.

    Attributes:
        id: Unique for ever.
        name: Unique, and as `plain_name` gives it.
        created_s: Wall clock, seconds since the Unix epoch.
        version: Rises with each change.
    """

    id: str
    name: str
    created_s: float = 0.0
    version: int = 0

    def __post_init__(self) -> None:
        check_name(self.name, "group")
        _check_plain(self.name)


@dataclass(frozen=True, slots=True)
class Membership:
    """One user in one group; `id` is made of both, so that nobody is in a group twice."""

    id: str
    group_id: str
    user_id: str
    version: int = 0


class Resource(StrEnum):
    """What can be shared."""

    RUN = "run"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Share:
    """Lets a group look at a run or a video; `id` is made of all three parts."""

    id: str
    resource: Resource
    resource_id: str
    group_id: str
    user_id: str
    created_s: float = 0.0
    version: int = 0


@dataclass(frozen=True, slots=True)
class ShareLink:
    """Lets anybody who has its address look at one run or video, until it expires or is taken back.

    Attributes:
        id: Stands in the signed link.
        resource: What kind of thing it opens.
        resource_id: Which one.
        user_id: Who made it.
        created_s: Wall clock, seconds since the Unix epoch.
        expires_s: Likewise; every link has an end.
        revoked_s: When it was taken back; None while it holds.
        version: Rises with each change.
    """

    id: str
    resource: Resource
    resource_id: str
    user_id: str
    created_s: float = 0.0
    expires_s: float = 0.0
    revoked_s: float | None = None
    version: int = 0

    def holds(self, now_s: float) -> bool:
        """Whether it has been neither taken back nor left to expire."""
        return self.revoked_s is None and now_s < self.expires_s


class Outcome(StrEnum):
    """How something in the audit ended."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, or one refusal: who, what, to what, from where. Never altered.

    Attributes:
        id: Unique and sortable by age.
        t_s: Wall clock, seconds since the Unix epoch.
        actor_id: User behind it; empty where nobody was signed in.
        actor: Their name, or the one that was tried.
        action: As in `users.create` or `auth.login`.
        outcome: Whether it was done or refused.
        target: What it was done to, as in `run:0191-ab`.
        key_id: API key that was used, else empty.
        address: Where the request came from, else empty.
        request_id: Finds the request in the logs, else empty.
        details: What more there is to know; never a secret.
    """

    id: str
    t_s: float
    actor_id: str
    actor: str
    action: str
    outcome: Outcome
    target: str = ""
    key_id: str = ""
    address: str = ""
    request_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0


Record = User | ApiKey | Session | Group | Membership | Share | ShareLink | AuditEntry
"""Everything that an `AccountStore` keeps."""
