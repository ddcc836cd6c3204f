"""Users: made by an admin, given a link once, with which they set their own password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sightline.core.accounts import Principal, Quota, Role, User, plain_name
from sightline.core.errors import AuthenticationError, ConflictError, NotFoundError
from sightline.service.accounts.audit import entry, new_id
from sightline.service.accounts.authenticate import Credentials, nobody
from sightline.service.accounts.passwords import check_password, hash_password, password_holds
from sightline.service.accounts.sessions import SignedIn, begin_session, end_sessions
from sightline.service.accounts.tokens import Audience, issue, read

if TYPE_CHECKING:
    from sightline.service.platform import Platform

FIRST_ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Invited:
    """A user, and the token that lets whoever has it set their password once."""

    user: User
    setup_token: str

    def __repr__(self) -> str:
        return f"Invited({self.user!r})"


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to be different; None leaves it as it is."""

    role: Role | None = None
    active: bool | None = None
    quota: Quota | None = None


def first_admin(platform: Platform) -> Invited | None:
    """Make the first admin of a server without users; one whose password was never set gets a new link.

    Returns:
        None where somebody can sign in already.
    """
    users = platform.accounts.find(User, limit=2)
    if not users:
        who = Principal("local", "local", Role.ADMIN)
        try:
            return add_user(platform, who, FIRST_ADMIN, Role.ADMIN)
        except ConflictError:  # another process of this server has just made it
            users = platform.accounts.find(User, limit=2)
    if len(users) == 1 and not users[0].password_hash and users[0].role is Role.ADMIN:
        return Invited(users[0], _setup_token(platform, users[0]))
    return None


def add_user(platform: Platform, by: Principal, name: str, role: Role) -> Invited:
    """Make a user without a password.

    Raises:
        ConfigError: That is not a name for a user.
        ConflictError: The name is taken.
    """
    now_s = platform.clock.now_s()
    user = User(id=new_id(now_s), name=plain_name(name), role=role, created_s=now_s)
    platform.accounts.add(
        user, entry(platform, by, "users.create", f"user:{user.id}", name=user.name, role=role.value)
    )
    return Invited(user, _setup_token(platform, user))


def invite_again(platform: Platform, by: Principal, user_id: str) -> Invited:
    """Give a link to set a new password: for who has lost theirs, or the first link."""
    user = get_user(platform, user_id)
    platform.accounts.add(entry(platform, by, "users.change", f"user:{user.id}", what="setup link"))
    return Invited(user, _setup_token(platform, user))


def setup_path(setup_token: str) -> str:
    """Give the address of the page for a token, below the server's own; what follows # is sent to nobody."""
    return f"/setup#{setup_token}"


def get_user(platform: Platform, user_id: str) -> User:
    """Raises `NotFoundError`."""
    return platform.accounts.get(User, user_id)


def named_user(platform: Platform, name: str) -> User:
    """Raises `NotFoundError`."""
    found = platform.accounts.find(User, name=plain_name(name), limit=1)
    if not found:
        raise NotFoundError(f"there is no user {name[:80]!r}", hint="sightline admin users list")
    return found[0]


def list_users(platform: Platform, *, limit: int = 100, before: str | None = None) -> Sequence[User]:
    """Newest first."""
    return platform.accounts.find(User, limit=limit, before=before)


def change_user(platform: Platform, by: Principal, user_id: str, change: UserChange) -> User:
    """Change a user's role, limits, or whether they may come in.

    Raises:
        NotFoundError: There is no such user.
        ConflictError: No admin would be left.
    """
    user = get_user(platform, user_id)
    wanted: dict[str, Any] = {
        name: getattr(change, name)
        for name in ("role", "active", "quota")
        if getattr(change, name) is not None
    }
    changed = replace(user, **wanted)
    if user.role is Role.ADMIN and not (changed.role is Role.ADMIN and changed.active):
        _keep_an_admin(platform, user)
    told = entry(platform, by, "users.change", f"user:{user.id}", changed=_told(change))
    changed = platform.accounts.update(changed, told)
    if not changed.active:
        end_sessions(platform, by, user.id, reason="account shut")
    return changed


def delete_user(platform: Platform, by: Principal, user_id: str) -> None:
    """Forget a user, their keys and sessions; what they own stays, for admins to see and delete.

    Raises:
        NotFoundError: There is no such user.
        ConflictError: No admin would be left.
    """
    user = get_user(platform, user_id)
    if user.role is Role.ADMIN:
        _keep_an_admin(platform, user)
    platform.accounts.delete(user, entry(platform, by, "users.delete", f"user:{user.id}", name=user.name))


def set_up(platform: Platform, setup_token: str, password: str, *, came: Credentials) -> SignedIn:
    """Set a password by a link, once, and sign in.

    Raises:
        AuthenticationError: The link was used, has expired, or is none of this server's.
        SettingsError: The password is too easy to guess.
    """
    claims = read(platform.settings, Audience.SETUP, setup_token, now_s=platform.clock.now_s())
    try:
        user = get_user(platform, str(claims["sub"]))
    except NotFoundError:
        raise _used() from None
    if not user.active or claims.get("set") != user.password_s:
        raise _used()
    who = replace(nobody(came), user_id=user.id, name=user.name)
    return begin_session(platform, _with_password(platform, who, user, password), came)


def change_password(platform: Platform, by: Principal, old: str, new: str, *, came: Credentials) -> SignedIn:
    """Change one's own password; every other session ends.

    Raises:
        AuthenticationError: The old one is wrong.
        SettingsError: The new one is too easy to guess.
    """
    user = get_user(platform, by.user_id)
    if not password_holds(platform.settings, user.password_hash, old):
        raise AuthenticationError("the old password is wrong", hint="an admin can make a new link")
    return begin_session(platform, _with_password(platform, by, user, new), came)


def _with_password(platform: Platform, by: Principal, user: User, password: str) -> User:
    check_password(password, name=user.name)
    kept = hash_password(platform.settings, password)
    now_s = max(platform.clock.now_s(), user.password_s + 1e-3)  # the link that was used must not fit again
    told = entry(platform, by, "account.change", f"user:{user.id}", what="password")
    try:
        changed = platform.accounts.update(replace(user, password_hash=kept, password_s=now_s), told)
    except ConflictError:
        raise _used() from None
    end_sessions(platform, by, user.id, reason="password changed")
    return changed


def _told(change: UserChange) -> dict[str, Any]:
    return {name: value for name, value in asdict(change).items() if value is not None}


def _keep_an_admin(platform: Platform, leaving: User) -> None:
    admins = platform.accounts.find(User, role=Role.ADMIN, active=True, limit=1000)
    if not any(admin.password_hash and admin.id != leaving.id for admin in admins):
        raise ConflictError(
            "no admin who can sign in would be left", hint="make somebody else an admin first"
        )


def _setup_token(platform: Platform, user: User) -> str:
    return issue(
        platform.settings,
        Audience.SETUP,
        user.id,
        now_s=platform.clock.now_s(),
        ttl_s=platform.settings.setup_link_s,
        set=user.password_s,
    )


def _used() -> AuthenticationError:
    return AuthenticationError("this link was used already", hint="an admin can make a new one")
