"""Signing in, staying signed in, signing out.

An access token holds for minutes and is checked against its session at every request. A refresh token holds for days
and once: using it gives the next one. A refresh token that is used a second time was copied by somebody, and nobody can
tell which of the two is the owner: the whole session ends.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sightline.core.accounts import Outcome, Principal, Session, User, plain_name
from sightline.core.errors import AuthenticationError, ConflictError, NotFoundError, RateLimitedError
from sightline.service.accounts.audit import entry, new_id, record
from sightline.service.accounts.authenticate import Credentials, nobody
from sightline.service.accounts.limits import Pace, check_pace
from sightline.service.accounts.passwords import hash_password, is_outdated, password_holds
from sightline.service.accounts.tokens import Audience, digest, issue, matches

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_MOST_SESSIONS = 1000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What somebody gets who signs in.

    Attributes:
        access_token: For `Authorization: Bearer`.
        expires_in_s: How long that holds.
        refresh_token: Gets the next pair, once.
        user: Who signed in.
    """

    access_token: str = field(repr=False)
    expires_in_s: float
    refresh_token: str = field(repr=False)
    user: User


def login(platform: Platform, name: str, password: str, *, came: Credentials) -> SignedIn:
    """Begin a session.

    Raises:
        AuthenticationError: The name or the password is wrong; which one is not said.
        RateLimitedError: There were too many tries with this name, or from this address.
    """
    who = replace(nobody(came), name=_shown(name))
    try:
        check_pace(platform, Pace.LOGIN, who, more=plain_name(name)[:64])
    except RateLimitedError:
        record(platform, entry(platform, who, "auth.login", outcome=Outcome.REFUSED, code="rate_limited"))
        raise
    user = _by_name(platform, name)
    holds = password_holds(platform.settings, user.password_hash if user else "", password)
    if user is None or not holds or not user.active:
        record(
            platform, entry(platform, who, "auth.login", outcome=Outcome.REFUSED, code="not_authenticated")
        )
        raise AuthenticationError("the name or the password is wrong", hint="an admin can make a new link")
    if is_outdated(platform.settings, user.password_hash):
        user = _rehashed(platform, user, password)
    return _begin(platform, user, came)


def begin_session(platform: Platform, user: User, came: Credentials) -> SignedIn:
    """Begin a session for a user who has proved who they are in another way."""
    return _begin(platform, user, came)


def refresh(platform: Platform, refresh_token: str, *, came: Credentials) -> SignedIn:
    """Give the next pair of tokens for a refresh token, which is used up by it.

    Raises:
        AuthenticationError: It is not the session's newest one, or the session has ended.
    """
    now_s = platform.clock.now_s()
    session_id, _, secret = refresh_token.partition(".")
    session = _session(platform, session_id)
    if session is None:
        matches(secret, digest(""))
        raise _over()
    user = platform.accounts.get(User, session.user_id)
    who = replace(nobody(came), user_id=user.id, name=user.name)
    if not session.holds(now_s) or not user.active:
        record(
            platform, entry(platform, who, "auth.refresh", f"session:{session.id}", outcome=Outcome.REFUSED)
        )
        raise _over()
    next_secret = secrets.token_urlsafe(32)
    rotated = replace(
        session, secret_sha256=digest(next_secret), expires_s=now_s + platform.settings.refresh_token_s
    )
    if not (matches(secret, session.secret_sha256) and _rotate(platform, rotated)):
        _revoke_replayed(platform, session_id, who)
        raise _over()
    return _signed_in(platform, user, session.id, next_secret)


def logout(platform: Platform, by: Principal) -> None:
    """End the session that somebody is signed in to; its tokens end with it."""
    if by.session_id is not None:
        end_session(platform, by, platform.accounts.get(Session, by.session_id), reason="signed out")


def end_session(platform: Platform, by: Principal, session: Session, *, reason: str) -> None:
    """End a session; one that has ended stays as it is."""
    if session.revoked_s is not None:
        return
    ended = replace(session, revoked_s=platform.clock.now_s(), reason=reason)
    platform.accounts.update(
        ended, entry(platform, by, "auth.logout", f"session:{session.id}", reason=reason)
    )


def end_sessions(platform: Platform, by: Principal, user_id: str, *, reason: str) -> None:
    """End all sessions of a user."""
    for session in platform.accounts.find(Session, user_id=user_id, revoked_s=None, limit=_MOST_SESSIONS):
        end_session(platform, by, session, reason=reason)


def ticket(platform: Platform, by: Principal) -> str:
    """Give a token for the query of an event stream or WebSocket: short, and good for reading alone."""
    claims = {"key": by.key_id} if by.key_id else {"sid": by.session_id}
    return issue(
        platform.settings,
        Audience.TICKET,
        by.user_id,
        now_s=platform.clock.now_s(),
        ttl_s=platform.settings.ticket_s,
        **claims,
    )


def _begin(platform: Platform, user: User, came: Credentials) -> SignedIn:
    now_s = platform.clock.now_s()
    secret = secrets.token_urlsafe(32)
    session = Session(
        id=f"{new_id(now_s)}{secrets.token_hex(8)}",  # nobody else's session can be named, let alone ended
        user_id=user.id,
        secret_sha256=digest(secret),
        created_s=now_s,
        expires_s=now_s + platform.settings.refresh_token_s,
    )
    who = replace(nobody(came), user_id=user.id, name=user.name)
    platform.accounts.add(session, entry(platform, who, "auth.login", f"session:{session.id}"))
    return _signed_in(platform, user, session.id, secret)


def _signed_in(platform: Platform, user: User, session_id: str, secret: str) -> SignedIn:
    ttl_s = platform.settings.access_token_s
    token = issue(
        platform.settings,
        Audience.ACCESS,
        user.id,
        now_s=platform.clock.now_s(),
        ttl_s=ttl_s,
        sid=session_id,
    )
    return SignedIn(token, ttl_s, f"{session_id}.{secret}", user)


def _rotate(platform: Platform, rotated: Session) -> bool:
    """Store the next secret; False where somebody used the same token at this very moment."""
    try:
        platform.accounts.update(rotated)
    except ConflictError:
        return False
    return True


def _revoke_replayed(platform: Platform, session_id: str, who: Principal) -> None:
    session = platform.accounts.get(Session, session_id)
    told = entry(
        platform, who, "auth.refresh", f"session:{session_id}", outcome=Outcome.REFUSED, code="replayed"
    )
    while session.revoked_s is None:
        ended = replace(session, revoked_s=platform.clock.now_s(), reason="a refresh token was used twice")
        try:
            platform.accounts.update(ended, told)
        except ConflictError:
            session = platform.accounts.get(Session, session_id)
        else:
            return


def _rehashed(platform: Platform, user: User, password: str) -> User:
    try:
        kept = hash_password(platform.settings, password)
        return platform.accounts.update(replace(user, password_hash=kept))
    except ConflictError:
        return user


def _session(platform: Platform, session_id: str) -> Session | None:
    try:
        return platform.accounts.get(Session, session_id)
    except NotFoundError:
        return None


def _by_name(platform: Platform, name: str) -> User | None:
    return next(iter(platform.accounts.find(User, name=plain_name(name), limit=1)), None)


def _shown(name: str) -> str:
    """Give a name that somebody tried, safe to print; one may hold a password typed into the wrong field."""
    return "".join(letter for letter in name if letter.isprintable())[:64]


def _over() -> AuthenticationError:
    return AuthenticationError("this session has ended", hint="sign in again")
