"""Finds out who is asking, from what a request shows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from sightline.core.accounts import (
    EVERYTHING,
    LINK_MARK,
    READ_ONLY,
    ApiKey,
    Membership,
    Principal,
    Resource,
    Role,
    Session,
    ShareLink,
    User,
)
from sightline.core.errors import AuthenticationError, ConflictError, NotFoundError
from sightline.service.accounts.tokens import Audience, digest, matches, read

if TYPE_CHECKING:
    from sightline.service.platform import Platform

KEY_MARK = "sl_"
_R = TypeVar("_R", User, ApiKey, Session, ShareLink)
_USED_EVERY_S = 600.0
_MOST_GROUPS = 1000
_NO_HASH = digest("")

_HINT = "sign in, then send `Authorization: Bearer TOKEN`; or send `X-API-Key: KEY`"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows to say who it is from.

    Attributes:
        bearer: Of `Authorization: Bearer`; an access token or an API key.
        api_key: Of `X-API-Key`.
        ticket: Of the query, where headers cannot be set.
        link: Of the query, of a signed share link.
        address: Where the request comes from.
        request_id: Finds it in the logs.
    """

    bearer: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    ticket: str | None = field(default=None, repr=False)
    link: str | None = field(default=None, repr=False)
    address: str = ""
    request_id: str = ""


def nobody(credentials: Credentials) -> Principal:
    """Whoever has not signed in: named in the audit, good for nothing."""
    return Principal(
        "",
        "",
        Role.VIEWER,
        scopes=frozenset({"nothing.nothing"}),
        address=credentials.address,
        request_id=credentials.request_id,
    )


def authenticate(platform: Platform, credentials: Credentials) -> Principal:
    """Give who is asking.

    Raises:
        AuthenticationError: Nothing was shown, more than one thing, or something that does not hold.
    """
    ways = (credentials.bearer, credentials.api_key, credentials.ticket, credentials.link)
    shown = [one for one in ways if one is not None]
    if len(shown) != 1:
        what = "more than one way to sign in was used" if shown else "nobody is signed in"
        raise AuthenticationError(what, hint=_HINT)
    if credentials.api_key is not None or (credentials.bearer or "").startswith(KEY_MARK):
        who = _by_key(platform, shown[0])
    elif credentials.link is not None:
        who = _by_link(platform, shown[0])
    elif credentials.bearer is not None:
        who = _by_token(platform, Audience.ACCESS, shown[0])
    else:
        who = _by_token(platform, Audience.TICKET, shown[0])
    return replace(who, address=credentials.address, request_id=credentials.request_id)


def _by_token(platform: Platform, audience: Audience, token: str) -> Principal:
    """Of the session or key that the token was made for: when that ends, its tokens end with it."""
    now_s = platform.clock.now_s()
    claims = read(platform.settings, audience, token, now_s=now_s)
    if audience is Audience.TICKET and claims.get("key"):
        key = _found(platform, ApiKey, str(claims["key"]))
        if key is None or not key.holds(now_s):
            raise AuthenticationError("the key of this ticket has ended", hint=_HINT)
        return replace(_principal(platform, key.user_id, key=key), scopes=_reading(frozenset(key.scopes)))
    session = _found(platform, Session, str(claims.get("sid", "")))
    if session is None or session.user_id != claims["sub"] or session.revoked_s is not None:
        raise AuthenticationError("this session has ended", hint=_HINT)
    who = _principal(platform, session.user_id, session_id=session.id)
    return replace(who, scopes=READ_ONLY) if audience is Audience.TICKET else who


def _by_key(platform: Platform, text: str) -> Principal:
    key_id, _, secret = text.removeprefix(KEY_MARK).partition("_")
    key = _found(platform, ApiKey, key_id) if text.startswith(KEY_MARK) else None
    now_s = platform.clock.now_s()
    if not matches(secret, key.secret_sha256 if key else _NO_HASH) or key is None:
        raise AuthenticationError("not a valid API key", hint=_HINT)
    if not key.holds(now_s):
        raise AuthenticationError("this API key was revoked or has expired", hint="make a new one")
    who = _principal(platform, key.user_id, key=key)
    if now_s - key.used_s > _USED_EVERY_S:
        with suppress(ConflictError):  # somebody else has just written the same
            platform.accounts.update(replace(key, used_s=now_s))
    return who


def _by_link(platform: Platform, token: str) -> Principal:
    """Whoever holds a share link: nobody in particular, who may look at one thing."""
    now_s = platform.clock.now_s()
    claims = read(platform.settings, Audience.LINK, token, now_s=now_s)
    link = _found(platform, ShareLink, str(claims["sub"]))
    if link is None or not link.holds(now_s):
        raise AuthenticationError("this link was taken back or has expired", hint="ask for a new one")
    return Principal(
        user_id=f"{LINK_MARK}{link.id}",
        name=f"link {link.id}",
        role=Role.VIEWER,
        scopes=frozenset({f"{link.resource}s.read"}),
        group_ids=frozenset({link_group(link.resource, link.resource_id)}),
    )


def link_group(resource: Resource, resource_id: str) -> str:
    """Give the group of all who hold a link to a thing; no real group's id looks like it."""
    return f"link:{resource}:{resource_id}"


def _principal(
    platform: Platform, user_id: str, *, key: ApiKey | None = None, session_id: str | None = None
) -> Principal:
    user = _found(platform, User, user_id)
    if user is None or not user.active:
        raise AuthenticationError("this account is shut", hint="ask an admin")
    groups = platform.accounts.find(Membership, user_id=user.id, limit=_MOST_GROUPS)
    return Principal(
        user_id=user.id,
        name=user.name,
        role=user.role,
        scopes=frozenset(key.scopes) if key else EVERYTHING,
        group_ids=frozenset(one.group_id for one in groups),
        key_id=key.id if key else None,
        session_id=session_id,
    )


def _reading(scopes: frozenset[str]) -> frozenset[str]:
    """Give the part of some scopes that only reads; a key that may read nothing gets a ticket for nothing."""
    narrowed = {_read_part(scope) for scope in scopes} - {""}
    return frozenset(narrowed) or frozenset({"nothing.nothing"})


def _read_part(scope: str) -> str:
    if scope in {"*", "*.*"}:
        return "*.read"
    subject, _, verb = scope.partition(".")
    return f"{subject}.read" if verb in {"*", "read"} else ""


def _found(platform: Platform, kind: type[_R], record_id: str) -> _R | None:
    try:
        return platform.accounts.get(kind, record_id)
    except NotFoundError:
        return None
